import { AudioFormatError } from '../errors.js';
import { oneOf, resolveOptions } from '../options.js';

/** How samples look outside core, little-endian: signed or unsigned integers, or IEEE floating point, with their bits. @public */
export const pcmEncodings = ['s16', 's32', 'f32', 'f64', 'u8'] as const;

/** One of `pcmEncodings`. @public */
export type PcmEncoding = (typeof pcmEncodings)[number];

const widths = { s16: 2, s32: 4, f32: 4, f64: 8, u8: 1 } as const satisfies Record<PcmEncoding, number>;

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of one sample. @public */
export function bytesPerSample(encoding: PcmEncoding): number {
  checkEncoding(encoding);
  return widths[encoding];
}

/**
 * Bytes of whole samples to samples.
 *
 * @remarks
 * Range: integers to [-1, 1), by 1/32768 (s16), 1/2147483648 (s32), 1/128 around 128 (u8); floating point as it is.
 * What is not a finite number in single precision becomes 0; `createPcmDecoder` counts these.
 * Ownership: the result is a fresh array. `bytes` may begin at any address.
 * @throws AudioFormatError `AUDIO_FORMAT_UNSUPPORTED` when the bytes end inside a sample.
 * @throws OptionError `OPTION_INVALID` for an unknown encoding.
 * @public
 */
export function decodePcm(bytes: Uint8Array, encoding: PcmEncoding): Float32Array {
  checkEncoding(encoding);
  const width = widths[encoding];
  if (bytes.length % width !== 0) {
    throw new AudioFormatError(
      'AUDIO_FORMAT_UNSUPPORTED',
      `${bytes.length} bytes end inside a sample, ${encoding} has ${width} bytes a sample; ` +
        'check the encoding, or use createPcmDecoder for a stream that is cut anywhere',
    );
  }
  const samples = new Float32Array(bytes.length / width);
  decodeInto(bytes, encoding, samples, 0);
  return samples;
}

/**
 * Samples to bytes.
 *
 * @remarks
 * Range: integers are rounded to the nearest step and clipped; decoding and encoding again gives the same s16 and u8.
 * Floating point is written as it is, also beyond [-1, 1]. What is not a finite number becomes 0.
 * @throws OptionError `OPTION_INVALID` for an unknown encoding.
 * @public
 */
export function encodePcm(samples: Float32Array, encoding: PcmEncoding): Uint8Array {
  checkEncoding(encoding);
  const bytes = new Uint8Array(samples.length * widths[encoding]);
  const view = new DataView(bytes.buffer);
  switch (encoding) {
    case 's16':
      if (hostIsLittleEndian) {
        const steps = new Int16Array(bytes.buffer);
        for (let i = 0; i < steps.length; i++) steps[i] = toStep(samples[i] as number, 32768);
      } else {
        samples.forEach((sample, i) => {
          view.setInt16(i * 2, toStep(sample, 32768), true);
        });
      }
      break;
    case 's32':
      samples.forEach((sample, i) => {
        view.setInt32(i * 4, toStep(sample, 2_147_483_648), true);
      });
      break;
    case 'f32':
      samples.forEach((sample, i) => {
        view.setFloat32(i * 4, finite(sample), true);
      });
      break;
    case 'f64':
      samples.forEach((sample, i) => {
        view.setFloat64(i * 8, finite(sample), true);
      });
      break;
    case 'u8':
      for (let i = 0; i < bytes.length; i++) bytes[i] = toStep(samples[i] as number, 128) + 128;
      break;
    default:
      encoding satisfies never;
  }
  return bytes;
}

/** Bytes of one PCM stream on their way to samples. @public */
export interface PcmDecoder {
  /** Samples that were no finite number and became 0, since the decoder was made. */
  readonly replacedSamples: number;
  /** Decode the next piece, which may begin and end inside a sample. Returns the samples complete by now, as a fresh array. */
  push(bytes: Uint8Array): Float32Array;
  /** Finish the stream: tells how many bytes of an unfinished sample were left, and makes ready for another stream. */
  end(): { readonly leftoverBytes: number };
}

/**
 * Decode a stream of PCM bytes that is cut anywhere, also inside a sample.
 *
 * @remarks
 * Range: as `decodePcm`. Ownership: `bytes` is not kept; at most one unfinished sample is, as a copy.
 * @throws OptionError `OPTION_INVALID` for an unknown encoding.
 * @public
 */
export function createPcmDecoder(encoding: PcmEncoding): PcmDecoder {
  checkEncoding(encoding);
  const width = widths[encoding];
  const carried = new Uint8Array(width);
  let carriedBytes = 0;
  let replacedSamples = 0;

  return {
    get replacedSamples() {
      return replacedSamples;
    },
    push(bytes) {
      const samples = new Float32Array(Math.floor((carriedBytes + bytes.length) / width));
      let start = 0;
      let decoded = 0;
      if (carriedBytes > 0) {
        start = Math.min(width - carriedBytes, bytes.length);
        carried.set(bytes.subarray(0, start), carriedBytes);
        carriedBytes += start;
        if (carriedBytes < width) return samples;
        replacedSamples += decodeInto(carried, encoding, samples, 0);
        decoded = 1;
        carriedBytes = 0;
      }
      const whole = start + (samples.length - decoded) * width;
      replacedSamples += decodeInto(bytes.subarray(start, whole), encoding, samples, decoded);
      carried.set(bytes.subarray(whole));
      carriedBytes = bytes.length - whole;
      return samples;
    },
    end() {
      const leftoverBytes = carriedBytes;
      carriedBytes = 0;
      return { leftoverBytes };
    },
  };
}

/** Decode whole samples to `output` from `at` on; returns how many were replaced by 0. */
function decodeInto(bytes: Uint8Array, encoding: PcmEncoding, output: Float32Array, at: number): number {
  const count = bytes.length / widths[encoding];
  if (encoding === 's16' && hostIsLittleEndian && bytes.byteOffset % 2 === 0) {
    // The usual case on the wire: read in place, several times as fast as through a DataView.
    const steps = new Int16Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0; i < count; i++) output[at + i] = (steps[i] as number) / 32768;
    return 0;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let replaced = 0;
  switch (encoding) {
    case 's16':
      for (let i = 0; i < count; i++) output[at + i] = view.getInt16(i * 2, true) / 32768;
      break;
    case 's32':
      for (let i = 0; i < count; i++) output[at + i] = view.getInt32(i * 4, true) / 2_147_483_648;
      break;
    case 'u8':
      for (let i = 0; i < count; i++) output[at + i] = ((bytes[i] as number) - 128) / 128;
      break;
    case 'f32':
    case 'f64':
      for (let i = 0; i < count; i++) {
        // A double may be finite and still too large for single precision.
        const sample = Math.fround(
          encoding === 'f32' ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
        );
        if (Number.isFinite(sample)) output[at + i] = sample;
        else replaced++;
      }
      break;
    default:
      encoding satisfies never;
  }
  return replaced;
}

/** The nearest integer step, within what the encoding can hold. */
function toStep(sample: number, fullScale: number): number {
  return Math.min(fullScale - 1, Math.max(-fullScale, Math.round(finite(sample) * fullScale)));
}

function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}

function checkEncoding(encoding: PcmEncoding): void {
  resolveOptions('PCM', { encoding }, {}, { encoding: oneOf(...pcmEncodings) });
}
