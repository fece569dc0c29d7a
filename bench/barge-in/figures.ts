import type { BargeIn, FalseAlarm, Judgement, Period } from './judge-rule.js';
import { nearLevels } from './scenarios.js';

/** What a loudspeaker adds. Units: milliseconds. The ramp of a duck, and a flush down to silence as measured on a virtual card. */
export const deviceMs = { duck: 30, silence: 10 } as const;

/** The value below which this share of the values lies; infinite values (misses) count. NaN without any. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** How soon barge-ins were answered. A miss counts as infinitely late. Units: milliseconds, of the device too. */
export interface Latencies {
  readonly count: number;
  readonly missed: number;
  readonly missedShare: number;
  readonly duck: Percentiles;
  readonly silence: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
}

const percentiles = (values: readonly number[]): Percentiles => ({
  p50: quantile(values, 0.5),
  p90: quantile(values, 0.9),
  p95: quantile(values, 0.95),
});

export function latenciesOf(bargeIns: readonly BargeIn[]): Latencies {
  const missed = bargeIns.filter(({ cutMs }) => cutMs === undefined).length;
  return {
    count: bargeIns.length,
    missed,
    missedShare: bargeIns.length === 0 ? Number.NaN : missed / bargeIns.length,
    duck: percentiles(bargeIns.map(({ duckMs }) => (duckMs ?? Number.POSITIVE_INFINITY) + deviceMs.duck)),
    silence: percentiles(bargeIns.map(({ cutMs }) => (cutMs ?? Number.POSITIVE_INFINITY) + deviceMs.silence)),
  };
}

/** False alarms of a period. */
export interface FalseRate {
  readonly minutes: number;
  readonly ducks: number;
  readonly cuts: number;
  readonly ducksPerMinute: number;
  readonly cutsPerHour: number;
}

export function falseRateOf({ falseAlarms, minutes }: Judgement, period: Period): FalseRate {
  const count = (wanted: FalseAlarm['type']) =>
    falseAlarms.filter((alarm) => alarm.period === period && alarm.type === wanted).length;
  const ducks = count('duck');
  const cuts = count('cut');
  const time = minutes[period];
  return { minutes: time, ducks, cuts, ducksPerMinute: ducks / time, cutsPerHour: (60 * cuts) / time };
}

/** All figures of one rule. */
export interface Figures {
  readonly steady: FalseRate;
  readonly first: FalseRate;
  readonly change: FalseRate;
  /** After the first 5 s, by near end to echo in dB. */
  readonly talk: Readonly<Record<string, Latencies>>;
  /** Of +6 to -6 dB together. */
  readonly talkDownTo6: Latencies;
  /** In the first 5 s. */
  readonly start: Latencies;
  /** By milliseconds since the change. */
  readonly afterChange: Readonly<Record<string, Latencies>>;
  /** The same speakers without a reply: what the detector alone takes. */
  readonly alone: Latencies;
  readonly unjudged: number;
  readonly sounds: Readonly<
    Record<
      string,
      {
        readonly count: number;
        readonly ducked: number;
        readonly cut: number;
        readonly restoredP50: number;
        readonly restoredMost: number;
      }
    >
  >;
}

/** @param sinceChangeMs - of a barge-in: how long after the change it came. */
export function figuresOf(judgement: Judgement, sinceChangeMs: (bargeIn: BargeIn) => number): Figures {
  const { bargeIns } = judgement;
  const talk = bargeIns.filter(({ period, scenario }) => period === 'steady' && scenario.includes('-talk-'));
  const changed = bargeIns.filter(({ period }) => period === 'change');
  const moments = [...new Set(changed.map(sinceChangeMs))].sort((a, b) => a - b);
  const soundNames = [...new Set(judgement.sounds.map(({ what }) => what))];
  return {
    steady: falseRateOf(judgement, 'steady'),
    first: falseRateOf(judgement, 'first'),
    change: falseRateOf(judgement, 'change'),
    talk: Object.fromEntries(
      nearLevels.map((level) => [String(level), latenciesOf(talk.filter(({ nearDb }) => nearDb === level))]),
    ),
    talkDownTo6: latenciesOf(talk.filter(({ nearDb }) => nearDb >= -6)),
    start: latenciesOf(bargeIns.filter(({ period }) => period === 'first')),
    afterChange: Object.fromEntries(
      moments.map((moment) => [
        String(moment),
        latenciesOf(changed.filter((bargeIn) => sinceChangeMs(bargeIn) === moment)),
      ]),
    ),
    alone: latenciesOf(bargeIns.filter(({ period }) => period === 'alone')),
    unjudged: judgement.unjudged,
    sounds: Object.fromEntries(
      soundNames.map((name) => {
        const some = judgement.sounds.filter(({ what }) => what === name);
        const restored = some.flatMap(({ restoredAfterMs }) => restoredAfterMs ?? []);
        return [
          name,
          {
            count: some.length,
            ducked: some.filter(({ ducked }) => ducked).length,
            cut: some.filter(({ cut }) => cut).length,
            restoredP50: quantile(restored, 0.5),
            restoredMost: quantile(restored, 1),
          },
        ];
      }),
    ),
  };
}
