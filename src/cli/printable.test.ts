import { describe, expect, it } from 'vitest';
import { printable, printableLines } from './printable.js';

describe('words of a stranger', () => {
  it('become one line without control characters', () => {
    expect(printable(' a\tb\r\n c\u001b[31md\u0007\u009b\u202e ')).toBe('a b c?[31md???');
  });

  it('keep their lines and tabs in an answer, and nothing else that a terminal obeys', () => {
    expect(printableLines('a\tb\r\nc\u001b[31md\u202e\nü\u200d\u200c')).toBe('a\tb\nc[31md\nü\u200d\u200c');
  });
});
