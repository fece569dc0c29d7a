import { describe, expect, it } from 'vitest';
import { createPieces } from './pieces.js';

const bytes = Uint8Array.from({ length: 50_001 }, (_, i) => i % 251);

describe('pieces of audio', () => {
  it.each([1, 2, 3, 100, 4096, 65_536])('of at most %i bytes keep every byte in its place', (maxBytes) => {
    const pieces = createPieces(maxBytes)(bytes);

    expect(pieces.every(({ length }) => length >= 1 && length <= maxBytes)).toBe(true);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('cut samples in two, as a pipe does', () => {
    expect(createPieces(4096)(bytes).some(({ length }) => length % 2 === 1)).toBe(true);
  });

  it('are the same each time', () => {
    const lengths = () => createPieces(4096)(bytes).map(({ length }) => length);

    expect(lengths()).toEqual(lengths());
  });
});
