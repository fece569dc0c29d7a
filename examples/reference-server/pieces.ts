/**
 * Lengths, as parts of the largest piece, that a pipe was seen to give: mostly full, now and then an odd rest.
 * Odd ones cut a sample in two, as on the real service.
 */
const readPattern = [1, 1, 0.6667, 1, 0.0003, 1, 0.25];

/** Cuts audio into the pieces that a server gets from a pipe; the same ones each time. */
export function createPieces(maxBytes: number): (bytes: Uint8Array) => Uint8Array[] {
  let turn = 0;
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const part = readPattern[turn++ % readPattern.length] ?? 1;
      const length = part === 1 ? maxBytes : Math.max(1, Math.floor(maxBytes * part) | 1);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  };
}
