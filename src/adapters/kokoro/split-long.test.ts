import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLong } from './split-long.js';

describe('splitLong', () => {
  it('leaves a short text as it is, without the space around it', () => {
    expect(splitLong('  One moment, please. ', 40)).toEqual(['One moment, please.']);
    expect(splitLong(' \n ', 40)).toEqual([]);
  });

  it('cuts at the end of a clause', () => {
    expect(
      splitLong('I looked for it in the kitchen; it was not there, nor was it in the hall.', 40),
    ).toEqual(['I looked for it in the kitchen;', 'it was not there,', 'nor was it in the hall.']);
  });

  it('cuts at a comma where no clause ends, else between words, else anywhere', () => {
    expect(splitLong('apples and pears, plums and cherries', 20)).toEqual([
      'apples and pears,',
      'plums and cherries',
    ]);
    expect(splitLong('apples and pears and plums', 20)).toEqual(['apples and pears and', 'plums']);
    expect(splitLong('a'.repeat(50), 20)).toEqual(['a'.repeat(20), 'a'.repeat(20), 'a'.repeat(10)]);
  });

  it('rather cuts between words than leave a stub', () => {
    expect(splitLong('Well, apples and pears and plums and more', 30)).toEqual([
      'Well, apples and pears and',
      'plums and more',
    ]);
  });

  it('never loses or moves a character, never exceeds the limit, never halves one', () => {
    const piece = fc.constantFrom('a', 'word', ' ', ', ', '. ', '\n', '12,5', '😀', '"', '; ', 'ß');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), fc.integer({ min: 2, max: 40 }), (pieces, max) => {
        const text = pieces.join('');
        const parts = splitLong(text, max);

        expect(parts.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max);
          expect(part).not.toBe('');
          expect(part).not.toMatch(/[\ud800-\udbff]$|^[\udc00-\udfff]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
