import { type Figures, figuresOf, quantile } from './figures.js';
import type { FrontEnd } from './hear-scene.js';
import { type Judgement, judgeScenario, mergeJudgements } from './judge-rule.js';
import type { HeardBy, Rule } from './rules.js';
import type { Scenario } from './scenarios.js';
import type { SceneMarks, ScoreCache } from './score-cache.js';

/** One scenario with all that is needed to try rules on it. */
export interface ScoredScenario {
  readonly scenario: Scenario;
  readonly marks: SceneMarks;
  readonly heard: HeardBy;
}

/** What the cache has of these scenarios; what was not scored is left out. */
export function loadScored(scenarios: readonly Scenario[], cache: ScoreCache): ScoredScenario[] {
  return scenarios.flatMap((scenario): ScoredScenario[] => {
    const marks = cache.readMarks(scenario);
    if (!marks) return [];
    const [linear, webrtc, raw] = (['linear', 'webrtc', 'raw'] as const).map((name) =>
      cache.readScores(scenario, name),
    );
    const heard = { ...(linear && { linear }), ...(webrtc && { webrtc }), ...(raw && { raw }) };
    return [{ scenario, marks, heard }];
  });
}

const isHeardBy = ({ heard }: ScoredScenario, rule: Rule) =>
  rule.frontEnds.every((name) => heard[name] !== undefined);

/** What becomes of a rule on all scenarios whose signals it knows. */
export function judge(rule: Rule, scored: readonly ScoredScenario[]): Judgement {
  return mergeJudgements(
    scored
      .filter((one) => isHeardBy(one, rule))
      .map(({ scenario, marks, heard }) => judgeScenario(scenario, marks, rule.decide(heard))),
  );
}

export function figuresFor(rule: Rule, scored: readonly ScoredScenario[]): Figures {
  const scenarios = new Map(scored.map(({ scenario }) => [scenario.id, scenario]));
  return figuresOf(judge(rule, scored), ({ scenario: id }) => {
    const scenario = scenarios.get(id);
    return scenario?.kind === 'change' ? (scenario.speaksAfterMs ?? 0) : 0;
  });
}

/** How much a front end changes the level of a speaker, by near end to echo in dB. Units: decibels. */
export type LevelChanges = Readonly<
  Record<string, { readonly count: number; readonly p10: number; readonly p50: number; readonly p90: number }>
>;

export function levelChangesOf(frontEnd: FrontEnd, scored: readonly ScoredScenario[]): LevelChanges {
  const byLevel = new Map<string, number[]>();
  for (const { scenario, heard } of scored) {
    const changes = heard[frontEnd]?.levelChangeDb;
    if (scenario.kind !== 'talk' || !changes) continue;
    const level = String(scenario.nearDb);
    byLevel.set(level, [...(byLevel.get(level) ?? []), ...changes]);
  }
  return Object.fromEntries(
    [...byLevel].map(([level, changes]) => [
      level,
      {
        count: changes.length,
        p10: quantile(changes, 0.1),
        p50: quantile(changes, 0.5),
        p90: quantile(changes, 0.9),
      },
    ]),
  );
}
