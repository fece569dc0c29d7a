import { readFileSync } from 'node:fs';

/** A mono recording. */
export interface Recording {
  readonly sampleRateHz: number;
  /** In [-1, 1]. */
  readonly samples: Float32Array;
}

/** Read a mono WAV file of 16-bit PCM or 32-bit float, whatever chunks surround the data. */
export function readRecording(path: string): Recording {
  const bytes = readFileSync(path);
  const refuse = (why: string): never => {
    throw new Error(`${path} ${why}; a mono WAV file of 16-bit PCM or 32-bit float is needed`);
  };
  const name = (at: number) => bytes.toString('latin1', at, at + 4);
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE') refuse('is no WAV file');
  let format: { readonly codec: number; readonly sampleRateHz: number; readonly bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const start = at + 8;
    const end = Math.min(start + bytes.readUInt32LE(at + 4), bytes.length);
    if (name(at) === 'fmt ' && end - start >= 16) {
      const codec = bytes.readUInt16LE(start);
      format = {
        // WAVE_FORMAT_EXTENSIBLE carries the real codec in its sub-format.
        codec: codec === 0xfffe && end - start >= 26 ? bytes.readUInt16LE(start + 24) : codec,
        sampleRateHz: bytes.readUInt32LE(start + 4),
        bits: bytes.readUInt16LE(start + 14),
      };
      if (bytes.readUInt16LE(start + 2) !== 1) refuse('is not mono');
    } else if (name(at) === 'data' && format !== undefined) {
      const { codec, bits, sampleRateHz } = format;
      if (codec === 1 && bits === 16) {
        const samples = new Float32Array((end - start) >> 1);
        for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(start + i * 2) / 32768;
        return { sampleRateHz, samples };
      }
      if (codec === 3 && bits === 32) {
        const samples = new Float32Array((end - start) >> 2);
        for (let i = 0; i < samples.length; i++) samples[i] = bytes.readFloatLE(start + i * 4);
        return { sampleRateHz, samples };
      }
      refuse(`has codec ${codec} with ${bits} bits`);
    }
    at = end + (end % 2);
  }
  return refuse('holds no audio');
}
