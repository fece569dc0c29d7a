import type { ScoredScenario } from './evaluate.js';
import { figuresOf } from './figures.js';
import { type Judgement, judgeScenario, mergeJudgements } from './judge-rule.js';
import type { Rule } from './rules.js';
import type { Place } from './scenarios.js';

/** What one kind of place does to a rule. */
export interface PlaceClass {
  readonly attribute: string;
  readonly value: string;
  readonly minutes: number;
  readonly falseCuts: number;
  readonly falseDucksPerMinute: number;
  readonly bargeIns: number;
  readonly missed: number;
  readonly duckP50: number;
  readonly duckP90: number;
  readonly silenceP50: number;
  readonly silenceP90: number;
}

const attributes: readonly { readonly name: string; readonly of: (place: Place) => string }[] = [
  { name: 'clocks apart', of: ({ ppm }) => `${Math.abs(ppm)} ppm` },
  { name: 'loudspeaker driven', of: ({ drive }) => String(drive) },
  {
    name: 'delay',
    of: ({ delayMs }) => (delayMs <= 60 ? 'up to 60 ms' : delayMs <= 150 ? '61 to 150 ms' : 'more'),
  },
  { name: 'reverberation', of: ({ reverberationMs }) => (reverberationMs <= 250 ? 'up to 250 ms' : 'more') },
  { name: 'direct sound', of: ({ directDb }) => `${directDb} dB` },
  { name: 'stamps', of: ({ stamps, jitterMs }) => `${stamps}, off by ${jitterMs} ms` },
  { name: 'echo', of: ({ echoDb }) => `${echoDb} dBFS` },
  { name: 'noise below the echo', of: ({ echoDb, noiseDb }) => `${echoDb - noiseDb} dB` },
  { name: 'place', of: ({ id }) => id },
];

/** Where a rule is weak: false alarms and barge-ins from +6 to -6 dB after the first seconds, by what the places have in common. */
export function breakDown(rule: Rule, scored: readonly ScoredScenario[]): PlaceClass[] {
  const judged = scored
    .filter(({ heard }) => rule.frontEnds.every((name) => heard[name] !== undefined))
    .map(({ scenario, marks, heard }) => ({
      place: scenario.place,
      judgement: judgeScenario(scenario, marks, rule.decide(heard)),
    }));
  return attributes.flatMap(({ name, of }) => {
    const classes = new Map<string, Judgement[]>();
    for (const { place, judgement } of judged) {
      const value = of(place);
      classes.set(value, [...(classes.get(value) ?? []), judgement]);
    }
    return [...classes]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([value, judgements]): PlaceClass => {
        const { steady, talkDownTo6 } = figuresOf(mergeJudgements(judgements), () => 0);
        return {
          attribute: name,
          value,
          minutes: steady.minutes,
          falseCuts: steady.cuts,
          falseDucksPerMinute: steady.ducksPerMinute,
          bargeIns: talkDownTo6.count,
          missed: talkDownTo6.missed,
          duckP50: talkDownTo6.duck.p50,
          duckP90: talkDownTo6.duck.p90,
          silenceP50: talkDownTo6.silence.p50,
          silenceP90: talkDownTo6.silence.p90,
        };
      });
  });
}
