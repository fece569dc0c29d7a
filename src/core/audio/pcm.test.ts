import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioFormatError, OptionError } from '../errors.js';
import {
  bytesPerSample,
  createPcmDecoder,
  decodePcm,
  encodePcm,
  type PcmEncoding,
  pcmEncodings,
} from './pcm.js';

/** The same bytes at an address that no larger number is aligned to. */
function atOddAddress(bytes: Uint8Array): Uint8Array {
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  return shifted;
}

const encoding = fc.constantFrom(...pcmEncodings);
const samples = fc.float32Array({ min: -1, max: 1, noNaN: true, maxLength: 200 });

describe('PCM', () => {
  it('decodes s16 and encodes it again to the same bytes, for every step there is', () => {
    const bytes = new Uint8Array(65_536 * 2);
    const view = new DataView(bytes.buffer);
    for (let step = -32_768; step <= 32_767; step++) view.setInt16((step + 32_768) * 2, step, true);

    expect(encodePcm(decodePcm(bytes, 's16'), 's16')).toEqual(bytes);
    expect(encodePcm(decodePcm(atOddAddress(bytes), 's16'), 's16')).toEqual(bytes);
  });

  it('decodes u8 and encodes it again to the same bytes, for every step there is', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, step) => step);

    expect(encodePcm(decodePcm(bytes, 'u8'), 'u8')).toEqual(bytes);
  });

  it.each([
    ['s16', [0x00, 0x80, 0x00, 0x40, 0xff, 0xff, 0xff, 0x7f], [-1, 0.5, -1 / 32768, 32767 / 32768]],
    ['s32', [0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x40], [-1, 0.5]],
    ['u8', [0, 64, 128, 192], [-1, -0.5, 0, 0.5]],
    ['f32', [0x00, 0x00, 0x00, 0xbf, 0x00, 0x00, 0x80, 0x3f], [-0.5, 1]],
    ['f64', [0, 0, 0, 0, 0, 0, 0xe0, 0xbf], [-0.5]],
  ] as const)('is little-endian and has its scale: %s', (name, bytes, expected) => {
    expect([...decodePcm(Uint8Array.from(bytes), name)]).toEqual(expected);
    expect([...encodePcm(Float32Array.from(expected), name)]).toEqual(bytes);
  });

  it('clips integers at full scale', () => {
    const loud = Float32Array.from([1, 1.5, 40_000, -1, -1.5, -40_000]);

    for (const [name, highest] of [
      ['s16', 32_767 / 32_768],
      ['s32', 1],
      ['u8', 127 / 128],
    ] as const) {
      expect([...decodePcm(encodePcm(loud, name), name)]).toEqual([highest, highest, highest, -1, -1, -1]);
    }
  });

  it('keeps floating point as it is, also beyond full scale', () => {
    const loud = Float32Array.from([1.5, -3, 1e-40, 0.1]);

    expect(decodePcm(encodePcm(loud, 'f32'), 'f32')).toEqual(loud);
    expect(decodePcm(encodePcm(loud, 'f64'), 'f64')).toEqual(loud);
  });

  it('goes out and back within half a step of the encoding', () => {
    const halfSteps: Record<PcmEncoding, number> = {
      s16: 2 ** -16,
      s32: 2 ** -25,
      f32: 0,
      f64: 0,
      u8: 2 ** -8,
    };
    fc.assert(
      fc.property(encoding, samples, (name, given) => {
        const back = decodePcm(atOddAddress(encodePcm(given, name)), name);

        expect(back).toHaveLength(given.length);
        given.forEach((sample, i) => {
          // The highest step of an integer is one step short of full scale.
          const tolerance = sample > 0.99 ? halfSteps[name] * 2 : halfSteps[name];
          expect(Math.abs((back[i] as number) - sample)).toBeLessThanOrEqual(tolerance);
        });
      }),
    );
  });

  it('takes what is no finite number as 0 in both directions', () => {
    const broken = Float32Array.from([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    for (const name of pcmEncodings) expect([...decodePcm(encodePcm(broken, name), name)]).toEqual([0, 0, 0]);

    expect([...decodePcm(new Uint8Array(broken.buffer), 'f32')]).toEqual([0, 0, 0]);
    expect([...decodePcm(new Uint8Array(Float64Array.from([Number.NaN, 1e300, 0.5]).buffer), 'f64')]).toEqual(
      [0, 0, 0.5],
    );
  });

  it('refuses bytes that end inside a sample', () => {
    expect(() => decodePcm(new Uint8Array(5), 's16')).toThrow(AudioFormatError);
    expect(() => decodePcm(new Uint8Array(5), 's16')).toThrow(
      /\[AUDIO_FORMAT_UNSUPPORTED\] 5 bytes end inside a sample, s16 has 2 bytes a sample; .*createPcmDecoder/,
    );
  });

  it('refuses an encoding it does not know', () => {
    const unknown = 's24' as PcmEncoding;
    for (const action of [
      () => decodePcm(new Uint8Array(6), unknown),
      () => encodePcm(new Float32Array(2), unknown),
      () => createPcmDecoder(unknown),
      () => bytesPerSample(unknown),
    ]) {
      expect(action).toThrow(OptionError);
      expect(action).toThrow(/encoding must be one of "s16", "s32", "f32", "f64", "u8", but is "s24"/);
    }
  });
});

describe('a PCM decoder', () => {
  it('gives the same samples wherever the stream is cut, whatever addresses the pieces have', () => {
    fc.assert(
      fc.property(
        encoding,
        fc.uint8Array({ maxLength: 300 }),
        fc
          .array(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 8 })
          .filter((sizes) => sizes.some(Boolean)),
        (name, bytes, sizes) => {
          const decoder = createPcmDecoder(name);
          const decoded: number[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] as number;
            decoded.push(...decoder.push(bytes.subarray(at, at + size)));
            at += size;
          }
          const extra = bytes.length % bytesPerSample(name);
          const whole = decodePcm(bytes.subarray(0, bytes.length - extra), name);

          expect(Float32Array.from(decoded)).toEqual(whole);
          expect(decoder.end()).toEqual({ leftoverBytes: extra });
        },
      ),
    );
  });

  it('is ready for another stream after the end of one', () => {
    const decoder = createPcmDecoder('s16');
    decoder.push(Uint8Array.from([1, 2, 3]));

    expect(decoder.end()).toEqual({ leftoverBytes: 1 });
    expect([...decoder.push(Uint8Array.from([0x00, 0x40]))]).toEqual([0.5]);
    expect(decoder.end()).toEqual({ leftoverBytes: 0 });
  });

  it('does not keep the bytes it is given', () => {
    const decoder = createPcmDecoder('s16');
    const piece = Uint8Array.from([0, 0, 0]);
    decoder.push(piece);
    piece.fill(0xff);

    expect([...decoder.push(Uint8Array.from([0x40]))]).toEqual([0.5]);
  });

  it('counts the samples that were no finite number, also when a cut goes through one', () => {
    const decoder = createPcmDecoder('f32');
    const bytes = new Uint8Array(Float32Array.from([Number.NaN, 0.5, Number.POSITIVE_INFINITY]).buffer);

    expect([...decoder.push(bytes.subarray(0, 3)), ...decoder.push(bytes.subarray(3))]).toEqual([0, 0.5, 0]);
    expect(decoder.replacedSamples).toBe(2);
  });
});
