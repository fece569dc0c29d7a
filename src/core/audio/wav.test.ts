import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioFormatError } from '../errors.js';
import { encodePcm, pcmEncodings } from './pcm.js';
import { readWav, wavHeader, writeWav } from './wav.js';

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
const short = (value: number): number[] => [value & 255, value >> 8];
const long = (value: number): number[] => [...short(value & 0xffff), ...short(value >>> 16)];

/** A chunk, padded to an even length; `size` may lie. */
function chunk(id: string, body: readonly number[], size = body.length): number[] {
  return [...ascii(id), ...long(size), ...body, ...(body.length % 2 ? [0] : [])];
}

function riff(...chunks: readonly number[][]): Uint8Array {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...long(body.length), ...body]);
}

function fmt(
  tag: number,
  channels: number,
  rate: number,
  bits: number,
  blockBytes = (channels * bits) / 8,
): number[] {
  return chunk('fmt ', [
    ...short(tag),
    ...short(channels),
    ...long(rate),
    ...long(rate * blockBytes),
    ...short(blockBytes),
    ...short(bits),
  ]);
}

function extensible(
  tag: number,
  channels: number,
  rate: number,
  bits: number,
  validBits: number,
  tail = 0x71,
): number[] {
  const plain = fmt(0xfffe, channels, rate, bits).slice(8);
  const subtype = [...short(tag), 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, tail];
  return chunk('fmt ', [...plain, ...short(22), ...short(validBits), ...long(0), ...subtype]);
}

const mono16 = fmt(1, 1, 16_000, 16);
const half = [0x00, 0x40];

describe('reading a WAV file', () => {
  it.each([
    [fmt(1, 1, 8000, 8), 'u8', [0, 192], [-1, 0.5]],
    [fmt(1, 1, 8000, 16), 's16', [0, 0x80, 0, 0x40], [-1, 0.5]],
    [fmt(1, 1, 8000, 24), 's24', [0, 0, 0x80, 0, 0, 0x40, 0xff, 0xff, 0xff], [-1, 0.5, -1 / 8_388_608]],
    [fmt(1, 1, 8000, 32), 's32', [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]],
    [fmt(3, 1, 8000, 32), 'f32', [0, 0, 0, 0xbf, 0, 0, 0x80, 0x3f], [-0.5, 1]],
    [fmt(3, 1, 8000, 64), 'f64', [0, 0, 0, 0, 0, 0, 0xe0, 0xbf], [-0.5]],
    [extensible(1, 1, 8000, 16, 16), 's16', [0, 0x40], [0.5]],
    [extensible(1, 1, 8000, 32, 24), 's32', [0, 0, 0, 0x40], [0.5]],
    [extensible(3, 1, 8000, 32, 32), 'f32', [0, 0, 0x80, 0x3f], [1]],
  ] as const)('understands layout %#: %s %s', (layout, encoding, data, samples) => {
    const wav = readWav(riff([...layout], chunk('data', data)));

    expect(wav).toMatchObject({ format: { sampleRateHz: 8000, channels: 1 }, encoding, warnings: [] });
    expect([...wav.samples]).toEqual(samples);
  });

  it('skips chunks it does not know, padded ones too, wherever they are', () => {
    const wav = readWav(
      riff(
        chunk('JUNK', [1, 2, 3]),
        mono16,
        chunk('LIST', [...ascii('INFOx')]),
        chunk('data', half),
        chunk('id3 ', [1]),
      ),
    );

    expect([...wav.samples]).toEqual([0.5]);
    expect(wav.warnings).toEqual([]);
  });

  it('reads from a view on a larger buffer', () => {
    const file = riff(mono16, chunk('data', half));
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);

    expect([...readWav(larger.subarray(3, 3 + file.length)).samples]).toEqual([0.5]);
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff, 6])(
    'mends a data length of %d that a streaming writer left',
    (size) => {
      const wav = readWav(riff(mono16, chunk('data', [...half, 0, 0], size)));

      expect([...wav.samples]).toEqual([0.5, 0]);
      expect(wav.warnings).toEqual([expect.stringContaining(`says it has ${size} bytes but 4 follow`)]);
    },
  );

  it('mends a file length that a streaming writer left', () => {
    for (const size of [0, 0xffff_ffff]) {
      const file = riff(mono16, chunk('data', half));
      new DataView(file.buffer).setUint32(4, size, true);
      const wav = readWav(file);

      expect([...wav.samples]).toEqual([0.5]);
      expect(wav.warnings).toEqual([expect.stringMatching(/^the file says it has \d+ bytes but has 46/)]);
    }
  });

  it('believes a data length of 0 when only other chunks follow', () => {
    const wav = readWav(riff(mono16, chunk('data', []), chunk('LIST', ascii('INFO'))));

    expect(wav.samples).toHaveLength(0);
    expect(wav.warnings).toEqual([]);
  });

  it('reads an empty recording', () => {
    expect(readWav(riff(mono16, chunk('data', [])))).toMatchObject({
      samples: new Float32Array(0),
      warnings: [],
    });
  });

  it('leaves out a sample frame that the file ends in, and says so', () => {
    const wav = readWav(riff(fmt(1, 2, 16_000, 16), chunk('data', [...half, ...half, ...half])));

    expect([...wav.samples]).toEqual([0.5, 0.5]);
    expect(wav.warnings).toEqual([expect.stringContaining('last 2 bytes were left out')]);
  });

  it('leaves out a second data chunk, and says so', () => {
    const wav = readWav(riff(mono16, chunk('data', half), chunk('data', [0, 0])));

    expect([...wav.samples]).toEqual([0.5]);
    expect(wav.warnings).toEqual([expect.stringContaining('second data chunk')]);
  });

  it('takes samples that are no finite number as 0, and says how many', () => {
    const data = [...new Uint8Array(Float32Array.from([Number.NaN, 1]).buffer)];
    const wav = readWav(riff(fmt(3, 1, 16_000, 32), chunk('data', data)));

    expect([...wav.samples]).toEqual([0, 1]);
    expect(wav.warnings).toEqual([expect.stringContaining('1 samples were not finite')]);
  });

  it('reads RF64, whose length is elsewhere', () => {
    const ds64 = chunk('ds64', [
      ...long(100),
      ...long(0),
      ...long(2),
      ...long(0),
      ...long(1),
      ...long(0),
      ...long(0),
    ]);
    const file = riff(ds64, mono16, chunk('data', half, 0xffff_ffff), chunk('LIST', ascii('INFO')));
    file.set(ascii('RF64'));

    expect([...readWav(file).samples]).toEqual([0.5]);
    expect(readWav(file).warnings).toEqual([]);
  });

  it.each([
    [
      'an MP3 file',
      Uint8Array.from([...ascii('ID3'), 4, 0, 0, 0, 0, 0, 0]),
      /expected a WAV file but got an MP3 file; give a WAV file, or convert/,
    ],
    [
      'an Ogg file',
      Uint8Array.from([...ascii('OggS'), 0, 2]),
      /but got an Ogg file \(Vorbis or Opus\); give a WAV file, or convert/,
    ],
    ['a FLAC file', Uint8Array.from(ascii('fLaC')), /but got a FLAC file; give a WAV file, or convert/],
    ['nothing', new Uint8Array(0), /but got no bytes at all/],
    ['text', Uint8Array.from(ascii('{"error":"not found"}')), /but got text that begins "\{\\"error/],
    ['another RIFF file', Uint8Array.from(ascii('RIFF0000AVI LIST')), /but got a RIFF file of type "AVI "/],
    [
      'raw samples',
      Uint8Array.from([1, 0, 3, 0, 255, 255]),
      /but got bytes that begin 01 00 03 00 ff ff, which may be raw PCM/,
    ],
    ['no fmt chunk', riff(chunk('data', half)), /no fmt chunk.*; write it anew/],
    [
      'a short fmt chunk',
      riff(chunk('fmt ', [1, 0, 1, 0]), chunk('data', half)),
      /fmt chunk .* 4 bytes instead of 16/,
    ],
    ['no data chunk', riff(mono16), /no data chunk/],
    ['no channels', riff(fmt(1, 0, 16_000, 16), chunk('data', half)), /0 channels; give one with 1 to 32/],
    ['too many channels', riff(fmt(1, 33, 16_000, 16), chunk('data', half)), /33 channels/],
    [
      'an absurd rate',
      riff(fmt(1, 1, 4_000_000, 16), chunk('data', half)),
      /4000000 Hz; give one with a sample rate from/,
    ],
    ['a rate of 0', riff(fmt(1, 1, 0, 16), chunk('data', half)), /0 Hz/],
    [
      'mu-law',
      riff(fmt(7, 1, 8000, 8), chunk('data', half)),
      /mu-law audio \(format tag 7\), not PCM; convert/,
    ],
    ['MP3 inside', riff(fmt(85, 1, 8000, 0), chunk('data', half)), /MP3 audio \(format tag 85\)/],
    ['an odd width', riff(fmt(1, 1, 8000, 12, 2), chunk('data', half)), /12-bit integer samples; convert/],
    ['half floats', riff(fmt(3, 1, 8000, 16), chunk('data', half)), /16-bit floating-point samples/],
    [
      'padded samples',
      riff(fmt(1, 1, 8000, 24, 4), chunk('data', [0, 0, 0, 0])),
      /4 bytes a sample frame, but .* are 3/,
    ],
    ['a private format', riff(extensible(1, 1, 8000, 16, 16, 0x72), chunk('data', half)), /private format/],
    ['a short extension', riff(fmt(0xfffe, 1, 8000, 16), chunk('data', half)), /cut short/],
  ])('refuses %s and says what it is', (_, bytes, message) => {
    expect(() => readWav(bytes)).toThrow(AudioFormatError);
    expect(() => readWav(bytes)).toThrow(/^\[AUDIO_FORMAT_UNSUPPORTED\] /);
    expect(() => readWav(bytes)).toThrow(message);
  });

  it('gives audio or its own error for any bytes, and never anything else', () => {
    const good = riff(chunk('JUNK', [1, 2, 3]), mono16, chunk('data', [...half, ...half]));
    const spoilt = fc
      .tuple(fc.nat(good.length), fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }))
      .map(([length, changes]) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    fc.assert(
      fc.property(spoilt, (bytes) => {
        try {
          const { format, samples } = readWav(bytes);
          expect(samples.length % format.channels).toBe(0);
          expect(samples.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(AudioFormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('writing a WAV file', () => {
  it('writes the 44 bytes everyone knows before 16-bit samples', () => {
    const file = writeWav({ sampleRateHz: 48_000, channels: 2 }, Float32Array.from([0.5, -1]));

    expect([...file]).toEqual([
      ...[...ascii('RIFF'), ...long(40), ...ascii('WAVEfmt '), ...long(16), ...short(1), ...short(2)],
      ...[
        ...long(48_000),
        ...long(192_000),
        ...short(4),
        ...short(16),
        ...ascii('data'),
        ...long(4),
        0x00,
        0x40,
        0x00,
        0x80,
      ],
    ]);
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...pcmEncodings),
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 4000, max: 384_000 }),
        fc.integer({ min: 0, max: 40 }),
        (encoding, channels, sampleRateHz, frames) => {
          const format = { sampleRateHz, channels };
          const samples = Float32Array.from(
            { length: frames * channels },
            (_, i) => ((i * 37) % 256) / 128 - 1,
          );

          const wav = readWav(writeWav(format, samples, encoding));

          expect(wav).toEqual({ format, encoding, samples, warnings: [] });
        },
      ),
    );
  });

  it('pads an odd number of bytes', () => {
    const file = writeWav({ sampleRateHz: 8000, channels: 1 }, new Float32Array(3), 'u8');

    expect(file).toHaveLength(44 + 3 + 1);
    expect(new DataView(file.buffer).getUint32(4, true)).toBe(file.length - 8);
    expect(readWav(file).samples).toHaveLength(3);
  });

  it('lets a streaming writer put the size in afterwards, because the header has the same length', () => {
    const format = { sampleRateHz: 16_000, channels: 1 };
    const samples = Float32Array.from([0.25, -0.5]);
    for (const encoding of pcmEncodings) {
      const data = encodePcm(samples, encoding);
      const before = wavHeader(format, encoding, 0);
      const after = wavHeader(format, encoding, data.length);

      expect(after).toHaveLength(before.length);
      expect(readWav(Uint8Array.from([...before, ...data])).samples).toEqual(samples);
      expect(readWav(Uint8Array.from([...after, ...data]))).toMatchObject({ samples, warnings: [] });
    }
  });

  it.each([
    [
      () => writeWav({ sampleRateHz: 16_000, channels: 0 }, new Float32Array(2)),
      /channels must be a whole number from 1 to 32/,
    ],
    [
      () => writeWav({ sampleRateHz: 0, channels: 1 }, new Float32Array(2)),
      /sampleRateHz must be a whole number from 4000/,
    ],
    [
      () => writeWav({ sampleRateHz: 16_000, channels: 2 }, new Float32Array(3)),
      /3 samples are no whole number of sample frames/,
    ],
    [
      () => wavHeader({ sampleRateHz: 16_000, channels: 1 }, 's16', 2 ** 32),
      /dataBytes must be .*, but is 4294967296; split/,
    ],
    [() => wavHeader({ sampleRateHz: 16_000, channels: 1 }, 's16', -2), /dataBytes must be .*, but is -2/],
  ])('refuses what WAV cannot hold: %s', (action, message) => {
    expect(action).toThrow(/^\[OPTION_INVALID\] /);
    expect(action).toThrow(message);
  });
});
