import { readFileSync, statSync } from 'node:fs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { fromMono, toMono } from '../../core/audio/mix.js';
import { convertSampleRate } from '../../core/audio/sample-rate-converter.js';
import { readWav } from '../../core/audio/wav.js';
import { AudioFormatError, isVoiceError } from '../../core/errors.js';
import { fileError } from './file-errors.js';

/** The largest file that is loaded, 256 MiB: 46 minutes of 48 kHz mono in 16 bits, which takes twice that in memory. */
const maxFileBytes = 2 ** 28;

/**
 * Read a WAV file of any rate and number of channels as audio of this layout, interleaved.
 *
 * @throws DeviceError `DEVICE_NOT_FOUND`, `DEVICE_PERMISSION_DENIED`, `DEVICE_BACKEND`; AudioFormatError
 * `AUDIO_FORMAT_UNSUPPORTED`. Each names the path.
 */
export function loadWav(path: string, format: PcmFormat): Float32Array {
  const bytes = readBytes(path);
  try {
    const wav = readWav(bytes);
    // The same layout is taken as it is, so that its samples stay what they are; other channels all hear the mean.
    if (wav.format.channels === format.channels && wav.format.sampleRateHz === format.sampleRateHz) {
      return wav.samples;
    }
    const mono = toMono(wav.samples, wav.format.channels);
    const converted = convertSampleRate(mono, wav.format.sampleRateHz, format.sampleRateHz);
    return fromMono(converted, format.channels);
  } catch (error) {
    if (!isVoiceError(error)) throw error;
    throw new AudioFormatError(
      'AUDIO_FORMAT_UNSUPPORTED',
      `${path} cannot be played: ${error.message.replace(/^\[\w+\] /, '')}`,
      { cause: error },
    );
  }
}

function readBytes(path: string): Uint8Array {
  let size: number;
  try {
    const about = statSync(path);
    // A pipe or a device would block or never end.
    if (!about.isFile())
      throw Object.assign(new Error('not a file'), { code: about.isDirectory() ? 'EISDIR' : 'ENODEV' });
    size = about.size;
    if (size <= maxFileBytes) return readFileSync(path);
  } catch (error) {
    throw fileError(path, 'read', error);
  }
  throw new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `${path} has ${size} bytes, at most ${maxFileBytes} are loaded; cut it into parts`,
  );
}
