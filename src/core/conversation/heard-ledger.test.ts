import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAudio, addText, completeLedger, heardText, openLedger, wholeText } from './heard-ledger.js';

const two = [
  ['One two three four.', 1000],
  [' Five six.', 500],
] as const;
type Parts = readonly (readonly [string, number])[];
const received = (parts: Parts) =>
  parts.reduce((ledger, [text, ms]) => addAudio(addText(ledger, text), ms), openLedger('r'));
const ledgerOf = (parts: Parts) => completeLedger(received(parts));

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
    const ledger = completeLedger(addAudio(addText(addText(openLedger('r'), 'Hel'), 'lo there.'), 400));
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

  it('never takes for heard what a signal stood for, and knows where the text around it ends', () => {
    let ledger = addAudio(addText(openLedger('r'), 'One two three four.'), 1000);
    ledger = addAudio(addText(ledger, ' Five six.', 1000, true), 300);
    // One more that has no signal of its own.
    ledger = addText(ledger, ' Seven.', 1300, true);
    ledger = completeLedger(addAudio(addText(ledger, ' Eight nine.', 1300), 500));
    expect(heardText(ledger, 1100)).toBe('One two three four.');
    expect(heardText(ledger, 1300)).toBe('One two three four.');
    expect(heardText(ledger, 1600)).toBe('One two three four. Eight');
    expect(heardText(ledger, 1800)).toBe('One two three four. Eight nine.');
    expect(wholeText(ledger)).toBe('One two three four. Five six. Seven. Eight nine.');
  });

  it('takes no word for heard because the rest of its sentence has not come yet', () => {
    // A second of a sentence of ten: the service sends no faster than it is spoken.
    const words = 'One two three four five six seven eight nine ten eleven twelve.';
    const early = addAudio(addText(openLedger('r'), words), 1000);
    expect(heardText(early, 1000)).toBe('One two three');
    expect(heardText(completeLedger(early), 1000)).toBe(words);
  });

  it('measures the voice by the sentences that are known to their end', () => {
    const slow = received([
      ['Twenty letters here.', 4000],
      [' One two three four.', 1000],
    ]);
    // 200 ms a letter: five letters of the second.
    expect(heardText(slow, 5000)).toBe('Twenty letters here. One');
  });

  it('ends a word where the next one begins, when the service tells where each begins', () => {
    const words = [
      ['Slow', 0],
      [' quick', 900],
      [' quick', 1000],
      [' slow.', 1100],
    ] as const;
    const ledger = words.reduce((to, [text, atMs]) => addText(to, text, atMs), openLedger('r'));
    const whole = completeLedger(addAudio(ledger, 2000));
    expect(heardText(whole, 899)).toBe('');
    expect(heardText(whole, 900)).toBe('Slow');
    expect(heardText(whole, 1099)).toBe('Slow quick');
    expect(heardText(whole, 1999)).toBe('Slow quick quick');
    expect(heardText(whole, 2000)).toBe('Slow quick quick slow.');
  });

  it('takes timings that come after the audio, ahead of it or out of order for what they can be', () => {
    const late = addText(addText(addAudio(openLedger('r'), 1000), 'One', 0), ' two', 600);
    expect(heardText(completeLedger(late), 600)).toBe('One');
    const ahead = addText(addAudio(addText(openLedger('r'), 'One.', 0), 500), 'Two.', 3000);
    expect(heardText(ahead, 500)).toBe('');
    expect(heardText(ahead, 9000)).toBe('');
    const backwards = addText(addText(openLedger('r'), 'One', 500), ' two', 100);
    expect(backwards.stretches).toEqual([{ text: 'One two', fromMs: 500 }]);
    expect(addText(openLedger('r'), 'One', Number.NaN).stretches).toEqual([{ text: 'One', fromMs: 0 }]);
  });

  it('does not count text whose audio never came', () => {
    const ledger = addText(ledgerOf(two), ' Seven.');
    expect(heardText(ledger, 1500)).toBe('One two three four. Five six.');
  });

  it('never takes back what was heard, and always is a beginning of the whole', () => {
    const ledgers = [ledgerOf(two), received(two), addText(received(two), ' Seven.', 1400)];
    fc.assert(
      fc.property(fc.constantFrom(...ledgers), fc.nat(2000), fc.nat(500), (ledger, ms, more) => {
        const earlier = heardText(ledger, ms);
        const later = heardText(ledger, ms + more);
        expect(later.startsWith(earlier)).toBe(true);
        expect(wholeText(ledger).startsWith(later)).toBe(true);
      }),
    );
  });
});
