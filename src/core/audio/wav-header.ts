import { OptionError } from '../errors.js';
import { integerIn, resolveOptions } from '../options.js';
import type { PcmFormat } from './audio-frame.js';
import { bytesPerSample, type PcmEncoding } from './pcm.js';

const pcmTag = 1;
const floatTag = 3;

/**
 * The bytes of a WAV file that precede its audio data, for a writer that streams.
 *
 * @remarks
 * Shape: 44 bytes for integers, 58 for floating point, whatever `dataBytes` is: write it with 0 first, and again over the old
 * one when the size is known. If `dataBytes` is odd, one zero byte must follow the data.
 * @param format - Range: 1..32 channels, 4000..384000 Hz.
 * @param dataBytes - size of the audio data. Range: 0..4294967237 (a WAV file ends at 4 GiB).
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function wavHeader(format: PcmFormat, encoding: PcmEncoding, dataBytes: number): Uint8Array {
  const sampleBytes = bytesPerSample(encoding);
  const { sampleRateHz, channels } = format;
  resolveOptions(
    'WAV',
    { sampleRateHz, channels },
    {},
    { sampleRateHz: integerIn(4000, 384_000, 'Hz'), channels: integerIn(1, 32) },
  );
  if (!Number.isInteger(dataBytes) || dataBytes < 0 || dataBytes > 0xffff_ffff - 58) {
    throw new OptionError(
      'OPTION_INVALID',
      `WAV: dataBytes must be a whole number from 0 to ${0xffff_ffff - 58}, but is ${dataBytes}; split a longer recording`,
    );
  }
  const isFloat = encoding === 'f32' || encoding === 'f64';
  const header = new Uint8Array(isFloat ? 58 : 44);
  const view = new DataView(header.buffer);
  let at = 0;
  const mark = (text: string): void => {
    for (const letter of text) view.setUint8(at++, letter.charCodeAt(0));
  };
  const short = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const long = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  mark('RIFF');
  long(header.length - 8 + dataBytes + (dataBytes % 2));
  mark('WAVEfmt ');
  long(isFloat ? 18 : 16);
  short(isFloat ? floatTag : pcmTag);
  short(channels);
  long(sampleRateHz);
  long(sampleRateHz * channels * sampleBytes);
  short(channels * sampleBytes);
  short(8 * sampleBytes);
  if (isFloat) {
    // What is not integer PCM states the size of its extension (none) and its length in sample frames.
    short(0);
    mark('fact');
    long(4);
    long(Math.floor(dataBytes / (channels * sampleBytes)));
  }
  mark('data');
  long(dataBytes);
  return header;
}
