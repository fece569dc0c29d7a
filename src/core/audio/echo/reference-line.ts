import { type AudioFrame, type PcmFormat, sameFormat } from '../audio-frame.js';
import { createDriftConverter, type DriftConverter } from '../drift-converter.js';
import { toMono } from '../mix.js';
import { jitterMs } from './stamped-samples.js';
import { tame } from './waiting-frames.js';

/** The reference, mono, sample by sample beside what the microphone captured. */
export interface ReferenceLine {
  /** Whether the next `count` samples are known. */
  has(count: number): boolean;
  /** Write the next samples into `target` and go on behind them; what is not known is silence. Returns how many were not. */
  read(target: Float64Array): number;
  /** Go on `samples` further, or back. */
  move(samples: number): void;
  push(frame: AudioFrame): void;
  /** From now on, read the reference faster than it was rendered. Units: parts per million. */
  steer(ppm: number): void;
  /** Samples that came after their time had been read as silence. */
  readonly lateSamples: number;
  /** Samples whose time was so far ahead that there was no room. */
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

/** Four seconds at 16 kHz: devices tell at most some hundred milliseconds ahead. A power of two, for the modulo. */
const ringSamples = 2 ** 16;
/** Steered by the echo, the reference may creep away from its time stamps; in silence it is set back from this on. Units: ms. */
const silentCreepMs = 30;
/** And with sound from this on, because the echo would leave the window. Units: ms. */
const creepMs = 200;
const silentAfterMs = 500;
const inaudible = 1e-5;
/** So small that it changes nothing: it makes the converter convert from the first sample on, without a seam later. */
const unnoticeablePpm = 1e-6;

/** One run of frames without a gap. */
interface Stretch {
  readonly format: PcmFormat;
  readonly converter: DriftConverter;
  taken: number;
  expectedMs: number;
}

export function createReferenceLine({
  sampleRateHz,
  leadMs,
  indexAt,
  isSteered,
}: ReferenceLineOptions): ReferenceLine {
  const perMs = sampleRateHz / 1000;
  const ring = new Float32Array(ringSamples);
  const leadSamples = leadMs * perMs;
  let stretch: Stretch | undefined;
  let steeredPpm = isSteered ? unnoticeablePpm : 0;
  /** Index behind the last known sample; there are none before the first push. */
  let frontier = Number.NEGATIVE_INFINITY;
  let reader: number | undefined;
  let silentSamples = 0;
  let lateSamples = 0;
  let droppedSamples = 0;
  let realignments = 0;

  const placeOf = (ms: number): number => indexAt(ms) - leadSamples;

  const begin = (frame: AudioFrame): Stretch => {
    if (stretch) realignments++;
    const at = Math.round(placeOf(frame.timestampMs));
    // Silence in between, as much of it as is remembered; what was said of a later time before does not count.
    if (at - frontier >= ringSamples) ring.fill(0);
    else for (let index = frontier; index < at; index++) ring[wrap(index)] = 0;
    frontier = at;
    const converter = createDriftConverter(frame.format.sampleRateHz, sampleRateHz);
    converter.setPpm(-steeredPpm);
    return { format: frame.format, converter, taken: 0, expectedMs: frame.timestampMs };
  };

  /** How far the run of frames has crept away from the time stamps. Units: ms. */
  const creepOf = ({ converter, taken }: Stretch, timestampMs: number): number => {
    const ahead = (taken - converter.nextInputPosition) / converter.inputsPerOutput;
    return (frontier + ahead - placeOf(timestampMs)) / perMs;
  };

  const mustBegin = (current: Stretch, frame: AudioFrame): boolean => {
    if (!sameFormat(current.format, frame.format)) return true;
    if (Math.abs(frame.timestampMs - current.expectedMs) > jitterMs) return true;
    const isSilent = silentSamples > silentAfterMs * perMs;
    return Math.abs(creepOf(current, frame.timestampMs)) > (isSilent ? silentCreepMs : creepMs);
  };

  const append = (samples: Float32Array): void => {
    const room = (reader ?? frontier) + ringSamples - frontier;
    const count = Math.min(samples.length, Math.max(0, room));
    droppedSamples += samples.length - count;
    if (reader !== undefined) lateSamples += Math.max(0, Math.min(count, reader - frontier));
    for (let i = 0; i < count; i++) {
      const sample = tame(samples[i] as number);
      silentSamples = Math.abs(sample) < inaudible ? silentSamples + 1 : 0;
      ring[wrap(frontier + i)] = sample;
    }
    frontier += samples.length;
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
    move(samples) {
      reader = (reader ?? 0) + samples;
    },
    push(frame) {
      if (!stretch || mustBegin(stretch, frame)) stretch = begin(frame);
      const mono = toMono(frame.samples, frame.format.channels);
      stretch.taken += mono.length;
      stretch.expectedMs = frame.timestampMs + (mono.length * 1000) / frame.format.sampleRateHz;
      append(stretch.converter.push(mono));
    },
    steer(ppm) {
      if (ppm === steeredPpm) return;
      steeredPpm = ppm;
      stretch?.converter.setPpm(-ppm);
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
