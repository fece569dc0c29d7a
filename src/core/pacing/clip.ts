/** Bring samples into [-1, 1], as a device does; NaN becomes 0. */
export function clipInPlace(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i] as number;
    if (sample >= -1 && sample <= 1) continue;
    samples[i] = sample > 1 ? 1 : sample < -1 ? -1 : 0;
  }
}
