import { compareBlock } from './compare-block.js';
import { type Followed, followReply } from './follow-reply.js';
import { locate, loudestStretch, type Match, quartered } from './signal.js';

/** A reply as it came out of the loudspeaker. */
export interface ReplyTrace extends Followed {
  /** Where its first sample lies in the recording. */
  readonly startAt: number;
}

/** What a reply is recognised by: a quarter of a second of it; where gaps are in that, one of some shorter pieces, with less doubt. */
const templates = [
  { length: 12_000, pieces: 1, leastLikeness: 0.9 },
  { length: 4800, pieces: 4, leastLikeness: 0.98 },
  { length: 2400, pieces: 6, leastLikeness: 0.99 },
] as const;
/** What a cross-fade with a filler may cover at the start of a reply: 80 ms. */
const mixedSamples = 3840;

/**
 * Find a reply in the loudspeaker's recording and follow it block by block of 10 ms, across gaps.
 *
 * @param likelyHeard - samples that should have been heard: the template is taken from them.
 * @returns null when it is not there.
 */
export function traceReply(
  sent: Float32Array,
  loudspeaker: Float32Array,
  from: number,
  likelyHeard: number,
): ReplyTrace | null {
  const found = findPiece(sent, loudspeaker, from, likelyHeard);
  if (found === null || found.at < found.sentAt) return null;
  const mayBeMixed = (sentAt: number) => sentAt < mixedSamples;
  // Backwards to its beginning: a gap may lie between that and the piece.
  const { at, sentAt } = found;
  const before = followReply(
    sent.slice(0, sentAt).reverse(),
    loudspeaker.slice(0, at).reverse(),
    0,
    (back, length) => mayBeMixed(sentAt - back - length),
  );
  const gapsBefore = before.gaps.reduce((sum, { length }) => sum + length, 0);
  const startAt = at - sentAt - gapsBefore;
  return { startAt, ...followReply(sent, loudspeaker, startAt, mayBeMixed) };
}

interface FoundPiece extends Match {
  /** First sample of the piece in what was sent. */
  readonly sentAt: number;
}

function findPiece(
  sent: Float32Array,
  loudspeaker: Float32Array,
  from: number,
  likelyHeard: number,
): FoundPiece | null {
  const later = quartered(loudspeaker.subarray(from));
  let doubtful: FoundPiece | null = null;
  for (const { length: wanted, pieces, leastLikeness } of templates) {
    const length = Math.min(wanted, Math.floor(likelyHeard / 2), sent.length);
    const begin = Math.min(mixedSamples, length >> 1);
    const end = Math.min(likelyHeard, sent.length, 48_000);
    for (let n = 0; n < pieces; n++) {
      const part = (end - begin) / pieces;
      const partAt = Math.round(begin + n * part);
      const sentAt = loudestStretch(
        sent,
        partAt,
        Math.max(partAt + length, Math.round(partAt + part)),
        length,
      );
      const piece = sent.subarray(sentAt, sentAt + length);
      const rough = locate(quartered(piece), later, 0, Number.POSITIVE_INFINITY, 128);
      if (rough.likeness < 0.6) continue;
      const near = from + rough.at * 4;
      const found = locate(piece, loudspeaker, near - 16, near + 16, 512);
      if (found.likeness < leastLikeness) continue;
      // With a gap in it, it may be alike as a whole, and yet not begin there.
      const begins = compareBlock(piece.subarray(0, 480), loudspeaker.subarray(found.at, found.at + 480));
      if (begins !== null) return { ...found, sentAt };
      doubtful ??= { ...found, sentAt };
    }
  }
  return doubtful;
}
