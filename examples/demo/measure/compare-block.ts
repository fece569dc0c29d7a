/** One step of 16 bits. */
export const lsb = 1 / 32768;

/** How a short piece of a reply came out of the loudspeaker. */
export interface Compared {
  /** `equal`: sample by sample. `scaled`: the same at another gain. `quiet`: nothing to compare. */
  readonly kind: 'equal' | 'scaled' | 'quiet';
  /** Linear. 1 when quiet. */
  readonly gain: number;
}

/** What was sent against what was played; null when the one is not the other. */
export function compareBlock(x: Float32Array, y: Float32Array): Compared | null {
  let [peakX, peakY, worst] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const a = x[i] as number;
    const b = y[i] as number;
    peakX = Math.max(peakX, Math.abs(a));
    peakY = Math.max(peakY, Math.abs(b));
    worst = Math.max(worst, Math.abs(a - b));
  }
  if (peakX <= 16 * lsb) return peakY <= 18 * lsb ? { kind: 'quiet', gain: 1 } : null;
  if (worst <= 2.5 * lsb) return { kind: 'equal', gain: 1 };
  // A block that a ramp starts or ends in is two straight pieces: then each half fits better than the whole.
  const half = x.length >> 1;
  const gain =
    fitGain(x, y) ??
    mean(fitGain(x.subarray(0, half), y.subarray(0, half)), fitGain(x.subarray(half), y.subarray(half)));
  if (gain !== null) return { kind: 'scaled', gain };
  // Quantisation hides the likeness of what was ducked to a few steps: it counts as ducked, not as lost.
  return peakX <= 200 * lsb && peakY <= 40 * lsb && peakY > 0 ? { kind: 'quiet', gain: 1 } : null;
}

function mean(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : (a + b) / 2;
}

/** The mean gain that makes y of x, when one that changes evenly from 0..1 to 0..1 explains all but 2 %; else null. */
function fitGain(x: Float32Array, y: Float32Array): number | null {
  // Least squares of y = (start + slope * t) * x, with t from 0 to 1.
  let [s0, s1, s2, r0, r1, yy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const t = i / x.length;
    const a = x[i] as number;
    const b = y[i] as number;
    s0 += a * a;
    s1 += a * a * t;
    s2 += a * a * t * t;
    r0 += a * b;
    r1 += a * b * t;
    yy += b * b;
  }
  const determinant = s0 * s2 - s1 * s1;
  if (determinant <= s0 * s0 * 1e-6) return null;
  const start = (r0 * s2 - r1 * s1) / determinant;
  const end = start + (r1 * s0 - r0 * s1) / determinant;
  const residual = yy - start * r0 - (end - start) * r1;
  const inRange = (gain: number) => gain >= -0.1 && gain <= 1.1;
  const explained = residual <= 0.02 * yy + x.length * lsb * lsb;
  return explained && inRange(start) && inRange(end) && yy > 0 ? (start + end) / 2 : null;
}
