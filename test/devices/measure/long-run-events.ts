import type { CountedRun } from './counted-audio.js';
import type { Stall } from './machine-stalls.js';
import type { RecordedTimeLine } from './time-line.js';

/** Something that happened in a long run. */
export interface LongRunEvent {
  /** What a device told, a gap in the recording of the loudspeaker, or a stall of the machine. */
  readonly kind: 'fact' | 'gap' | 'stall';
  /** Units: ms since it began. */
  readonly atMs: number;
  readonly what: string;
}

/** Stalls that programs may notice. Units: ms. */
const worthTellingMs = 10;
/** What a stall does is told so much later at most. Units: ms. */
const stallShowsMs = 1500;

/** Where the recording of the loudspeaker is silent or jumps. */
export function gapEvents(
  runs: readonly CountedRun[],
  line: RecordedTimeLine,
  rateHz: number,
): readonly LongRunEvent[] {
  return runs.slice(1).map(({ fromFrame }, i) => {
    const before = runs[i] as CountedRun;
    const end = before.fromFrame + before.frames;
    const forMs = ((fromFrame - end) * 1000) / rateHz;
    return {
      kind: 'gap',
      atMs: line.msAt(end),
      what: `the loudspeaker was silent for ${forMs.toFixed(1)} ms`,
    };
  });
}

export function stallEvents(stalls: readonly Stall[]): readonly LongRunEvent[] {
  return stalls
    .map(({ fromMs, toMs }) => ({ fromMs, forMs: toMs - fromMs }))
    .filter(({ forMs }) => forMs >= worthTellingMs)
    .map(({ fromMs, forMs }) => ({
      kind: 'stall',
      atMs: fromMs,
      what: `the machine stood still for ${forMs.toFixed(1)} ms`,
    }));
}

/** All but stalls, and what is told just after one. */
export function unexplained(events: readonly LongRunEvent[]): readonly LongRunEvent[] {
  const stalls = events.filter(({ kind }) => kind === 'stall');
  return events.filter(
    ({ kind, atMs }) =>
      kind !== 'stall' &&
      !stalls.some((stall) => atMs >= stall.atMs - worthTellingMs && atMs <= stall.atMs + stallShowsMs),
  );
}
