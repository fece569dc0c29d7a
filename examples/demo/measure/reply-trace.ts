import { locate, loudestStretch, quartered } from './signal.js';

/** How one block of a reply came out of the loudspeaker. */
export interface TracedBlock {
  /** First sample in the loudspeaker's recording. */
  readonly at: number;
  /** First sample in what the server sent. */
  readonly sentAt: number;
  readonly length: number;
  /** `equal`: sample by sample. `scaled`: the same at another gain. `quiet`: nothing to compare. `mixed`: under a filler. */
  readonly kind: 'equal' | 'scaled' | 'quiet' | 'mixed';
  /** Linear. 1 when quiet or mixed. */
  readonly gain: number;
}

/** A reply as it came out of the loudspeaker. */
export interface ReplyTrace {
  readonly blocks: readonly TracedBlock[];
  /** Where its first sample lies in the recording. */
  readonly startAt: number;
  /** Samples of it that were heard, from the first one on without any missing. */
  readonly heard: number;
  /** Silence that came in between, in samples: the loudspeaker had nothing to play yet. */
  readonly gaps: readonly { readonly at: number; readonly length: number }[];
}

const blockSamples = 480;
const lsb = 1 / 32768;
const templateSamples = 12_000;
/** What a cross-fade with a filler may cover at the start of a reply: 80 ms. */
const mixedSamples = 3840;
const longestGapSamples = 3 * 48_000;

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
  const length = Math.min(templateSamples, Math.floor(likelyHeard / 2), sent.length);
  const templateAt = loudestStretch(
    sent,
    Math.min(mixedSamples, length >> 1),
    Math.min(likelyHeard, 48_000),
    length,
  );
  const template = sent.subarray(templateAt, templateAt + length);
  const rough = locate(
    quartered(template),
    quartered(loudspeaker.subarray(from)),
    0,
    Number.POSITIVE_INFINITY,
    128,
  );
  if (rough.likeness < 0.6) return null;
  const near = from + rough.at * 4;
  const found = locate(template, loudspeaker, near - 16, near + 16, 512);
  if (found.likeness < 0.9 || found.at < templateAt) return null;

  const blocks: TracedBlock[] = [];
  const gaps: { readonly at: number; readonly length: number }[] = [];
  let at = found.at - templateAt;
  let sentAt = 0;
  while (sentAt < sent.length) {
    const x = sent.subarray(sentAt, sentAt + blockSamples);
    const y = loudspeaker.subarray(at, at + x.length);
    const compared = y.length < x.length ? null : compareBlock(x, y);
    const mixed = compared === null && y.length === x.length && sentAt < mixedSamples;
    if (compared !== null || mixed) {
      blocks.push({ at, sentAt, length: x.length, ...(compared ?? { kind: 'mixed', gain: 1 }) });
      at += x.length;
      sentAt += x.length;
      continue;
    }
    const same = equalSamples(x, y);
    const resumed = findResumed(sent, sentAt + same, loudspeaker, at + same);
    if (resumed === null) {
      sentAt += same;
      break;
    }
    if (same > 0) blocks.push({ at, sentAt, length: same, kind: 'equal', gain: 1 });
    gaps.push({ at: at + same, length: resumed - at - same });
    sentAt += same;
    at = resumed;
  }
  return { blocks, startAt: found.at - templateAt, heard: sentAt, gaps };
}

function compareBlock(x: Float32Array, y: Float32Array): Pick<TracedBlock, 'kind' | 'gain'> | null {
  let [peakX, peakY, worst] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const a = x[i] as number;
    const b = y[i] as number;
    peakX = Math.max(peakX, Math.abs(a));
    peakY = Math.max(peakY, Math.abs(b));
    worst = Math.max(worst, Math.abs(a - b));
  }
  if (peakX <= 16 * lsb) return peakY <= 18 * lsb ? { kind: 'quiet', gain: 1 } : null;
  if (worst <= 2.5 * lsb) return { kind: 'equal', gain: 1 };
  // A block that a ramp starts or ends in is two straight pieces: then each half fits better than the whole.
  const half = x.length >> 1;
  const gain =
    fitGain(x, y) ??
    mean(fitGain(x.subarray(0, half), y.subarray(0, half)), fitGain(x.subarray(half), y.subarray(half)));
  if (gain !== null) return { kind: 'scaled', gain };
  // Quantisation hides the likeness of what was ducked to a few steps: it counts as ducked, not as lost.
  return peakX <= 200 * lsb && peakY <= 40 * lsb && peakY > 0 ? { kind: 'quiet', gain: 1 } : null;
}

function mean(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : (a + b) / 2;
}

/** The mean gain that makes y of x, when one that changes evenly from 0..1 to 0..1 explains all but 2 %; else null. */
function fitGain(x: Float32Array, y: Float32Array): number | null {
  // Least squares of y = (start + slope * t) * x, with t from 0 to 1.
  let [s0, s1, s2, r0, r1, yy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const t = i / x.length;
    const a = x[i] as number;
    const b = y[i] as number;
    s0 += a * a;
    s1 += a * a * t;
    s2 += a * a * t * t;
    r0 += a * b;
    r1 += a * b * t;
    yy += b * b;
  }
  const determinant = s0 * s2 - s1 * s1;
  if (determinant <= s0 * s0 * 1e-6) return null;
  const start = (r0 * s2 - r1 * s1) / determinant;
  const end = start + (r1 * s0 - r0 * s1) / determinant;
  const residual = yy - start * r0 - (end - start) * r1;
  const inRange = (gain: number) => gain >= -0.1 && gain <= 1.1;
  const explained = residual <= 0.02 * yy + x.length * lsb * lsb;
  return explained && inRange(start) && inRange(end) && yy > 0 ? (start + end) / 2 : null;
}

/** How many samples at the start are the same. */
function equalSamples(x: Float32Array, y: Float32Array): number {
  for (let i = 0; i < x.length; i++) {
    if (i >= y.length || Math.abs((x[i] as number) - (y[i] as number)) > 2.5 * lsb) return i;
  }
  return x.length;
}

/** Where the rest goes on after a silence; null when it does not. */
function findResumed(
  sent: Float32Array,
  sentAt: number,
  loudspeaker: Float32Array,
  at: number,
): number | null {
  let end = at;
  while (
    end < loudspeaker.length &&
    end - at < longestGapSamples &&
    Math.abs(loudspeaker[end] ?? 0) <= 2 * lsb
  )
    end++;
  if (end === at) return null;
  // What goes on may begin with samples as small as the silence before it.
  let quiet = 0;
  while (sentAt + quiet < sent.length && Math.abs(sent[sentAt + quiet] ?? 0) <= 2 * lsb) quiet++;
  const resumed = end - quiet;
  if (resumed <= at || sentAt + quiet >= sent.length) return null;
  const x = sent.subarray(sentAt, Math.min(sent.length, sentAt + quiet + blockSamples));
  const y = loudspeaker.subarray(resumed, resumed + x.length);
  if (y.length < x.length) return null;
  const kind = compareBlock(x, y)?.kind;
  return kind === 'equal' || kind === 'scaled' ? resumed : null;
}
