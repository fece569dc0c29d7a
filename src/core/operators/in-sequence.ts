import type { OperatorFunction } from 'rxjs';
import { integerIn, resolveOptions } from '../options.js';
import { mapFrames } from './map-frames.js';

/** Something numbered 0, 1, 2, ... that may arrive out of order. @public */
export interface Sequenced {
  readonly sequence: number;
}

/** How much disorder is put up with. @public */
export interface SequenceOptions {
  /**
   * Values held while an earlier one is missing. Range: 1..10000. Beyond it the missing ones are given up.
   * Two seconds of 20 ms pieces. @defaultValue 100
   */
  readonly maxHeld: number;
}

/** @public */
export const defaultSequenceOptions = { maxHeld: 100 } as const satisfies SequenceOptions;

/** A value in its place, with how many before it never came. @public */
export interface InOrder<T> {
  readonly value: T;
  /** Sequence numbers skipped right before this one, because they were missing. */
  readonly missing: number;
}

/**
 * Puts numbered values in order.
 *
 * ```text
 * in    0 2 1 3
 * out   0   12 3
 * ```
 *
 * @remarks
 * Order: strictly by `sequence`, from 0. A number that was given up, or comes a second time, is dropped.
 * When the source completes, what is held comes out in order.
 * Bound: `maxHeld` values; at the bound the gap is given up and counted in `missing`.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function inSequence<T extends Sequenced>(
  options: Partial<SequenceOptions> = {},
): OperatorFunction<T, InOrder<T>> {
  const { maxHeld } = resolveOptions<SequenceOptions>('inSequence', defaultSequenceOptions, options, {
    maxHeld: integerIn(1, 10_000),
  });
  return mapFrames(() => {
    const held = new Map<number, T>();
    let expected = 0;

    const release = (): InOrder<T>[] => {
      const out: InOrder<T>[] = [];
      for (let value = held.get(expected); value; value = held.get(expected)) {
        held.delete(expected);
        out.push({ value, missing: 0 });
        expected += 1;
      }
      return out;
    };
    const giveUpGap = (): InOrder<T>[] => {
      const next = Math.min(...held.keys());
      const missing = next - expected;
      expected = next;
      const [first, ...rest] = release();
      return first ? [{ ...first, missing }, ...rest] : [];
    };

    return {
      next(value) {
        if (value.sequence < expected || held.has(value.sequence)) return [];
        held.set(value.sequence, value);
        const out = release();
        return held.size > maxHeld ? [...out, ...giveUpGap()] : out;
      },
      end() {
        const out: InOrder<T>[] = [];
        while (held.size > 0) out.push(...giveUpGap());
        return out;
      },
    };
  });
}
