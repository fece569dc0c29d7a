import { describe, expect, it } from 'vitest';
import { createLineReader } from './lines.js';

function linesOf(...pieces: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const reader = createLineReader((line) => lines.push(line));
  for (const piece of pieces)
    reader.read(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
  reader.end();
  return lines;
}

describe('lines of a program', () => {
  it('end with a line feed, a carriage return, both, or the end of everything', () => {
    expect(linesOf('one\ntwo\rthree\r\n\n\nfo', 'ur')).toEqual(['one', 'two', 'three', 'four']);
  });

  it('come without what clears the rest of a terminal, and without padding', () => {
    expect(linesOf('Stream started.\u001b[K \nTime: 0.049 sec; Latency: 15639 usec.        \r')).toEqual([
      'Stream started.',
      'Time: 0.049 sec; Latency: 15639 usec.',
    ]);
  });

  it('hold characters that were cut by a read', () => {
    const bytes = new TextEncoder().encode('Größe\n');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(linesOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['Größe']);
    }
  });

  it('are cut when they never end, so that they need no memory', () => {
    const lines = linesOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)));
    expect(Math.max(...lines.map((line) => line.length))).toBe(4096);
    expect(lines.join('').length).toBe(100_000);
  });
});
