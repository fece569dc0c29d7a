/**
 * Audio that says where it comes from: every sample carries its own number, so that a recording tells to the sample what was audible.
 * Takes that follow each other lie in bands of their own.
 *
 * It is never near zero, so silence is silence, and it survives paths of 16 bits, where it may come out one number off.
 */
export type Take = 0 | 1 | 2 | 3;

/** The take that comes after one. */
export const takeAfter = (take: Take): Take => ((take + 1) % 4) as Take;

/** Numbers begin anew after so many samples: 208 ms at 48 kHz. */
export const countedPeriod = 10_000;
const steps = 32_768;
/** Where the bands begin; each of them is 0.305 wide. Takes 2 and 3 are below zero. */
const lowest = [0.2, 0.55] as const;
/** What is quieter than this is silence. */
const silentBelow = 0.1;
/** How far a sample may be from its number. */
const tolerance = 2;

/** Samples of one channel, from a number on. */
export function countedAudio(from: number, count: number, take: Take): Float32Array {
  const base = lowest[take % 2] as number;
  const sign = take < 2 ? 1 : -1;
  return Float32Array.from({ length: count }, (_, i) => sign * (base + ((from + i) % countedPeriod) / steps));
}

/** A stretch of a recording in which number followed number. */
export interface CountedRun {
  readonly take: Take;
  /** Number of its first sample, modulo `countedPeriod`. */
  readonly number: number;
  /** Which sample frame of the recording it begins with. */
  readonly fromFrame: number;
  frames: number;
}

/** Finds the runs in a recording that comes in pieces, of one channel. */
export interface CountedReader {
  /** In their order. The last one grows. What is neither silence nor counted audio is a run for each sample. */
  readonly runs: readonly CountedRun[];
  push(samples: Float32Array): void;
}

export function createCountedReader(): CountedReader {
  const runs: CountedRun[] = [];
  let frame = 0;
  let open: CountedRun | undefined;
  return {
    runs,
    push(samples) {
      for (const sample of samples) {
        const at = frame;
        frame += 1;
        if (Math.abs(sample) < silentBelow) {
          open = undefined;
          continue;
        }
        const isHigh = Math.abs(sample) > (lowest[0] + lowest[1] + countedPeriod / steps) / 2;
        const take = ((isHigh ? 1 : 0) + (sample < 0 ? 2 : 0)) as Take;
        const number = Math.round((Math.abs(sample) - (lowest[take % 2] as number)) * steps);
        if (open && open.take === take && apart(open.number + open.frames, number) <= tolerance) {
          open.frames += 1;
          continue;
        }
        open = { take, number: modulo(number), fromFrame: at, frames: 1 };
        runs.push(open);
      }
    },
  };
}

/** The number that is nearest to one that is expected, of those that a sample can stand for. */
export function nearestNumber(number: number, expected: number): number {
  const offset = modulo(number - expected);
  return expected + (offset > countedPeriod / 2 ? offset - countedPeriod : offset);
}

const modulo = (number: number): number => ((number % countedPeriod) + countedPeriod) % countedPeriod;
const apart = (a: number, b: number): number => Math.abs(nearestNumber(a, b) - b);
