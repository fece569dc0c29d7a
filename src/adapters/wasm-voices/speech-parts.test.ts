import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { speechParts } from './speech-parts.js';

describe('speechParts', () => {
  it('leaves a short text whole', () => {
    expect(speechParts(' One. Two. ')).toEqual(['One. Two.']);
    expect(speechParts('  ')).toEqual([]);
  });

  it('cuts behind sentences, else behind clauses, else between words, else anywhere', () => {
    expect(speechParts('He said "yes." Then he left, and so on.', 20)).toEqual([
      'He said "yes."',
      'Then he left,',
      'and so on.',
    ]);
    expect(speechParts('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(speechParts('a'.repeat(10), 4)).toEqual(['aaaa', 'aaaa', 'aa']);
    expect(speechParts('\u{1F600}\u{1F600}\u{1F600}', 3)).toEqual(['\u{1F600}', '\u{1F600}', '\u{1F600}']);
  });

  it('loses nothing and bounds each part, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', ',', '"', '\u{1F600}'), maxLength: 200 }),
        fc.integer({ min: 2, max: 30 }),
        (text, most) => {
          const parts = speechParts(text, most);
          expect(parts.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
          for (const part of parts) {
            expect(part.length).toBeLessThanOrEqual(most);
            expect(part).toBe(part.trim());
            expect(part).not.toBe('');
          }
        },
      ),
    );
  });
});
