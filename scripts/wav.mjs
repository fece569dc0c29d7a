/** Just enough WAV for the scripts of this folder: mono, 16-bit PCM (or 8-bit on reading), whatever chunks surround it. */
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Read a mono WAV file of 8-bit or 16-bit PCM.
 *
 * @param {string} path
 * @returns {{ sampleRateHz: number, samples: Float32Array }} samples in [-1, 1]
 */
export function readWav(path) {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path} is no WAV file: it does not begin with RIFF....WAVE`);
  }
  let layout;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    const end = Math.min(at + 8 + bytes.readUInt32LE(at + 4), bytes.length);
    if (id === 'fmt ') {
      layout = {
        codec: bytes.readUInt16LE(at + 8),
        channels: bytes.readUInt16LE(at + 10),
        sampleRateHz: bytes.readUInt32LE(at + 12),
        bits: bytes.readUInt16LE(at + 22),
      };
    } else if (id === 'data' && layout !== undefined) {
      if (layout.codec !== 1 || layout.channels !== 1 || (layout.bits !== 16 && layout.bits !== 8)) {
        throw new Error(`${path} must be mono PCM of 8 or 16 bits, not ${JSON.stringify(layout)}`);
      }
      return {
        sampleRateHz: layout.sampleRateHz,
        samples: pcmToFloat(bytes.subarray(at + 8, end), layout.bits),
      };
    }
    at = end + (end % 2);
  }
  throw new Error(`${path} holds no PCM data`);
}

/** Little-endian PCM of 16 bits (signed) or 8 bits (unsigned) as floats in [-1, 1]. */
export function pcmToFloat(bytes, bits = 16) {
  if (bits === 8) return Float32Array.from(bytes, (byte) => (byte - 128) / 128);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2) / 32768);
}

/** Write samples in [-1, 1] as a mono 16-bit WAV file. */
export function writeWav(path, samples, sampleRateHz) {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRateHz, 24);
  bytes.writeUInt32LE(sampleRateHz * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) => {
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32768))), 44 + i * 2);
  });
  writeFileSync(path, bytes);
}
