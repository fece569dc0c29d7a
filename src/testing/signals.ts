import { type AudioFrame, audioFrame, type PcmFormat } from '../core/audio/audio-frame.js';
import { noiseAt, noisePeak } from '../core/pacing/background-noise.js';

/** A stretch of one channel. @public */
export interface SignalOptions {
  /** Units: hertz. */
  readonly sampleRateHz: number;
  /** Units: milliseconds; rounded to whole samples. */
  readonly durationMs: number;
}

/** Nothing but zeros, one channel. @public */
export function silence({ sampleRateHz, durationMs }: SignalOptions): Float32Array {
  return new Float32Array(Math.round((durationMs * sampleRateHz) / 1000));
}

/**
 * A sine that begins at zero, one channel.
 *
 * @param options - `peak` is linear, 0..1, @defaultValue 0.5
 * @public
 */
export function tone(
  options: SignalOptions & { readonly frequencyHz: number; readonly peak?: number },
): Float32Array {
  const { sampleRateHz, frequencyHz, peak = 0.5 } = options;
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  return silence(options).map((_, index) => peak * Math.sin(step * index));
}

/**
 * White noise, one channel; the same seed gives the same noise on every machine.
 *
 * @param options - `rmsDb` is the root mean square below full scale, @defaultValue -20
 * @public
 */
export function noise(
  options: SignalOptions & { readonly seed?: number; readonly rmsDb?: number },
): Float32Array {
  const { seed = 1, rmsDb = -20 } = options;
  const peak = noisePeak(rmsDb);
  return silence(options).map((_, index) => peak * noiseAt(seed, index));
}

/**
 * A sound with silence around it, with edges of 5 ms that do not click, one channel.
 *
 * @param options - `durationMs` is of the sound alone; `leadMs` and `tailMs` of silence come on top, @defaultValue 0.
 * With `frequencyHz` it is a tone, without one it is noise. `peak` is linear, @defaultValue 0.5
 * @public
 */
export function burst(
  options: SignalOptions & {
    readonly leadMs?: number;
    readonly tailMs?: number;
    readonly frequencyHz?: number;
    readonly peak?: number;
    readonly seed?: number;
  },
): Float32Array {
  const { sampleRateHz, leadMs = 0, tailMs = 0, frequencyHz, peak = 0.5, seed = 1 } = options;
  const sound =
    frequencyHz === undefined
      ? silence(options).map((_, index) => peak * noiseAt(seed, index))
      : tone({ ...options, frequencyHz, peak });
  const edge = Math.min(Math.round(sampleRateHz / 200), sound.length / 2);
  const lead = silence({ sampleRateHz, durationMs: leadMs }).length;
  const tail = silence({ sampleRateHz, durationMs: tailMs }).length;
  const whole = new Float32Array(lead + sound.length + tail);
  for (const [index, sample] of sound.entries()) {
    const fromEdge = Math.min(index, sound.length - 1 - index);
    whole[lead + index] = sample * Math.min(1, fromEdge / Math.max(1, edge));
  }
  return whole;
}

/**
 * Numbers that are all different and never zero: `(first + 1) / 2^17`, `(first + 2) / 2^17`, ...; with it a test sees
 * which sample went where. Exact in 32 and in 24 bits.
 *
 * @param first - index of the first number; `first + length` is at most 131072.
 * @public
 */
export function ramp(length: number, first = 0): Float32Array {
  return Float32Array.from({ length }, (_, index) => (first + index + 1) / 2 ** 17);
}

/**
 * Cut one channel into frames, the last one as short as it comes out.
 *
 * @param format - every channel gets the same.
 * @public
 */
export function framesOf(
  samples: Float32Array,
  format: PcmFormat,
  frameMs = 10,
  startMs = 0,
): readonly AudioFrame[] {
  const perFrame = Math.max(1, Math.round((frameMs * format.sampleRateHz) / 1000));
  const frames: AudioFrame[] = [];
  for (let start = 0; start < samples.length; start += perFrame) {
    const block = samples.subarray(start, start + perFrame);
    const interleaved = Float32Array.from(
      { length: block.length * format.channels },
      (_, index) => block[Math.floor(index / format.channels)] as number,
    );
    frames.push(audioFrame(format, interleaved, startMs + (start * 1000) / format.sampleRateHz));
  }
  return frames;
}
