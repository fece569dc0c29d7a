import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSine, sine } from '../../../test/support/sine-fit.js';
import { createDriftConverter, type DriftConverter } from './drift-converter.js';

const ratios = [
  [48_000, 48_000],
  [16_000, 16_000],
  [44_100, 48_000],
  [48_000, 44_100],
  [16_000, 48_000],
  [48_000, 16_000],
] as const;
const cases = ratios.flatMap(([fromHz, toHz]) => [-1000, -37, 200].map((ppm) => ({ fromHz, toHz, ppm })));

function steered(fromHz: number, toHz: number, ppm: number): DriftConverter {
  const converter = createDriftConverter(fromHz, toHz);
  converter.setPpm(ppm);
  return converter;
}

function noise(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/**
 * Convert a tone in blocks of 10 ms with a ratio that the caller changes before each.
 *
 * @returns what came out, and what would have come out of a perfect converter: the tone at the very place of each output.
 */
function whileChanging(fromHz: number, toHz: number, frequencyHz: number, ppmOf: (block: number) => number) {
  const converter = createDriftConverter(fromHz, toHz);
  const block = fromHz / 100;
  const input = sine(frequencyHz, fromHz, 100 * block, 0.89);
  const step = (2 * Math.PI * frequencyHz) / fromHz;
  const output: number[] = [];
  const ideal: number[] = [];
  for (let n = 0; n < 100; n++) {
    converter.setPpm(ppmOf(n));
    const first = converter.nextInputPosition;
    const samples = converter.push(input.subarray(n * block, (n + 1) * block));
    for (const [i, sample] of samples.entries()) {
      output.push(sample);
      ideal.push(0.89 * Math.sin(step * (first + i * converter.inputsPerOutput)));
    }
  }
  return { output, ideal };
}

/** The strongest thing beside a tone, in dB below it, seen through a Blackman-Harris window (side lobes below -92 dB). */
function worstSpurDb(samples: readonly number[], frequencyHz: number, sampleRateHz: number): number {
  const size = 16_384;
  const skip = 2000;
  const seen = samples.slice(skip, skip + size).map((sample, n) => {
    const x = (2 * Math.PI * n) / size;
    return sample * (0.35875 - 0.48829 * Math.cos(x) + 0.14128 * Math.cos(2 * x) - 0.01168 * Math.cos(3 * x));
  });
  const spectrum = powerSpectrum(seen);
  const centre = Math.round((frequencyHz * size) / sampleRateHz);
  const near = spectrum.slice(centre - 8, centre + 9);
  const far = [...spectrum.slice(8, centre - 8), ...spectrum.slice(centre + 9)];
  return 10 * Math.log10(Math.max(...far) / Math.max(...near));
}

/** By the fast Fourier transform; the length is a power of 2. */
function powerSpectrum(samples: readonly number[]): number[] {
  const transform = (re: number[], im: number[]): [number[], number[]] => {
    const n = re.length;
    if (n === 1) return [re, im];
    const [evenRe, evenIm] = transform(
      re.filter((_, i) => i % 2 === 0),
      im.filter((_, i) => i % 2 === 0),
    );
    const [oddRe, oddIm] = transform(
      re.filter((_, i) => i % 2 === 1),
      im.filter((_, i) => i % 2 === 1),
    );
    for (let k = 0; k < n / 2; k++) {
      const c = Math.cos((-2 * Math.PI * k) / n);
      const s = Math.sin((-2 * Math.PI * k) / n);
      const [a, b] = [oddRe[k] as number, oddIm[k] as number];
      const [x, y] = [evenRe[k] as number, evenIm[k] as number];
      [re[k], im[k]] = [x + c * a - s * b, y + c * b + s * a];
      [re[k + n / 2], im[k + n / 2]] = [x - c * a + s * b, y - c * b - s * a];
    }
    return [re, im];
  };
  const [re, im] = transform(
    [...samples],
    samples.map(() => 0),
  );
  return re.slice(0, samples.length / 2).map((value, k) => value ** 2 + (im[k] as number) ** 2);
}

function errorDb(output: readonly number[], ideal: readonly number[], skip: number): number {
  let signal = 0;
  let error = 0;
  for (let n = skip; n < output.length; n++) {
    signal += (ideal[n] as number) ** 2;
    error += ((output[n] as number) - (ideal[n] as number)) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

describe('a drift converter', () => {
  it.each(cases)(
    'keeps 100 dB on every in-band sine: $fromHz > $toHz at $ppm ppm',
    ({ fromHz, toHz, ppm }) => {
      const highestHz = 0.45 * Math.min(fromHz, toHz);
      for (let i = 0; i < 15; i++) {
        const frequencyHz = 60 + ((highestHz - 60) * i) / 14;
        const output = steered(fromHz, toHz, ppm).push(
          sine(frequencyHz, fromHz, Math.round(fromHz * 0.12), 0.89),
        );
        const fit = fitSine(output, frequencyHz, toHz * (1 + ppm * 1e-6), Math.round(toHz * 0.02));

        expect(fit.sinadDb, `${frequencyHz} Hz`).toBeGreaterThan(100);
        expect(Math.abs(20 * Math.log10(fit.amplitude / 0.89)), 'level').toBeLessThan(1e-3);
        expect(Math.abs(fit.phase), 'instant').toBeLessThan(1e-5);
      }
    },
  );

  it.each([
    // The controller of a microphone changes by 0.5 ppm from one block to the next at most.
    { name: 'steadily', ppmOf: (block: number) => -25 + 0.5 * block },
    { name: 'to and fro', ppmOf: (block: number) => 200 + (block % 2) * 0.5 },
    {
      name: 'from one end to the other, a hundred times a second',
      ppmOf: (block: number) => (block % 2 ? 1000 : -1000),
    },
  ])('puts every output exactly where it says it is, while the ratio changes $name', ({ ppmOf }) => {
    for (const [fromHz, toHz] of ratios) {
      for (const share of [0.05, 0.4, 0.9]) {
        const { output, ideal } = whileChanging(fromHz, toHz, (share * Math.min(fromHz, toHz)) / 2, ppmOf);

        expect(errorDb(output, ideal, toHz / 50), `${fromHz} > ${toHz}`).toBeGreaterThan(100);
      }
    }
  });

  it('leaves nothing to hear beside a tone while a controller steers it', () => {
    for (const frequencyHz of [440, 6000, 20_000]) {
      const { output } = whileChanging(48_000, 48_000, frequencyHz, (block) => 100 + 0.5 * block);

      expect(worstSpurDb(output, frequencyHz, 48_000), `${frequencyHz} Hz`).toBeLessThan(-85);
    }
  });

  it('would be caught clicking: the measure sees a step of a hundredth of a sample', () => {
    const { output } = whileChanging(48_000, 48_000, 6000, () => 0.5);
    const clicking = output.map((sample, n) =>
      n < 10_000 ? sample : (output[n] as number) * 0.99 + 0.01 * (output[n - 1] as number),
    );

    expect(worstSpurDb(clicking, 6000, 48_000)).toBeGreaterThan(-85);
  });

  it('keeps what does not fit the new rate 95 dB down, from 1.1 times its Nyquist frequency', () => {
    for (let frequencyHz = 8800; frequencyHz < 24_000; frequencyHz += 700) {
      const output = steered(48_000, 16_000, 120)
        .push(sine(frequencyHz, 48_000, 9600))
        .subarray(320, -320);
      const power = output.reduce((sum, sample) => sum + sample * sample, 0) / output.length;

      expect(10 * Math.log10(2 * power), `${frequencyHz} Hz`).toBeLessThan(-95);
    }
  });

  it('makes as many more outputs as it is told', () => {
    const converter = steered(48_000, 48_000, 200);
    let outputs = 0;
    for (let n = 0; n < 2000; n++) outputs += converter.push(new Float32Array(480)).length;

    expect(outputs).toBeGreaterThanOrEqual(Math.floor(960_000 * 1.0002) - 40);
    expect(outputs).toBeLessThanOrEqual(Math.ceil(960_000 * 1.0002));
    expect(converter.nextInputPosition).toBeCloseTo(outputs / 1.0002, 6);
  });

  it('passes equal rates through to the bit and at once, in arrays of their own, until it is steered', () => {
    const converter = createDriftConverter(48_000, 48_000);
    const input = noise(5000);
    converter.setPpm(0);

    const output = converter.push(input);

    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
    expect(converter.nextInputPosition).toBe(5000);
  });

  it('begins to convert without a click and without losing its place', () => {
    const input = sine(997, 48_000, 9600, 0.5);
    const converter = createDriftConverter(48_000, 48_000);
    const passed = converter.push(input.subarray(0, 4777));
    converter.setPpm(0.5);
    const output = join([passed, converter.push(input.subarray(4777))]);

    expect(fitSine(output, 997, 48_000, 1000).sinadDb).toBeGreaterThan(75);
    for (let n = 4700; n < 5000; n++) expect(output[n]).toBeCloseTo(input[n] as number, 4);
  });

  it('gives the same however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ratios),
        fc.constantFrom(-1000, 0.1, 333),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9000 })), {
          minLength: 1,
          maxLength: 12,
        }),
        ([fromHz, toHz], ppm, sizes) => {
          const input = noise(sizes.reduce((sum, size) => sum + size, 0));
          const whole = steered(fromHz, toHz, ppm).push(input);
          const converter = steered(fromHz, toHz, ppm);
          let at = 0;
          const cut = join(
            sizes.map((size) => {
              at += size;
              return converter.push(input.subarray(at - size, at));
            }),
          );

          expect(Math.abs(cut.length - whole.length)).toBeLessThanOrEqual(1);
          const shared = Math.min(cut.length, whole.length);
          for (let n = 0; n < shared; n++) {
            if (Math.abs((cut[n] as number) - (whole[n] as number)) > 1e-6) expect(cut[n]).toBe(whole[n]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('never hands out an array it still writes to, and leaves its input alone', () => {
    const converter = steered(44_100, 48_000, 10);
    const input = noise(3000);
    const inputCopy = input.slice();
    const first = converter.push(input);
    const firstCopy = first.slice();
    converter.push(noise(9000));

    expect(first).toEqual(firstCopy);
    expect(input).toEqual(inputCopy);
  });

  it('lets a sample that is no number spoil no more than the reach of its filter', () => {
    const input = noise(4000);
    input[2000] = Number.NaN;
    const output = steered(48_000, 48_000, 50).push(input);
    const spoilt = [...output.keys()].filter((n) => Number.isNaN(output[n]));

    expect(spoilt.length).toBeGreaterThan(0);
    expect(Math.min(...spoilt)).toBeGreaterThan(1950);
    expect(Math.max(...spoilt)).toBeLessThan(2050);
  });

  it('converts between the extremes of its range', () => {
    for (const [fromHz, toHz] of [
      [384_000, 4000],
      [4000, 384_000],
    ] as const) {
      const output = steered(fromHz, toHz, 100).push(sine(440, fromHz, fromHz * 0.2, 0.5));

      expect(fitSine(output, 440, toHz * 1.0001, Math.round(toHz * 0.05)).sinadDb).toBeGreaterThan(100);
    }
  });

  it('refuses what it cannot work with', () => {
    expect(() => createDriftConverter(3999, 48_000)).toThrow(
      /fromHz must be a whole number from 4000 to 384000 Hz/,
    );
    expect(() => createDriftConverter(48_000, 44_100.5)).toThrow(/toHz must be a whole number/);
    const converter = createDriftConverter(48_000, 48_000);
    for (const ppm of [1000.5, -1001, Number.NaN]) {
      expect(() => converter.setPpm(ppm)).toThrow(
        /ppm must be a number from -1000 to 1000 parts per million/,
      );
    }
  });
});
