import { describe, expect, it } from 'vitest';
import { beginsWithMp3Frames, mp3DecisionBytes } from './mp3-frames.js';

/** Frames of one stream, their bodies filled with something. */
function mp3(header: readonly number[], frameBytes: number, frames = 3): Uint8Array {
  const bytes = new Uint8Array(frameBytes * frames).fill(0x55);
  for (let k = 0; k < frames; k++) bytes.set(header, k * frameBytes);
  return bytes;
}

describe('beginsWithMp3Frames', () => {
  it.each([
    ['MPEG-1, 128 kbit/s, 44.1 kHz', [0xff, 0xfb, 0x90, 0x00], 417],
    ['MPEG-1, 128 kbit/s, 44.1 kHz, padded', [0xff, 0xfb, 0x92, 0x00], 418],
    ['MPEG-1, 320 kbit/s, 32 kHz, the longest', [0xff, 0xfb, 0xe8, 0x00], 1440],
    ['MPEG-1, with checksum', [0xff, 0xfa, 0x90, 0x00], 417],
    ['MPEG-2, 48 kbit/s, 24 kHz, as speech services send', [0xff, 0xf3, 0x64, 0xc4], 144],
    ['MPEG-2.5, 16 kbit/s, 8 kHz', [0xff, 0xe3, 0x28, 0xc0], 144],
  ])('knows %s', (_what, header, frameBytes) => {
    expect(beginsWithMp3Frames(mp3(header, frameBytes))).toBe(true);
  });

  it('can decide on as many bytes as it says', () => {
    const longest = mp3([0xff, 0xfb, 0xea, 0x00], 1441).subarray(0, mp3DecisionBytes);

    expect(beginsWithMp3Frames(longest)).toBe(true);
  });

  it.each([
    ['one header alone', mp3([0xff, 0xfb, 0x90, 0x00], 417, 1)],
    [
      'a second header of another sample rate',
      Uint8Array.from([...mp3([0xff, 0xf3, 0x64, 0], 144, 1), 0xff, 0xf3, 0x60, 0]),
    ],
    [
      'a second header of another layer',
      Uint8Array.from([...mp3([0xff, 0xf3, 0x64, 0], 144, 1), 0xff, 0xf5, 0x64, 0]),
    ],
    [
      'quiet noise that begins with -1',
      new Uint8Array(Int16Array.from({ length: 2000 }, (_, i) => (i === 0 ? -1 : (i * 37) % 41)).buffer),
    ],
    ['nothing', new Uint8Array(0)],
    ['one byte', Uint8Array.from([0xff])],
  ])('does not take %s for MP3', (_what, bytes) => {
    expect(beginsWithMp3Frames(bytes)).toBe(false);
  });
});
