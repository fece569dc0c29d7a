import type { MeasuredPlayout, MeasuredTrial } from './measure-playout.js';
import { median } from './statistics.js';

/** What the trials of one way came to. Units: ms, where nothing else is said. */
export interface PlayoutFigures {
  /** How many hard flushes count. */
  readonly flushes: number;
  /** From the call of a hard flush to silence. */
  readonly hardTailMs: number;
  readonly longestHardTailMs: number;
  readonly softTailMs: number;
  /** From a hard flush until what was written in the same breath is heard: between the last sample and the next. */
  readonly silenceMs: number;
  /** From a write after a rest until it is heard. */
  readonly startMs: number;
  /** How far positions were from what was heard, both ways. */
  readonly claims: number;
  readonly lowestErrorMs: number;
  readonly middleErrorMs: number;
  readonly highestErrorMs: number;
  /** What did not begin where the position had said. Number of samples, at most. */
  readonly startsOff: number;
  /** By how much what was heard after a soft flush differs from what it said. Number of samples, at most. */
  readonly softOff: number;
  /** Silence or a jump in the middle of audio, in all trials. */
  readonly gaps: number;
  /** Sounds that were flushed long ago, or that nobody wrote. */
  readonly strangers: number;
  readonly disturbed: number;
}

const rateHz = 48_000;

/** @param trials - those that count. */
export function summarizePlayout(
  { strangers, trials: all }: MeasuredPlayout,
  trials: readonly MeasuredTrial[] = all.filter(({ isDisturbed }) => !isDisturbed),
): PlayoutFigures {
  const hard = trials.filter(({ played }) => played.endsBy === 'hard');
  const soft = trials.filter(({ played }) => played.endsBy === 'soft');
  const known = (values: readonly (number | undefined)[]): readonly number[] =>
    values.filter((value) => value !== undefined);
  const hardTails = known(hard.map(({ tailMs }) => tailMs));
  const errors = trials.flatMap(({ claims }) => claims.map(({ errorMs }) => errorMs)).sort((a, b) => a - b);
  return {
    flushes: hardTails.length,
    hardTailMs: median(hardTails),
    longestHardTailMs: Math.max(...hardTails),
    softTailMs: median(known(soft.map(({ tailMs }) => tailMs))),
    silenceMs: median(
      known(hard.filter(({ played }) => played.restMs === 0).map(({ silenceMs }) => silenceMs)),
    ),
    startMs: median(
      known(trials.filter((_, i) => (trials[i - 1]?.played.restMs ?? 0) > 0).map(({ startMs }) => startMs)),
    ),
    claims: errors.length,
    lowestErrorMs: errors[0] ?? Number.NaN,
    middleErrorMs: median(errors),
    highestErrorMs: errors.at(-1) ?? Number.NaN,
    startsOff: Math.max(0, ...trials.map(({ startsOff }) => Math.abs(startsOff))),
    softOff: Math.max(0, ...soft.map(({ cutOffMs }) => Math.abs(Math.round((cutOffMs * rateHz) / 1000)))),
    gaps: all.reduce((sum, { gaps }) => sum + gaps, 0),
    strangers,
    disturbed: all.length - trials.length,
  };
}

/** In one line. */
export function describeFigures(name: string, figures: PlayoutFigures): string {
  const ms = (value: number): string => value.toFixed(1);
  return [
    name,
    `flush to silence ${ms(figures.hardTailMs)} (longest ${ms(figures.longestHardTailMs)} of ${figures.flushes})`,
    `audible again after ${ms(figures.silenceMs)}`,
    `soft tail ${ms(figures.softTailMs)}`,
    `position ${ms(figures.lowestErrorMs)} to ${ms(figures.highestErrorMs)}, in the middle ${ms(figures.middleErrorMs)} (${figures.claims} asked)`,
    `gaps ${figures.gaps}, disturbed trials ${figures.disturbed}`,
  ].join('; ');
}
