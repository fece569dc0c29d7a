import { type Compared, compareBlock, lsb } from './compare-block.js';

/** How one block of a reply came out of the loudspeaker. */
export interface TracedBlock {
  /** First sample in the loudspeaker's recording. */
  readonly at: number;
  /** First sample in what the server sent. */
  readonly sentAt: number;
  readonly length: number;
  /** As compared; `mixed`: under a filler. */
  readonly kind: Compared['kind'] | 'mixed';
  /** Linear. 1 when quiet or mixed. */
  readonly gain: number;
}

/** Silence in the middle: the loudspeaker had nothing to play, or ran dry. Samples. */
export interface Gap {
  readonly at: number;
  readonly length: number;
}

/** What was found of a reply from a place on. */
export interface Followed {
  readonly blocks: readonly TracedBlock[];
  readonly gaps: readonly Gap[];
  /** Samples of it that are there, from the first one on without any missing. */
  readonly heard: number;
}

const blockSamples = 480;
const longestGapSamples = 3 * 48_000;
/** A shorter silence is none. A sound server that runs dry may do so several times in 20 ms, and for much less than one. */
const shortestGapSamples = 4;
/** So long is one that is believed where what follows is not exactly what was sent, because it is ducked. Samples: 1 ms. */
const sureGapSamples = 48;
/** So much at least has to go on after a gap to be recognised. */
const shortestPieceSamples = 24;

/**
 * Follow a reply block by block of 10 ms through the loudspeaker's recording, across gaps, for as long as it is the reply.
 *
 * @param at - where its first sample lies in the recording.
 * @param mayBeMixed - whether something else may sound over the block that begins at this sample of what was sent.
 */
export function followReply(
  sent: Float32Array,
  loudspeaker: Float32Array,
  at: number,
  mayBeMixed: (sentAt: number, length: number) => boolean,
): Followed {
  const blocks: TracedBlock[] = [];
  const gaps: Gap[] = [];
  let sentAt = 0;
  const add = (length: number, { kind, gain }: Pick<TracedBlock, 'kind' | 'gain'>): void => {
    blocks.push({ at, sentAt, length, kind, gain });
    at += length;
    sentAt += length;
  };
  while (sentAt < sent.length) {
    const x = sent.subarray(sentAt, sentAt + blockSamples);
    const y = loudspeaker.subarray(at, at + x.length);
    const compared = y.length < x.length ? null : compareBlock(x, y);
    // Where a gap cuts off little, what is left can still pass for the block at another gain, or for as quiet as it.
    const isPlain = y.length === x.length && equalSamples(x, y, 2.5 * lsb) === x.length;
    const gap = isPlain ? null : findGap(sent.subarray(sentAt), loudspeaker.subarray(at));
    if (gap !== null) {
      if (gap.before) add(gap.at, gap.before);
      gaps.push({ at, length: gap.length });
      at += gap.length;
    } else if (compared !== null) {
      add(x.length, compared);
    } else if (y.length === x.length && mayBeMixed(sentAt, x.length)) {
      add(x.length, { kind: 'mixed', gain: 1 });
    } else {
      sentAt += equalSamples(x, y, 2.5 * lsb);
      break;
    }
  }
  return { blocks, gaps, heard: sentAt };
}

interface FoundGap extends Gap {
  /** What lies before it. */
  readonly before: Compared | null;
}

const isSilent = (sample: number | undefined): boolean => Math.abs(sample ?? 0) <= 2 * lsb;

/** How many samples from `at` on are silent, and no more than `most`. */
function silentFrom(samples: Float32Array, at: number, most: number): number {
  let end = at;
  while (end < samples.length && end - at < most && isSilent(samples[end])) end++;
  return end - at;
}

/** A silence that begins within a block, after which the rest goes on exactly where it had stopped. */
function findGap(sent: Float32Array, loudspeaker: Float32Array): FoundGap | null {
  for (let at = 0; at < Math.min(blockSamples, loudspeaker.length); at++) {
    const length = silentFrom(loudspeaker, at, longestGapSamples);
    if (length < shortestGapSamples) {
      at += length;
      continue;
    }
    const before = at === 0 ? null : compareBlock(sent.subarray(0, at), loudspeaker.subarray(0, at));
    if (at > 0 && before === null) return null;
    // What goes on may begin with samples as small as the silence before it.
    const quiet = silentFrom(sent, at, sent.length);
    const gap = length - quiet;
    if (gap > 0 && goesOn(sent.subarray(at + quiet), loudspeaker.subarray(at + length), gap < sureGapSamples))
      return { at, length: gap, before };
    at += length;
  }
  return null;
}

/** The next block is the same, or what there is of it before another gap. */
function goesOn(sent: Float32Array, loudspeaker: Float32Array, exactly: boolean): boolean {
  const most = Math.min(blockSamples, sent.length, loudspeaker.length);
  const [x, y] = [sent.subarray(0, most), loudspeaker.subarray(0, most)];
  const isEnough = (length: number) =>
    length >= Math.min(shortestPieceSamples, sent.length) && !x.subarray(0, length).every(isSilent);
  const same = equalSamples(x, y, 1.5 * lsb);
  if (isEnough(same) && (same === most || isSilent(y[same]))) return true;
  if (exactly) return false;
  return [most, soundUntil(y, sureGapSamples)].some((length) => {
    const kind = compareBlock(x.subarray(0, length), y.subarray(0, length))?.kind;
    return isEnough(length) && (kind === 'equal' || kind === 'scaled');
  });
}

/** Where the first silence of at least so many samples begins. */
function soundUntil(samples: Float32Array, shortest: number): number {
  for (let at = 0; at < samples.length; at++) {
    const silent = silentFrom(samples, at, shortest);
    if (silent === shortest) return at;
    at += silent;
  }
  return samples.length;
}

/** How many samples at the start are the same. */
function equalSamples(x: Float32Array, y: Float32Array, tolerance: number): number {
  for (let i = 0; i < x.length; i++) {
    if (i >= y.length || Math.abs((x[i] as number) - (y[i] as number)) > tolerance) return i;
  }
  return x.length;
}
