import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toMono } from '../../core/audio/mix.js';
import { readWav } from '../../core/audio/wav.js';
import { sha256 } from './filler-key.js';
import { maxFileBytes, maxFillerMs } from './limits.js';
import { type FillerEntry, messageOf } from './manifest.js';

/** The sound of a filler, or in one clause what is wrong with its file. */
export type ClipReading =
  | { readonly samples: Float32Array; readonly problem?: never }
  | { readonly problem: string; readonly samples?: never };

/** Read and check one filler. Never rejects. */
export async function readClip(directory: string, entry: FillerEntry): Promise<ClipReading> {
  const wrong = (what: string): ClipReading => ({
    problem: `${entry.file} (${JSON.stringify(entry.text)}) ${what}`,
  });
  const path = join(directory, entry.file);
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) return wrong(`has ${size} bytes, at most ${maxFileBytes} are possible`);
    bytes = await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    return wrong(missing ? 'is missing' : `cannot be read (${messageOf(cause)})`);
  }
  if (sha256(bytes) !== entry.sha256) return wrong('is not the file that was listed: its hash differs');
  try {
    const { format, samples, warnings } = readWav(bytes);
    if (warnings.length > 0) return wrong(`is damaged: ${warnings.join(', ')}`);
    if (format.sampleRateHz !== entry.sampleRateHz) {
      return wrong(`is at ${format.sampleRateHz} Hz, listed as ${entry.sampleRateHz} Hz`);
    }
    const mono = toMono(samples, format.channels);
    const ms = (mono.length * 1000) / format.sampleRateHz;
    if (mono.length === 0) return wrong('holds no sound');
    if (ms > maxFillerMs)
      return wrong(`lasts ${Math.round(ms)} ms, a filler lasts at most ${maxFillerMs} ms`);
    return { samples: mono };
  } catch (cause) {
    return wrong(`is no usable WAV file: ${messageOf(cause)}`);
  }
}
