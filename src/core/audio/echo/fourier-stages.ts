/** One pass over the whole block: `stride` transforms side by side, each split into `radix` parts. */
export interface FourierStage {
  readonly radix: 2 | 4 | 5;
  readonly parts: number;
  readonly stride: number;
  /** For every part its `radix - 1` twiddle factors: real, imaginary, real, imaginary, ... */
  readonly twiddles: Float64Array;
}

/** The passes of a complex transform of `points`, whose prime factors are 2 and 5. */
export function planStages(points: number): readonly FourierStage[] {
  const stages: FourierStage[] = [];
  let length = points;
  let stride = 1;
  while (length > 1) {
    const radix = length % 4 === 0 ? 4 : length % 2 === 0 ? 2 : 5;
    const parts = length / radix;
    const twiddles = new Float64Array(2 * parts * (radix - 1));
    for (let part = 0; part < parts; part++) {
      for (let branch = 1; branch < radix; branch++) {
        const angle = (-2 * Math.PI * part * branch) / length;
        const at = 2 * (part * (radix - 1) + branch - 1);
        twiddles[at] = Math.cos(angle);
        twiddles[at + 1] = Math.sin(angle);
      }
    }
    stages.push({ radix, parts, stride, twiddles });
    length = parts;
    stride *= radix;
  }
  return stages;
}

export function radix2(
  { parts, stride, twiddles }: FourierStage,
  fromReal: Float64Array,
  fromImaginary: Float64Array,
  toReal: Float64Array,
  toImaginary: Float64Array,
): void {
  const apart = stride * parts;
  for (let part = 0; part < parts; part++) {
    const wr = twiddles[2 * part] as number;
    const wi = twiddles[2 * part + 1] as number;
    let source = stride * part;
    let target = 2 * source;
    for (let lane = 0; lane < stride; lane++, source++, target++) {
      const ar = fromReal[source] as number;
      const ai = fromImaginary[source] as number;
      const br = fromReal[source + apart] as number;
      const bi = fromImaginary[source + apart] as number;
      toReal[target] = ar + br;
      toImaginary[target] = ai + bi;
      toReal[target + stride] = (ar - br) * wr - (ai - bi) * wi;
      toImaginary[target + stride] = (ar - br) * wi + (ai - bi) * wr;
    }
  }
}

export function radix4(
  { parts, stride, twiddles }: FourierStage,
  fromReal: Float64Array,
  fromImaginary: Float64Array,
  toReal: Float64Array,
  toImaginary: Float64Array,
): void {
  const apart = stride * parts;
  for (let part = 0; part < parts; part++) {
    const at = 6 * part;
    const w1r = twiddles[at] as number;
    const w1i = twiddles[at + 1] as number;
    const w2r = twiddles[at + 2] as number;
    const w2i = twiddles[at + 3] as number;
    const w3r = twiddles[at + 4] as number;
    const w3i = twiddles[at + 5] as number;
    let source = stride * part;
    let target = 4 * source;
    for (let lane = 0; lane < stride; lane++, source++, target++) {
      const ar = fromReal[source] as number;
      const ai = fromImaginary[source] as number;
      const br = fromReal[source + apart] as number;
      const bi = fromImaginary[source + apart] as number;
      const cr = fromReal[source + 2 * apart] as number;
      const ci = fromImaginary[source + 2 * apart] as number;
      const dr = fromReal[source + 3 * apart] as number;
      const di = fromImaginary[source + 3 * apart] as number;
      const evenSumR = ar + cr;
      const evenSumI = ai + ci;
      const evenDiffR = ar - cr;
      const evenDiffI = ai - ci;
      const oddSumR = br + dr;
      const oddSumI = bi + di;
      // -i times the difference of the odd ones.
      const oddTurnR = bi - di;
      const oddTurnI = dr - br;
      toReal[target] = evenSumR + oddSumR;
      toImaginary[target] = evenSumI + oddSumI;
      const pr = evenDiffR + oddTurnR;
      const pi = evenDiffI + oddTurnI;
      toReal[target + stride] = pr * w1r - pi * w1i;
      toImaginary[target + stride] = pr * w1i + pi * w1r;
      const qr = evenSumR - oddSumR;
      const qi = evenSumI - oddSumI;
      toReal[target + 2 * stride] = qr * w2r - qi * w2i;
      toImaginary[target + 2 * stride] = qr * w2i + qi * w2r;
      const sr = evenDiffR - oddTurnR;
      const si = evenDiffI - oddTurnI;
      toReal[target + 3 * stride] = sr * w3r - si * w3i;
      toImaginary[target + 3 * stride] = sr * w3i + si * w3r;
    }
  }
}

const cos1 = Math.cos((2 * Math.PI) / 5);
const cos2 = Math.cos((4 * Math.PI) / 5);
const sin1 = Math.sin((2 * Math.PI) / 5);
const sin2 = Math.sin((4 * Math.PI) / 5);

export function radix5(
  { parts, stride, twiddles }: FourierStage,
  fromReal: Float64Array,
  fromImaginary: Float64Array,
  toReal: Float64Array,
  toImaginary: Float64Array,
): void {
  const apart = stride * parts;
  for (let part = 0; part < parts; part++) {
    const at = 8 * part;
    let source = stride * part;
    let target = 5 * source;
    for (let lane = 0; lane < stride; lane++, source++, target++) {
      const ar = fromReal[source] as number;
      const ai = fromImaginary[source] as number;
      const br = fromReal[source + apart] as number;
      const bi = fromImaginary[source + apart] as number;
      const cr = fromReal[source + 2 * apart] as number;
      const ci = fromImaginary[source + 2 * apart] as number;
      const dr = fromReal[source + 3 * apart] as number;
      const di = fromImaginary[source + 3 * apart] as number;
      const er = fromReal[source + 4 * apart] as number;
      const ei = fromImaginary[source + 4 * apart] as number;
      const outerSumR = br + er;
      const outerSumI = bi + ei;
      const outerDiffR = br - er;
      const outerDiffI = bi - ei;
      const innerSumR = cr + dr;
      const innerSumI = ci + di;
      const innerDiffR = cr - dr;
      const innerDiffI = ci - di;
      toReal[target] = ar + outerSumR + innerSumR;
      toImaginary[target] = ai + outerSumI + innerSumI;
      const near1R = ar + cos1 * outerSumR + cos2 * innerSumR;
      const near1I = ai + cos1 * outerSumI + cos2 * innerSumI;
      const turn1R = sin1 * outerDiffI + sin2 * innerDiffI;
      const turn1I = -sin1 * outerDiffR - sin2 * innerDiffR;
      const near2R = ar + cos2 * outerSumR + cos1 * innerSumR;
      const near2I = ai + cos2 * outerSumI + cos1 * innerSumI;
      const turn2R = sin2 * outerDiffI - sin1 * innerDiffI;
      const turn2I = -sin2 * outerDiffR + sin1 * innerDiffR;
      store(toReal, toImaginary, target + stride, near1R + turn1R, near1I + turn1I, twiddles, at);
      store(toReal, toImaginary, target + 2 * stride, near2R + turn2R, near2I + turn2I, twiddles, at + 2);
      store(toReal, toImaginary, target + 3 * stride, near2R - turn2R, near2I - turn2I, twiddles, at + 4);
      store(toReal, toImaginary, target + 4 * stride, near1R - turn1R, near1I - turn1I, twiddles, at + 6);
    }
  }
}

/** Turn one result by its twiddle factor. */
function store(
  toReal: Float64Array,
  toImaginary: Float64Array,
  target: number,
  real: number,
  imaginary: number,
  twiddles: Float64Array,
  at: number,
): void {
  const wr = twiddles[at] as number;
  const wi = twiddles[at + 1] as number;
  toReal[target] = real * wr - imaginary * wi;
  toImaginary[target] = real * wi + imaginary * wr;
}
