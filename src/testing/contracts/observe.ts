import { lastValueFrom, type Observable, toArray } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { framesOf } from '../signals.js';

/** How a suite lets an implementation work. @public */
export interface ContractTime {
  /**
   * Called after each subscription: moves virtual time on until all that the implementation has planned was done.
   * Leave it out for an implementation that works in real time.
   */
  readonly drive?: (() => void | Promise<void>) | undefined;
}

/** Everything an observable emits until it completes. */
export async function collect<T>(values$: Observable<T>, { drive }: ContractTime): Promise<T[]> {
  const values = lastValueFrom(values$.pipe(toArray()));
  // A rejection may come while time is driven, before anyone awaits it.
  values.catch(() => undefined);
  await drive?.();
  return values;
}

/** The error an observable ends with, and how much came before it; `error` is undefined if it completes. */
export async function failureOf(
  values$: Observable<unknown>,
  { drive }: ContractTime,
): Promise<{ readonly error: unknown; readonly emitted: number }> {
  let emitted = 0;
  const ended = new Promise<unknown>((resolve) => {
    values$.subscribe({
      next: () => {
        emitted++;
      },
      error: resolve,
      complete: () => resolve(undefined),
    });
  });
  await drive?.();
  return { error: await ended, emitted };
}

/** One channel cut into frames of one size; what does not fill the last one is left out. */
export function wholeFrames(
  samples: Float32Array,
  format: PcmFormat,
  samplesPerChannel: number,
  startMs = 0,
): readonly AudioFrame[] {
  const frameMs = (samplesPerChannel * 1000) / format.sampleRateHz;
  return framesOf(samples, format, frameMs, startMs).filter(
    (frame) => frame.samplesPerChannel === samplesPerChannel,
  );
}

/** Another layout than `format`, for refusals. */
export function otherFormat(format: PcmFormat): PcmFormat {
  return { sampleRateHz: format.sampleRateHz === 48_000 ? 44_100 : 48_000, channels: format.channels };
}

/** Mean power relative to a full-scale square wave. Units: decibels, at least -200. */
export function levelDb(frames: readonly AudioFrame[]): number {
  let sum = 0;
  let count = 0;
  for (const { samples } of frames) {
    for (const sample of samples) sum += sample * sample;
    count += samples.length;
  }
  return 10 * Math.log10(Math.max(1e-20, sum / Math.max(1, count)));
}

/** Whether a layout is one that a port may declare. */
export function isPcmFormat({ sampleRateHz, channels }: PcmFormat): boolean {
  const whole = Number.isInteger(sampleRateHz) && Number.isInteger(channels);
  return whole && sampleRateHz >= 8000 && sampleRateHz <= 192_000 && channels >= 1 && channels <= 32;
}
