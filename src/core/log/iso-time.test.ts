import { describe, expect, it } from 'vitest';
import { isoTime } from './iso-time.js';

const dayMs = 86_400_000;
// biome-ignore lint/style/noRestrictedGlobals: what the platform writes is what it is compared with; no clock is read
const written = (atMs: number): string => new Date(atMs).toISOString();

describe('isoTime', () => {
  it('writes every day of 1970 to 2110 as the platform does', () => {
    const days = 51_134;
    expect(written(days * dayMs)).toMatch(/^2110-01-01/);
    for (let day = 0; day < days; day++) {
      const atMs = day * dayMs + ((day * 7_919_777) % dayMs);
      if (isoTime(atMs) !== written(atMs)) expect(isoTime(atMs)).toBe(written(atMs));
    }
  });

  it.each([0, 951_782_399_999, 951_782_400_000, 4_107_542_399_999, 253_402_300_799_999, 1_773_307_800_000.7])(
    'and %d',
    (atMs) => {
      expect(isoTime(atMs)).toBe(written(atMs));
    },
  );

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 253_402_300_800_000])(
    'writes a line for %d all the same',
    (atMs) => {
      expect(isoTime(atMs)).toBe('1970-01-01T00:00:00.000Z');
    },
  );
});
