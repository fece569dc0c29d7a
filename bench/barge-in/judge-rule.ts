import type { Decision } from './rules.js';
import { quietBeforeMs, type Scenario } from './scenarios.js';
import type { SceneMarks } from './score-cache.js';
import type { SoundName } from './sounds.js';

/** From when on a canceller is expected to know the room. Units: milliseconds of the first reply. */
export const firstMs = 5000;
/** How long after a change of the path counts as being after it. */
export const changeMs = 2000;
/** A barge-in that is not found within this is missed. */
export const patienceMs = 1500;

/** Which part of the bench a false alarm or a barge-in belongs to. */
export type Period = 'first' | 'steady' | 'change';

/** Something that a rule did though nobody spoke. */
export interface FalseAlarm {
  readonly period: Period;
  readonly type: 'duck' | 'cut';
  readonly scenario: string;
  readonly atMs: number;
}

/** How one barge-in went. Undefined: not within 1.5 s. Units: milliseconds from its onset. */
export interface BargeIn {
  readonly period: Period | 'alone';
  readonly scenario: string;
  readonly nearDb: number;
  readonly onsetMs: number;
  readonly recording: string;
  readonly duckMs: number | undefined;
  readonly cutMs: number | undefined;
}

/** How one sound that is no interruption went. */
export interface RejectedSound {
  readonly what: SoundName;
  readonly scenario: string;
  readonly recording: string;
  readonly onsetMs: number;
  readonly ducked: boolean;
  readonly cut: boolean;
  /** From the end of the sound, or from the duck if that came later. Undefined: not ducked, or not restored. */
  readonly restoredAfterMs: number | undefined;
}

/** What became of one rule on some scenarios. */
export interface Judgement {
  /** How long replies were heard and nobody spoke. Units: minutes. */
  readonly minutes: Readonly<Record<Period, number>>;
  readonly falseAlarms: readonly FalseAlarm[];
  readonly bargeIns: readonly BargeIn[];
  /** Barge-ins that cannot be judged: the rule still took the speaker before for speaking. */
  readonly unjudged: number;
  readonly sounds: readonly RejectedSound[];
}

const periods: readonly Period[] = ['first', 'steady', 'change'];

/** The period of a moment in which a reply is heard. */
function periodAt(scenario: Scenario, atMs: number): Period {
  if (atMs < quietBeforeMs + firstMs) return 'first';
  if (scenario.kind !== 'change') return 'steady';
  const sinceChange = atMs - scenario.changesAtMs;
  return sinceChange >= 0 && sinceChange < changeMs ? 'change' : 'steady';
}

function isEchoOnly(scenario: Scenario): boolean {
  return (
    scenario.kind === 'echo' ||
    ((scenario.kind === 'start' || scenario.kind === 'change') && scenario.speaksAfterMs === undefined)
  );
}

/** How much of a reply lies in each period, in steps that are fine enough. */
function exposure(scenario: Scenario, { replies }: SceneMarks): Record<Period, number> {
  const stepMs = 20;
  const minutes: Record<Period, number> = { first: 0, steady: 0, change: 0 };
  for (const { fromMs, toMs } of replies) {
    for (let atMs = fromMs; atMs < Math.min(toMs, scenario.durationMs); atMs += stepMs) {
      minutes[periodAt(scenario, atMs)] += stepMs / 60_000;
    }
  }
  return minutes;
}

function judgeEcho(scenario: Scenario, marks: SceneMarks, decisions: readonly Decision[]): FalseAlarm[] {
  return decisions.flatMap(({ type, atMs }): FalseAlarm[] =>
    (type === 'duck' || type === 'cut') &&
    marks.replies.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
      ? [{ period: periodAt(scenario, atMs), type, scenario: scenario.id, atMs }]
      : [],
  );
}

/** The first decision of a type within the patience after a moment, as a time since it. */
function since(decisions: readonly Decision[], type: Decision['type'], fromMs: number): number | undefined {
  const found = decisions.find((decision) => decision.type === type && decision.atMs > fromMs);
  return found && found.atMs - fromMs <= patienceMs ? found.atMs - fromMs : undefined;
}

function judgeBargeIns(
  scenario: Scenario,
  { nearEvents }: SceneMarks,
  decisions: readonly Decision[],
): BargeIn[] {
  return nearEvents.flatMap(({ onsetMs, recording }): BargeIn[] => {
    const before = decisions.findLast(({ atMs }) => atMs <= onsetMs);
    // Cut, and neither heard to end nor to be nothing: nothing more can be said about this one.
    if (before?.type === 'cut') return [];
    const nearDb = scenario.kind === 'echo' ? 0 : scenario.nearDb;
    return [
      {
        period:
          scenario.kind === 'alone'
            ? 'alone'
            : scenario.kind === 'change'
              ? 'change'
              : periodAt(scenario, onsetMs),
        scenario: scenario.id,
        nearDb,
        onsetMs,
        recording,
        // A suspicion from before has ducked already.
        duckMs: before?.type === 'duck' ? 0 : since(decisions, 'duck', onsetMs),
        cutMs: since(decisions, 'cut', onsetMs),
      },
    ];
  });
}

function judgeSounds(
  scenario: Scenario,
  { nearEvents }: SceneMarks,
  decisions: readonly Decision[],
): RejectedSound[] {
  return nearEvents.flatMap(({ what, onsetMs, endMs, recording }, index): RejectedSound[] => {
    if (what === 'speech') return [];
    const until = nearEvents[index + 1]?.onsetMs ?? scenario.durationMs;
    const during = decisions.filter(({ atMs }) => atMs > onsetMs && atMs <= until);
    const duck = during.find(({ type }) => type === 'duck');
    const restore = duck && during.find(({ type, atMs }) => type === 'restore' && atMs > duck.atMs);
    return [
      {
        what,
        scenario: scenario.id,
        recording,
        onsetMs,
        ducked: duck !== undefined,
        cut: during.some(({ type }) => type === 'cut'),
        restoredAfterMs: duck && restore && Math.max(0, restore.atMs - Math.max(endMs, duck.atMs)),
      },
    ];
  });
}

/** What a rule's decisions in one scenario come to. */
export function judgeScenario(
  scenario: Scenario,
  marks: SceneMarks,
  decisions: readonly Decision[],
): Judgement {
  const none: Judgement = {
    minutes: { first: 0, steady: 0, change: 0 },
    falseAlarms: [],
    bargeIns: [],
    unjudged: 0,
    sounds: [],
  };
  if (isEchoOnly(scenario)) {
    return {
      ...none,
      minutes: exposure(scenario, marks),
      falseAlarms: judgeEcho(scenario, marks, decisions),
    };
  }
  if (scenario.kind === 'sounds') return { ...none, sounds: judgeSounds(scenario, marks, decisions) };
  const bargeIns = judgeBargeIns(scenario, marks, decisions);
  return { ...none, bargeIns, unjudged: marks.nearEvents.length - bargeIns.length };
}

/** Everything together. */
export function mergeJudgements(judgements: readonly Judgement[]): Judgement {
  const minutes: Record<Period, number> = { first: 0, steady: 0, change: 0 };
  for (const judgement of judgements)
    for (const period of periods) minutes[period] += judgement.minutes[period];
  return {
    minutes,
    falseAlarms: judgements.flatMap(({ falseAlarms }) => falseAlarms),
    bargeIns: judgements.flatMap(({ bargeIns }) => bargeIns),
    unjudged: judgements.reduce((sum, { unjudged }) => sum + unjudged, 0),
    sounds: judgements.flatMap(({ sounds }) => sounds),
  };
}
