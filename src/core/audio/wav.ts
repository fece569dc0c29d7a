import { AudioFormatError, OptionError } from '../errors.js';
import type { PcmFormat } from './audio-frame.js';
import { createPcmDecoder, encodePcm, type PcmEncoding } from './pcm.js';
import { describeBytes, sniffAudio } from './sniff-audio.js';
import { locateWav } from './wav-chunks.js';
import { wavHeader } from './wav-header.js';

export { type AudioContainer, sniffAudio } from './sniff-audio.js';
export { wavHeader } from './wav-header.js';

/** How the samples of a WAV file are stored; 24-bit integers can be read but not written. @public */
export type WavEncoding = PcmEncoding | 's24';

/** What a WAV file holds. @public */
export interface WavAudio {
  readonly format: PcmFormat;
  /** How the samples were stored. */
  readonly encoding: WavEncoding;
  /** Interleaved, whole sample frames. */
  readonly samples: Float32Array;
  /** What was wrong with the file and could be mended, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Read a WAV file from memory.
 *
 * @remarks
 * Reads integer PCM of 8, 16, 24 and 32 bits and floating point of 32 and 64 bits, also as WAVE_FORMAT_EXTENSIBLE and
 * in RF64. Chunks it does not know are skipped. Lengths that a streaming writer left wrong (0, 4294967295, more than
 * there is) are mended from the size of the file, with a warning.
 *
 * Range: 1 to 32 channels, 4000 to 384000 Hz. Rates that are not a stream's (see `PcmFormat`) can be converted first.
 * @throws AudioFormatError `AUDIO_FORMAT_UNSUPPORTED` for bytes that are no WAV, with what they are instead; for a codec other
 * than PCM; for a file without a format or without audio data.
 * @public
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const container = sniffAudio(bytes);
  if (container !== 'riff' && container !== 'rf64') {
    throw new AudioFormatError(
      'AUDIO_FORMAT_UNSUPPORTED',
      `expected a WAV file but got ${describeBytes(bytes)}; give a WAV file, or convert audio first, for example with ffmpeg -i input output.wav`,
    );
  }
  const { format, encoding, data, warnings } = locateWav(bytes);
  if (encoding === 's24') return { format, encoding, samples: decode24(data), warnings };
  const decoder = createPcmDecoder(encoding);
  const samples = decoder.push(data);
  if (decoder.replacedSamples > 0) {
    warnings.push(`${decoder.replacedSamples} samples were not finite numbers and became 0`);
  }
  return { format, encoding, samples, warnings };
}

/**
 * Make a WAV file in memory.
 *
 * @param samples - interleaved, whole sample frames. Integers are clipped, floating point is not.
 * @param encoding - @defaultValue 's16'
 * @throws OptionError `OPTION_INVALID` for a layout, an encoding or a size that WAV cannot hold, and for samples that are no
 * whole sample frames.
 * @public
 */
export function writeWav(
  format: PcmFormat,
  samples: Float32Array,
  encoding: PcmEncoding = 's16',
): Uint8Array {
  const data = encodePcm(samples, encoding);
  const header = wavHeader(format, encoding, data.length);
  if (samples.length % format.channels !== 0) {
    throw new OptionError(
      'OPTION_INVALID',
      `WAV: ${samples.length} samples are no whole number of sample frames of ${format.channels} channels; give whole sample frames`,
    );
  }
  // Chunks have an even length; the pad byte is not counted in the chunk's own size.
  const file = new Uint8Array(header.length + data.length + (data.length % 2));
  file.set(header);
  file.set(data, header.length);
  return file;
}

function decode24(data: Uint8Array): Float32Array {
  const samples = new Float32Array(data.length / 3);
  for (let i = 0, at = 0; i < samples.length; i++, at += 3) {
    const low = (data[at] as number) | ((data[at + 1] as number) << 8);
    // Shifted up to the top of 32 bits and back down, so that the sign comes along.
    const step = (low | ((data[at + 2] as number) << 16)) << 8;
    samples[i] = (step >> 8) / 8_388_608;
  }
  return samples;
}
