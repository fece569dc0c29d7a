import { describe, expect, it } from 'vitest';
import { speakableText } from './speakable-text.js';

describe('speakableText', () => {
  it('leaves a text as it is, whatever its script', () => {
    for (const text of ['One moment, please.', 'Одну минуту!', '你好', "it's 5 % of 3 + 4"]) {
      expect(speakableText(text)).toBe(text);
    }
  });

  it('puts a space where control characters and line breaks are', () => {
    expect(speakableText('\u0001+50S one\r\n\ttwo\u0000three\u2028four\u200bfive\ufefffour\ud800')).toBe(
      '+50S one two three four five four',
    );
  });

  it('has nothing for a text without a word', () => {
    for (const text of ['', '  \n', '...', ' - ', '?!', '«»', '\u0001']) {
      expect([text, speakableText(text)]).toEqual([text, undefined]);
    }
  });

  it('counts symbols that engines have a word for', () => {
    for (const text of ['+', '%', '€', '&', '\u{1F600}']) expect(speakableText(text)).toBe(text);
  });
});
