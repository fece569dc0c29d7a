import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSine, sine } from '../../../test/support/sine-fit.js';
import { VoiceError } from '../errors.js';
import {
  convertSampleRate,
  createSampleRateConverter,
  type SampleRateConverterOptions,
} from './sample-rate-converter.js';

const ratios = [
  [24_000, 48_000],
  [16_000, 48_000],
  [48_000, 16_000],
  [22_050, 48_000],
  [24_000, 44_100],
  [44_100, 48_000],
] as const;
const qualities = ['high', 'low-latency'] as const satisfies SampleRateConverterOptions['quality'][];
const cases = qualities.flatMap((quality) => ratios.map(([fromHz, toHz]) => ({ quality, fromHz, toHz })));

/** Frequencies from 60 Hz to 0.9 of the lower Nyquist frequency, both included. */
function inBand(fromHz: number, toHz: number, count: number): number[] {
  const highest = 0.45 * Math.min(fromHz, toHz);
  return Array.from({ length: count }, (_, i) => 60 + ((highest - 60) * i) / (count - 1));
}

function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function inPieces(samples: Float32Array, sizes: readonly number[]): Float32Array[] {
  const pieces: Float32Array[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes[i % sizes.length] as number;
    pieces.push(samples.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof VoiceError ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was thrown';
}

describe('a sample-rate converter', () => {
  it.each(cases)(
    'keeps 100 dB on every in-band sine: $quality $fromHz > $toHz',
    ({ quality, fromHz, toHz }) => {
      for (const frequencyHz of inBand(fromHz, toHz, 25)) {
        const input = sine(frequencyHz, fromHz, Math.round(fromHz * 0.12), 0.89);
        const fit = fitSine(
          convertSampleRate(input, fromHz, toHz, { quality }),
          frequencyHz,
          toHz,
          Math.round(toHz * 0.01),
        );

        expect(fit.sinadDb, `${frequencyHz} Hz`).toBeGreaterThan(100);
      }
    },
  );

  it.each(cases)(
    'leaves level and instant of a sine alone: $quality $fromHz > $toHz',
    ({ quality, fromHz, toHz }) => {
      for (const frequencyHz of inBand(fromHz, toHz, 7)) {
        const input = sine(frequencyHz, fromHz, Math.round(fromHz * 0.12), 0.89);
        const fit = fitSine(
          convertSampleRate(input, fromHz, toHz, { quality }),
          frequencyHz,
          toHz,
          Math.round(toHz * 0.01),
        );

        expect(Math.abs(20 * Math.log10(fit.amplitude / 0.89))).toBeLessThan(1e-4);
        expect(Math.abs(fit.phase)).toBeLessThan(1e-6);
      }
    },
  );

  it.each([
    { quality: 'high', fromHz: 48_000, toHz: 16_000, edge: 1 },
    { quality: 'high', fromHz: 48_000, toHz: 44_100, edge: 1 },
    { quality: 'high', fromHz: 48_000, toHz: 24_000, edge: 1 },
    { quality: 'low-latency', fromHz: 48_000, toHz: 16_000, edge: 1.1 },
    { quality: 'low-latency', fromHz: 48_000, toHz: 24_000, edge: 1.1 },
  ] as const)(
    'keeps what does not fit the new rate 100 dB down: $quality $fromHz > $toHz',
    ({ quality, fromHz, toHz, edge }) => {
      const lowest = (edge * toHz) / 2;
      for (let i = 0; i < 40; i++) {
        const frequencyHz = lowest + ((fromHz / 2 - lowest) * i) / 40;
        const output = convertSampleRate(sine(frequencyHz, fromHz, fromHz * 0.12, 1, 0.3), fromHz, toHz, {
          quality,
        });
        const steady = output.subarray(Math.round(toHz * 0.01), -Math.round(toHz * 0.01));
        const power = steady.reduce((sum, sample) => sum + sample * sample, 0) / steady.length;

        expect(10 * Math.log10(2 * power), `${frequencyHz} Hz`).toBeLessThan(-100);
      }
    },
  );

  it('passes a constant exactly enough that no tone at the input rate is left in it', () => {
    const output = convertSampleRate(new Float32Array(4000).fill(0.5), 16_000, 48_000);

    expect(output.subarray(500, -500).every((sample) => Math.abs(sample - 0.5) < 1e-7)).toBe(true);
  });

  it('puts a click where it was', () => {
    const input = new Float32Array(2400);
    input[1200] = 1;

    const output = convertSampleRate(input, 24_000, 48_000);

    expect(output.indexOf(Math.max(...output))).toBe(2400);
  });

  it('gives the same bits however the stream is cut', () => {
    const arbitraryRatio = fc.constantFrom(
      ...ratios,
      [48_000, 44_100],
      [44_100, 16_000],
      [8000, 48_000],
      [192_000, 8000],
    );
    fc.assert(
      fc.property(
        arbitraryRatio,
        fc.constantFrom(...qualities),
        fc.integer({ min: 0, max: 11_000 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9000 })), {
          minLength: 1,
          maxLength: 20,
        }),
        ([fromHz, toHz], quality, count, sizes) => {
          const input = noise(count, count);
          const converter = createSampleRateConverter(fromHz, toHz, { quality });

          const streamed = concatenate([...inPieces(input, sizes).map(converter.push), converter.end()]);

          expect(streamed).toEqual(convertSampleRate(input, fromHz, toHz, { quality }));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('conserves duration: ceil(inputs * toHz / fromHz) outputs', () => {
    const rate = fc.integer({ min: 40, max: 960 }).map((n) => n * 100);
    fc.assert(
      fc.property(rate, rate, fc.integer({ min: 0, max: 3000 }), (fromHz, toHz, count) => {
        expect(convertSampleRate(noise(count, 1), fromHz, toHz)).toHaveLength(
          Math.ceil((count * toHz) / fromHz),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('stays behind by the latency it states, after every push, and never by more or less', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ratios),
        fc.constantFrom(...qualities),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 5, maxLength: 30 }),
        ([fromHz, toHz], quality, sizes) => {
          const converter = createSampleRateConverter(fromHz, toHz, { quality });
          let takenMs = 0;
          let givenMs = 0;
          for (const size of sizes) {
            givenMs += (converter.push(new Float32Array(size)).length * 1000) / toHz;
            takenMs += (size * 1000) / fromHz;
            const dueMs = Math.max(0, takenMs - converter.latencyMs);

            expect(givenMs).toBeGreaterThanOrEqual(dueMs - 1e-6);
            expect(givenMs).toBeLessThan(dueMs + 1000 / toHz + 1e-6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has half the latency in low-latency quality', () => {
    expect(createSampleRateConverter(24_000, 48_000).latencyMs).toBeCloseTo(3, 1);
    expect(createSampleRateConverter(16_000, 48_000).latencyMs).toBeCloseTo(4.5, 1);
    expect(createSampleRateConverter(24_000, 48_000, { quality: 'low-latency' }).latencyMs).toBeLessThan(1.7);
  });

  it('can be used again after end and after reset, as if it were new', () => {
    const converter = createSampleRateConverter(44_100, 48_000);
    const input = noise(3000, 5);
    const expected = convertSampleRate(input, 44_100, 48_000);

    converter.push(noise(1234, 6));
    converter.end();
    const afterEnd = concatenate([converter.push(input), converter.end()]);
    converter.push(noise(77, 7));
    converter.reset();
    const afterReset = concatenate([converter.push(input), converter.end()]);

    expect(afterEnd).toEqual(expected);
    expect(afterReset).toEqual(expected);
  });

  it('passes equal rates through to the bit, without latency, in fresh arrays', () => {
    const input = noise(100, 3);
    const converter = createSampleRateConverter(48_000, 48_000);

    const output = converter.push(input);

    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
    expect(converter.end()).toHaveLength(0);
    expect(converter.latencyMs).toBe(0);
  });

  it('never hands out an array it still writes to, and leaves its input alone', () => {
    const converter = createSampleRateConverter(16_000, 48_000);
    const input = noise(400, 8);
    const inputCopy = input.slice();

    const first = converter.push(input);
    const firstCopy = first.slice();
    converter.push(noise(4000, 9));
    converter.end();

    expect(first).toEqual(firstCopy);
    expect(input).toEqual(inputCopy);
  });

  it('lets a sample that is no number spoil no more than the reach of its filter', () => {
    const input = noise(2000, 4);
    input[700] = Number.NaN;

    const output = convertSampleRate(input, 24_000, 48_000);

    const spoilt = [...output.keys()].filter((n) => Number.isNaN(output[n]));
    expect(spoilt.length).toBeGreaterThan(0);
    expect(Math.min(...spoilt)).toBeGreaterThan(1400 - 160);
    expect(Math.max(...spoilt)).toBeLessThan(1400 + 160);
  });

  it('converts between the extremes of its range', () => {
    for (const [fromHz, toHz] of [
      [384_000, 4000],
      [4000, 384_000],
    ] as const) {
      const input = sine(440, fromHz, fromHz * 0.2, 0.5);
      const fit = fitSine(convertSampleRate(input, fromHz, toHz), 440, toHz, Math.round(toHz * 0.05));

      expect(fit.sinadDb).toBeGreaterThan(100);
    }
  });

  it.each([
    [3999, 48_000],
    [48_000, 384_001],
    [44_100.5, 48_000],
    [Number.NaN, 48_000],
    [0, 48_000],
  ])('refuses a rate it cannot work with: %d > %d', (fromHz, toHz) => {
    expect(codeOf(() => createSampleRateConverter(fromHz, toHz))).toMatch(
      /^OPTION_INVALID .*(fromHz|toHz) must be a whole number from 4000 to 384000 Hz/,
    );
  });

  it('refuses a pair of rates whose coefficients would exceed their bound, and says why', () => {
    expect(codeOf(() => createSampleRateConverter(44_100, 48_001))).toMatch(
      /^OPTION_INVALID .*44100 Hz to 48001 Hz needs \d+ coefficients, the limit is 1048576.*common factor.*choose/,
    );
  });

  it('works with a large but still bounded table', () => {
    const fit = fitSine(convertSampleRate(sine(997, 44_100, 6000, 0.89), 44_100, 47_999), 997, 47_999, 400);

    expect(fit.sinadDb).toBeGreaterThan(100);
  });

  it('accepts every pair of usual rates', () => {
    const usual = [
      8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000, 176_400,
      192_000, 352_800, 384_000,
    ];
    for (const fromHz of usual) {
      for (const toHz of usual) expect(createSampleRateConverter(fromHz, toHz).latencyMs).toBeLessThan(10);
    }
  });

  it('refuses an unknown quality', () => {
    const options = { quality: 'best' } as unknown as Partial<SampleRateConverterOptions>;

    expect(codeOf(() => createSampleRateConverter(24_000, 48_000, options))).toMatch(
      /^OPTION_INVALID .*quality must be one of "high", "low-latency", but is "best"/,
    );
  });
});
