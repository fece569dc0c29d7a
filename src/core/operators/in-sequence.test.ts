import fc from 'fast-check';
import { from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type InOrder, inSequence, type Sequenced } from './in-sequence.js';

const at = (sequence: number): Sequenced => ({ sequence });
const order = (sequence: number, missing = 0): InOrder<Sequenced> => ({ value: at(sequence), missing });
const collect = (sequences: readonly number[], maxHeld = 100) => {
  let out: InOrder<Sequenced>[] = [];
  from(sequences.map(at))
    .pipe(inSequence({ maxHeld }), toArray())
    .subscribe((all) => (out = all));
  return out;
};

describeOperatorContract<Sequenced, InOrder<Sequenced>>({ describe, it, expect }, 'inSequence', {
  create: () => inSequence(),
  values: [0, 2, 1, 5, 4].map(at),
  emitted: [order(0), order(1), order(2)],
  pending: [order(4, 1), order(5)],
  atTheBound: () => {
    expect(collect([0, 3, 4, 5], 2)).toEqual([order(0), order(3, 2), order(4), order(5)]);
  },
});

describe('inSequence', () => {
  it('drops a number that came before, and one whose gap was given up', () => {
    expect(collect([0, 0, 2, 3, 1], 1)).toEqual([order(0), order(2, 1), order(3)]);
  });

  it('emits an increasing sequence that accounts for every number, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i)),
        fc.integer({ min: 1, max: 50 }),
        (sequences, maxHeld) => {
          const out = collect(sequences, maxHeld);
          let expected = 0;
          for (const { value, missing } of out) {
            expect(value.sequence).toBe(expected + missing);
            expected = value.sequence + 1;
          }
        },
      ),
    );
  });

  it('refuses a bound below 1', () => {
    expect(() => inSequence({ maxHeld: 0 })).toThrow(
      /maxHeld must be a whole number from 1 to 10000, but is 0/,
    );
  });
});
