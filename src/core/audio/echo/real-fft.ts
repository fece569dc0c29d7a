import { planStages, radix2, radix4, radix5 } from './fourier-stages.js';

/** The discrete Fourier transform of real signals of one length. */
export interface RealFft {
  /** Samples of one block. */
  readonly size: number;
  /** Frequencies of one spectrum, from zero to the Nyquist frequency, both included: `size / 2 + 1`. */
  readonly bins: number;
  /** Write the spectrum of `signal` (`size` samples) into `real` and `imaginary` (`bins` numbers each). */
  forward(signal: Float64Array, real: Float64Array, imaginary: Float64Array): void;
  /**
   * Write the signal with this spectrum into `signal`; the exact inverse of `forward`.
   *
   * The imaginary parts of the first and the last number count as zero, as they are for every real signal.
   */
  inverse(real: Float64Array, imaginary: Float64Array, signal: Float64Array): void;
}

/**
 * Prepare the transform of blocks of `size` samples.
 *
 * @remarks
 * A complex transform of half the length (Stockham's self-sorting form, radices 4, 2 and 5) with the usual split into even
 * and odd samples. Mixed radices, because 10 ms at 16 kHz are 160 samples and not a power of two. Nothing is allocated after
 * construction, and one instance serves one caller at a time.
 * @param size - an even number whose half has no prime factors but 2 and 5.
 */
export function createRealFft(size: number): RealFft {
  const half = size / 2;
  const stages = planStages(half);
  // Two buffers that the stages write in turns; the result lies in the first after an even number of stages.
  let fromReal = new Float64Array(half);
  let fromImaginary = new Float64Array(half);
  let toReal = new Float64Array(half);
  let toImaginary = new Float64Array(half);
  const splitReal = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const splitImaginary = Float64Array.from(
    { length: half + 1 },
    (_, k) => -Math.sin((2 * Math.PI * k) / size),
  );

  const transform = (): void => {
    for (const stage of stages) {
      if (stage.radix === 4) radix4(stage, fromReal, fromImaginary, toReal, toImaginary);
      else if (stage.radix === 2) radix2(stage, fromReal, fromImaginary, toReal, toImaginary);
      else radix5(stage, fromReal, fromImaginary, toReal, toImaginary);
      const real = fromReal;
      const imaginary = fromImaginary;
      fromReal = toReal;
      fromImaginary = toImaginary;
      toReal = real;
      toImaginary = imaginary;
    }
  };

  return {
    size,
    bins: half + 1,
    forward(signal, real, imaginary) {
      // Constants, here and below: a loop reads a variable of the closure anew each time.
      const evenSamples = fromReal;
      const oddSamples = fromImaginary;
      for (let n = 0; n < half; n++) {
        evenSamples[n] = signal[2 * n] as number;
        oddSamples[n] = signal[2 * n + 1] as number;
      }
      transform();
      const bothReal = fromReal;
      const bothImaginary = fromImaginary;
      const mean = bothReal[0] as number;
      const alternating = bothImaginary[0] as number;
      real[0] = mean + alternating;
      imaginary[0] = 0;
      real[half] = mean - alternating;
      imaginary[half] = 0;
      for (let k = 1; k < half; k++) {
        const a = bothReal[k] as number;
        const b = bothImaginary[k] as number;
        const c = bothReal[half - k] as number;
        const d = -(bothImaginary[half - k] as number);
        const oddReal = (b - d) / 2;
        const oddImaginary = (c - a) / 2;
        const wr = splitReal[k] as number;
        const wi = splitImaginary[k] as number;
        real[k] = (a + c) / 2 + wr * oddReal - wi * oddImaginary;
        imaginary[k] = (b + d) / 2 + wr * oddImaginary + wi * oddReal;
      }
    },
    inverse(real, imaginary, signal) {
      // Real and imaginary parts change places, which turns the forward transform into the inverse one.
      const bothReal = fromReal;
      const bothImaginary = fromImaginary;
      const first = real[0] as number;
      const last = real[half] as number;
      bothImaginary[0] = (first + last) / 2;
      bothReal[0] = (first - last) / 2;
      for (let k = 1; k < half; k++) {
        const a = real[k] as number;
        const b = imaginary[k] as number;
        const c = real[half - k] as number;
        const d = -(imaginary[half - k] as number);
        const wr = splitReal[k] as number;
        const wi = -(splitImaginary[k] as number);
        const differenceReal = (a - c) / 2;
        const differenceImaginary = (b - d) / 2;
        const oddReal = wr * differenceReal - wi * differenceImaginary;
        const oddImaginary = wr * differenceImaginary + wi * differenceReal;
        bothImaginary[k] = (a + c) / 2 - oddImaginary;
        bothReal[k] = (b + d) / 2 + oddReal;
      }
      transform();
      const oddSamples = fromReal;
      const evenSamples = fromImaginary;
      for (let n = 0; n < half; n++) {
        signal[2 * n] = (evenSamples[n] as number) / half;
        signal[2 * n + 1] = (oddSamples[n] as number) / half;
      }
    },
  };
}
