import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAudio, addText, heardText, openLedger, wholeText } from './heard-ledger.js';

const two = [
  ['One two three four.', 1000],
  [' Five six.', 500],
] as const;
const ledgerOf = (parts: readonly (readonly [string, number])[]) =>
  parts.reduce((ledger, [text, ms]) => addAudio(addText(ledger, text), ms), openLedger('r'));

describe('the heard ledger', () => {
  it('gives whole sentences that were heard, and whole words of the one that was cut', () => {
    const ledger = ledgerOf(two);
    expect(heardText(ledger, 0)).toBe('');
    expect(heardText(ledger, 500)).toBe('One two');
    expect(heardText(ledger, 1000)).toBe('One two three four.');
    expect(heardText(ledger, 1250)).toBe('One two three four. Five');
    expect(heardText(ledger, 1500)).toBe(wholeText(ledger));
  });

  it('joins text that comes in pieces before its audio', () => {
    const ledger = addAudio(addText(addText(openLedger('r'), 'Hel'), 'lo there.'), 400);
    expect(ledger.stretches).toEqual([{ text: 'Hello there.', fromMs: 0 }]);
    expect(heardText(ledger, 400)).toBe('Hello there.');
  });

  it('puts a space between two sentences that came without one, and none inside a word or a number', () => {
    const text = (...pieces: string[]) =>
      wholeText(pieces.reduce((ledger, piece) => addAudio(addText(ledger, piece), 100), openLedger('r')));
    expect(text('He might.', 'But not now.')).toBe('He might. But not now.');
    expect(text('Hel', 'lo.')).toBe('Hello.');
    expect(text('Well, ', 'yes.')).toBe('Well, yes.');
  });

  it('does not count text whose audio never came', () => {
    const ledger = addText(ledgerOf(two), ' Seven.');
    expect(heardText(ledger, 1500)).toBe('One two three four. Five six.');
  });

  it('never takes back what was heard, and always is a beginning of the whole', () => {
    const ledger = ledgerOf(two);
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(500), (ms, more) => {
        const earlier = heardText(ledger, ms);
        const later = heardText(ledger, ms + more);
        expect(later.startsWith(earlier)).toBe(true);
        expect(wholeText(ledger).startsWith(later)).toBe(true);
      }),
    );
  });
});
