import { type AudioFrame, durationMs, sameFormat } from '../audio-frame.js';
import { createReferenceResampler, type ReferenceResampler } from './reference-resampler.js';
import { jitterMs } from './stamped-samples.js';

/** The reference, mono, sample by sample beside what the microphone captured. */
export interface ReferenceLine {
  /** Whether the next `count` samples are known. */
  has(count: number): boolean;
  /** Write the next samples into `target` and go on behind them; what is not known is silence. Returns how many were not. */
  read(target: Float64Array): number;
  /** Go on `samples` further, or back. */
  move(samples: number): void;
  push(frame: AudioFrame): void;
  /** Whether a place has been read, since this was asked last, at which the reference was set anew. */
  takeRealignment(): boolean;
  /** From now on, read the reference faster than it was rendered. Units: parts per million. */
  steer(ppm: number): void;
  /** Samples that came after their time had been read as silence. */
  readonly lateSamples: number;
  /** Samples that had to give way to newer ones before their time was read. */
  readonly droppedSamples: number;
  /** Times that the reference was set anew to its time stamps: after a gap, or because it had crept away from them. */
  readonly realignments: number;
}

export interface ReferenceLineOptions {
  readonly sampleRateHz: number;
  /** The reference is taken to leave the loudspeaker earlier than stamped by so much. Units: ms. */
  readonly leadMs: number;
  /** Index of the captured sample at a time. */
  readonly indexAt: (ms: number) => number;
  /** Whether `steer` will be used. */
  readonly isSteered: boolean;
}

/**
 * Four seconds at 16 kHz are remembered, the newest ones: devices tell at most some hundred milliseconds ahead, and what a microphone
 * that stood still goes on with is new. A power of two, for the modulo.
 */
const ringSamples = 2 ** 16;
/** Steered by the echo, the reference may creep away from its time stamps; in silence it is set back from this on. Units: ms. */
const silentCreepMs = 30;
/**
 * The same where the steering does not explain it: then the time stamps themselves have moved, as those of a loudspeaker whose clock is still being
 * found do. Units: ms. Left alone it would be a path that has jumped when the next sound comes.
 */
const unexplainedCreepMs = 0.5;
/** One frame's stamp may be off by some milliseconds; the mean of a hundred is not. */
const creepSmoothing = 0.02;
/** And with sound from this on, because the echo would leave the window. Units: ms. */
const creepMs = 200;
const silentAfterMs = 500;
const inaudible = 1e-5;

export function createReferenceLine({
  sampleRateHz,
  leadMs,
  indexAt,
  isSteered,
}: ReferenceLineOptions): ReferenceLine {
  const perMs = sampleRateHz / 1000;
  const ring = new Float32Array(ringSamples);
  const leadSamples = leadMs * perMs;
  /** What the present run of frames without a gap goes through, and when its next frame is due. */
  let run: ReferenceResampler | undefined;
  let expectedMs = 0;
  let steeredPpm = 0;
  /** How far the steering has moved this run. Units: samples. */
  let steered = 0;
  /** How far this run has crept ahead of the time stamps of its frames, smoothed. Units: ms. */
  let creep = 0;
  /** Index behind the last known sample; there are none before the first push. */
  let frontier = Number.NEGATIVE_INFINITY;
  let reader: number | undefined;
  /** Where the reference was set anew last, until that has been read. */
  let realignedAt: number | undefined;
  let silentSamples = 0;
  let lateSamples = 0;
  let droppedSamples = 0;
  let realignments = 0;

  const placeOf = (ms: number): number => indexAt(ms) - leadSamples;

  const append = (samples: Float32Array, count: number): void => {
    if (reader !== undefined) {
      lateSamples += Math.max(0, Math.min(count, reader - frontier));
      droppedSamples += Math.max(0, Math.min(count, frontier + count - ringSamples - reader));
    }
    for (let i = 0; i < count; i++) {
      const sample = samples[i] as number;
      silentSamples = Math.abs(sample) < inaudible ? silentSamples + 1 : 0;
      ring[wrap(frontier + i)] = sample;
    }
    frontier += count;
  };

  const begin = (frame: AudioFrame, at = Math.round(placeOf(frame.timestampMs))): ReferenceResampler => {
    if (run) {
      realignments++;
      realignedAt = at;
    }
    // Silence in between, as much of it as is remembered; what was said of a later time before does not count.
    if (Math.abs(at - frontier) >= ringSamples) ring.fill(0);
    else for (let index = frontier; index < at; index++) ring[wrap(index)] = 0;
    frontier = at;
    steered = 0;
    creep = 0;
    const begun = createReferenceResampler(frame.format, sampleRateHz, isSteered, append);
    begun.steer(steeredPpm);
    return begun;
  };

  const mustBegin = (current: ReferenceResampler, { format, timestampMs }: AudioFrame): boolean => {
    if (!sameFormat(current.format, format)) return true;
    if (Math.abs(timestampMs - expectedMs) > jitterMs) return true;
    const isSilent = silentSamples > silentAfterMs * perMs;
    const crept = (frontier + current.heldSamples - placeOf(timestampMs)) / perMs;
    return Math.abs(crept) > (isSilent ? silentCreepMs : creepMs);
  };

  /** In silence, and if the time stamps have moved by themselves: where they say now that the next sample lies. */
  const placeMoved = (current: ReferenceResampler, timestampMs: number): number | undefined => {
    const next = frontier + current.heldSamples;
    creep += creepSmoothing * ((next - placeOf(timestampMs)) / perMs - creep);
    if (silentSamples <= silentAfterMs * perMs) return undefined;
    const unexplained = Math.min(Math.abs(creep), Math.abs(creep + steered / perMs));
    return unexplained > unexplainedCreepMs ? Math.round(next - creep * perMs) : undefined;
  };

  return {
    has(count) {
      return frontier >= (reader ?? 0) + count;
    },
    read(target) {
      const from = reader ?? 0;
      let unknown = 0;
      for (let i = 0; i < target.length; i++) {
        const index = from + i;
        const isKnown = index < frontier && index >= frontier - ringSamples;
        if (!isKnown) unknown++;
        target[i] = isKnown ? (ring[wrap(index)] as number) : 0;
      }
      reader = from + target.length;
      return unknown;
    },
    takeRealignment() {
      const isReached = realignedAt !== undefined && realignedAt < (reader ?? 0);
      if (isReached) realignedAt = undefined;
      return isReached;
    },
    move(samples) {
      reader = (reader ?? 0) + samples;
    },
    push(frame) {
      if (!run || mustBegin(run, frame)) {
        run = begin(frame);
      } else {
        const at = placeMoved(run, frame.timestampMs);
        if (at !== undefined) run = begin(frame, at);
      }
      expectedMs = frame.timestampMs + durationMs(frame);
      // Read faster, as many fewer samples come of it.
      steered += durationMs(frame) * perMs * steeredPpm * 1e-6;
      run.push(frame.samples);
    },
    steer(ppm) {
      if (ppm === steeredPpm) return;
      steeredPpm = ppm;
      run?.steer(ppm);
    },
    get lateSamples() {
      return lateSamples;
    },
    get droppedSamples() {
      return droppedSamples;
    },
    get realignments() {
      return realignments;
    },
  };
}

function wrap(index: number): number {
  return index & (ringSamples - 1);
}
