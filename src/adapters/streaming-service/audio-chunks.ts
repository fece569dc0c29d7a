import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { audioFrame, durationMs } from '../../core/audio/audio-frame.js';
import { beginsWithMp3Frames, mp3DecisionBytes } from '../../core/audio/mp3-frames.js';
import type { PcmDecoder, PcmEncoding } from '../../core/audio/pcm.js';
import { bytesPerSample, createPcmDecoder } from '../../core/audio/pcm.js';
import type { AudioContainer } from '../../core/audio/wav.js';
import { sniffAudio } from '../../core/audio/wav.js';
import { AudioFormatError } from '../../core/errors.js';
import type { AudioChunk } from './generated/streaming_pb.js';

/** Every name that servers of any generation give to a sample layout; all little-endian. An absent one is int16. */
const encodings: ReadonlyMap<string, PcmEncoding> = new Map([
  ...names('s16', '', 'int16', 'pcm_s16le', 'short', 's16'),
  ...names('s32', 'int32', 'int', 's32'),
  ...names('f32', 'float32', 'float', 'f32'),
  ...names('f64', 'float64', 'double', 'f64'),
  ...names('u8', 'uint8', 'u8'),
]);

/** A frame can carry these; the ranges are those of `PcmFormat`. */
const rateRangeHz = { min: 8000, max: 192_000 };
const maxChannels = 32;

/** Enough to know every container by its beginning; looked at as far as it has come. */
const signatureBytes = 12;

/** What became of one chunk. */
export type ChunkOutcome =
  | { readonly type: 'frame'; readonly frame: AudioFrame }
  /** No whole sample frame yet, or an empty chunk. */
  | { readonly type: 'nothing' }
  /** Not playable, and the answer goes on without it. */
  | { readonly type: 'dropped'; readonly detail: string }
  /** Playing it, or anything after it, would be noise. */
  | { readonly type: 'refused'; readonly error: AudioFormatError };

/** Reads the audio of one reply. */
export interface AudioChunkReader {
  push(chunk: AudioChunk): ChunkOutcome;
  /** Ends the audio. Gives what was left over and what was no finite number and became 0, to be reported. */
  end(): { readonly leftoverBytes: number; readonly replacedSamples: number };
}

interface Running {
  readonly encoding: PcmEncoding;
  readonly format: PcmFormat;
  readonly decoder: PcmDecoder;
}

/**
 * Make frames of the audio chunks of one reply.
 *
 * @remarks
 * Shape: a chunk may end inside a sample, or between the channels of one sample frame; the rest is carried over.
 * Each chunk has its own rate, channels and sample layout; where they change, what was carried over is left.
 * Order: `timestampMs` of the frames counts from 0 at the first sample of the reply, without gaps.
 * Ownership: copies; the bytes of a chunk are a view of the network buffer.
 */
export function createAudioChunkReader(): AudioChunkReader {
  let running: Running | undefined;
  /** Decoded samples of a sample frame whose other channels have not come. */
  let partial: Float32Array = new Float32Array(0);
  let playedMs = 0;
  let leftoverBytes = 0;
  let replacedSamples = 0;
  /** The first bytes of the reply, until there are enough to know that they are no container; then undefined. */
  let beginning: Uint8Array | undefined = new Uint8Array(0);

  function close(): void {
    if (running === undefined) return;
    replacedSamples += running.decoder.replacedSamples;
    leftoverBytes += running.decoder.end().leftoverBytes + partial.length * bytesPerSample(running.encoding);
    partial = new Float32Array(0);
    running = undefined;
  }

  function decode(bytes: Uint8Array, { decoder, format }: Running): ChunkOutcome {
    const decoded = decoder.push(bytes);
    const samples = new Float32Array(partial.length + decoded.length);
    samples.set(partial);
    samples.set(decoded, partial.length);
    const whole = samples.length - (samples.length % format.channels);
    partial = samples.slice(whole);
    if (whole === 0) return { type: 'nothing' };
    const frame = audioFrame(format, partial.length === 0 ? samples : samples.slice(0, whole), playedMs);
    playedMs += durationMs(frame);
    return { type: 'frame', frame };
  }

  /** Names the container that these bytes begin, if they do. */
  function containerIn(bytes: Uint8Array): string | undefined {
    if (beginning === undefined) {
      // Each sentence of a server without a decoder is a file of its own.
      const found = sniffAudio(bytes);
      return found === 'mp3' ? mp3In(bytes) : known(found);
    }
    beginning = concatenate(beginning, bytes);
    const looked = beginning;
    const found = sniffAudio(looked);
    const isDecided = found === 'mp3' ? looked.length >= mp3DecisionBytes : looked.length >= signatureBytes;
    if (isDecided) beginning = undefined;
    return found === 'mp3' ? mp3In(looked) : known(found);
  }

  return {
    push(chunk) {
      const { audioData: bytes, sampleRate, channels } = chunk;
      if (bytes.length === 0) return { type: 'nothing' };
      if (!isPlayable(sampleRate, channels)) {
        return {
          type: 'dropped',
          detail: `${bytes.length} bytes said to be at ${sampleRate} Hz with ${channels} channels`,
        };
      }
      const encoding = encodings.get(chunk.dtype.trim().toLowerCase());
      if (encoding === undefined) {
        return refuse(`samples of dtype ${JSON.stringify(chunk.dtype)}, which is none of ${knownDtypes}`);
      }
      const container = containerIn(bytes);
      if (container !== undefined) {
        return refuse(`${container.toUpperCase()} data labelled ${chunk.dtype || 'int16'} samples`);
      }
      if (running === undefined || !isSame(running, encoding, sampleRate, channels)) {
        close();
        const format = { sampleRateHz: sampleRate, channels };
        running = { encoding, format, decoder: createPcmDecoder(encoding) };
      }
      return decode(bytes, running);
    },
    end() {
      close();
      return { leftoverBytes, replacedSamples };
    },
  };
}

const knownDtypes = [...encodings.keys()].filter((name) => name !== '').join(', ');

function names(
  encoding: PcmEncoding,
  ...all: readonly string[]
): readonly (readonly [string, PcmEncoding])[] {
  return all.map((name) => [name, encoding] as const);
}

function isPlayable(sampleRateHz: number, channels: number): boolean {
  return (
    sampleRateHz >= rateRangeHz.min &&
    sampleRateHz <= rateRangeHz.max &&
    channels >= 1 &&
    channels <= maxChannels
  );
}

function isSame(running: Running, encoding: PcmEncoding, sampleRateHz: number, channels: number): boolean {
  const { format } = running;
  return (
    running.encoding === encoding && format.sampleRateHz === sampleRateHz && format.channels === channels
  );
}

function refuse(what: string): ChunkOutcome {
  return {
    type: 'refused',
    error: new AudioFormatError(
      'AUDIO_FORMAT_UNSUPPORTED',
      `the service sent ${what}; playing it would be noise: make the service send raw little-endian PCM`,
    ),
  };
}

/** Undefined for bytes that only look like one header of an MP3 frame. */
function mp3In(bytes: Uint8Array): 'mp3' | undefined {
  const hasTag = bytes[0] === 0x49;
  return hasTag || beginsWithMp3Frames(bytes) ? 'mp3' : undefined;
}

function known(found: AudioContainer): AudioContainer | undefined {
  return found === 'unknown' ? undefined : found;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
