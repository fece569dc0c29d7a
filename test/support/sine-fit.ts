/** A sine, sampled. */
export function sine(
  frequencyHz: number,
  sampleRateHz: number,
  count: number,
  amplitude = 1,
  phase = 0,
): Float32Array {
  const samples = new Float32Array(count);
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  for (let n = 0; n < count; n++) samples[n] = amplitude * Math.sin(step * n + phase);
  return samples;
}

/** The sine of a known frequency that fits samples best in the least-squares sense, and what is left beside it. */
export interface SineFit {
  readonly amplitude: number;
  /** Relative to a sine that is 0 at sample 0. Units: radians. */
  readonly phase: number;
  /** Power of the fitted sine over the power of all the rest: signal to noise and distortion. */
  readonly sinadDb: number;
}

/** Fit a sine, leaving out `skip` samples at both ends. */
export function fitSine(samples: Float32Array, frequencyHz: number, sampleRateHz: number, skip = 0): SineFit {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  let ss = 0;
  let cc = 0;
  let sc = 0;
  let ys = 0;
  let yc = 0;
  for (let n = skip; n < samples.length - skip; n++) {
    const s = Math.sin(step * n);
    const c = Math.cos(step * n);
    const y = samples[n] as number;
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += y * s;
    yc += y * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  let signal = 0;
  let rest = 0;
  for (let n = skip; n < samples.length - skip; n++) {
    const fitted = a * Math.sin(step * n) + b * Math.cos(step * n);
    signal += fitted * fitted;
    rest += ((samples[n] as number) - fitted) ** 2;
  }
  return { amplitude: Math.hypot(a, b), phase: Math.atan2(b, a), sinadDb: 10 * Math.log10(signal / rest) };
}
