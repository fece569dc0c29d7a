import { describe, expect, it } from 'vitest';
import { maxTableCoefficients, polyphaseTable, tableSize } from './polyphase-table.js';

const shape = { passEdge: 0.9, stopEdge: 1, attenuationDb: 110 };

describe('a polyphase table', () => {
  it('is as large as it was said to be', () => {
    const size = tableSize(44_100, 48_000, shape);
    const table = polyphaseTable(44_100, 48_000, shape);

    expect(table).toMatchObject({ upFactor: 160, downFactor: 147, taps: size.taps });
    expect(table.coefficients).toHaveLength(size.coefficients);
    expect(table.taps % 4).toBe(0);
  });

  it('passes a constant with gain 1 in every phase', () => {
    const { upFactor, taps, coefficients } = polyphaseTable(24_000, 44_100, shape);
    for (let phase = 0; phase < upFactor; phase++) {
      const sum = coefficients.subarray(phase * taps, (phase + 1) * taps).reduce((a, b) => a + b, 0);

      expect(sum).toBeCloseTo(1, 14);
    }
  });

  it('is symmetric: each phase is the mirror image of its opposite', () => {
    const { upFactor, taps, coefficients } = polyphaseTable(16_000, 48_000, shape);
    for (let tap = 0; tap < taps; tap++) {
      expect(coefficients[taps + tap]).toBeCloseTo(
        coefficients[(upFactor - 1) * taps + taps - 1 - tap] as number,
        15,
      );
    }
  });

  it('leaves out the one tap of phase 0 that has no counterpart on the other side', () => {
    const { taps, coefficients } = polyphaseTable(24_000, 48_000, shape);

    expect(coefficients[taps - 1]).toBe(0);
    expect(coefficients[0]).toBeCloseTo(coefficients[taps - 2] as number, 15);
  });

  it('is made once for a pair of rates and a shape', () => {
    expect(polyphaseTable(24_000, 48_000, shape)).toBe(polyphaseTable(24_000, 48_000, shape));
    expect(polyphaseTable(24_000, 48_000, { ...shape, stopEdge: 1.1 })).not.toBe(
      polyphaseTable(24_000, 48_000, shape),
    );
  });

  it('forgets the least recently used tables when they exceed their bound together', () => {
    const first = polyphaseTable(24_000, 48_000, shape);
    const kept = polyphaseTable(16_000, 48_000, shape);
    let made = 0;
    for (let toHz = 300_100; made <= 3 * maxTableCoefficients; toHz += 200) {
      made += polyphaseTable(8000, toHz, shape).coefficients.length;
      polyphaseTable(16_000, 48_000, shape);
    }

    expect(polyphaseTable(16_000, 48_000, shape)).toBe(kept);
    expect(polyphaseTable(24_000, 48_000, shape)).not.toBe(first);
  });
});
