import { firstValueFrom, fromEvent, Subject, takeUntil, timeout } from 'rxjs';
import { loadSileroVad, type SileroVad } from '../../../adapters/silero-vad/index.js';
import { audioFrame } from '../../../index.js';
import { withPaths } from '../../config/config-files.js';
import type { Check } from '../check.js';
import { amber, type Finding, failed, green, red } from '../finding.js';

const subject = { id: 'detector-speed' } as const;
/** Some seconds of audio, at whatever a slow board takes for it. */
const windows = 150;
const warmUpWindows = 10;
/** Of the real time: the canceller and everything else needs its part of the same core. */
const limits = { amber: 0.2, red: 0.7 } as const;

/** How long each window took. Units: ms. */
export interface DetectorFigures {
  readonly windowMs: number;
  readonly tookMs: readonly number[];
}

export function judgeDetector({ windowMs, tookMs }: DetectorFigures): Finding {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const medianMs = sorted[sorted.length >> 1] ?? Number.NaN;
  const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  const realTimeFactor = medianMs / windowMs;
  const figures = {
    windowMs,
    medianMs: Math.round(medianMs * 1000) / 1000,
    p99Ms: Math.round(p99Ms * 1000) / 1000,
    realTimeFactor: Math.round(realTimeFactor * 10_000) / 10_000,
  };
  const what = `${medianMs.toFixed(2)} ms for each ${windowMs} ms of sound: ${share(realTimeFactor)} of real time (99 of 100 within ${p99Ms.toFixed(1)} ms)`;
  const cure = 'end what else keeps the processor busy, cool it, or take a faster board';
  if (!(realTimeFactor <= limits.red)) return red(subject, what, cure, figures);
  // Late windows are heard late; what waits longer than a second is passed over.
  return realTimeFactor > limits.amber || p99Ms > windowMs
    ? amber(subject, what, cure, figures)
    : green(subject, what, figures);
}

const share = (part: number): string => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

/** Windows of noise, one after the other, as fast as they are scored. */
async function measure(
  detector: SileroVad,
  steadyMs: () => number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { format, windowSamples } = detector;
  const windowMs = (windowSamples * 1000) / format.sampleRateHz;
  const frames$ = new Subject<ReturnType<typeof audioFrame>>();
  const scored$ = new Subject<void>();
  const scoring = frames$.pipe(detector.scoreSpeech()).subscribe({
    next: () => scored$.next(),
    error: (error: unknown) => scored$.error(error),
  });
  const tookMs: number[] = [];
  try {
    for (let index = 0; index < warmUpWindows + windows && !signal.aborted; index++) {
      const samples = Float32Array.from({ length: windowSamples }, (_, at) =>
        noise(index * windowSamples + at),
      );
      const frame = audioFrame(format, samples, index * windowMs);
      const answer = firstValueFrom(
        scored$.pipe(timeout({ first: 5000 }), takeUntil(fromEvent(signal, 'abort'))),
        { defaultValue: undefined },
      );
      const fromMs = steadyMs();
      frames$.next(frame);
      await answer;
      if (index >= warmUpWindows) tookMs.push(steadyMs() - fromMs);
    }
  } finally {
    scoring.unsubscribe();
  }
  return tookMs;
}

/** The same each time; a hash of the count. Range: -0.1..0.1. */
function noise(count: number): number {
  const mixed = Math.imul(count ^ (count >>> 15), 0x2c1b3c6d);
  return (((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32 - 0.5) / 5;
}

export const detectorSpeed: Check = {
  doing: 'measuring the detector',
  subject,
  limitMs: 30_000,
  async examine({ machine, config, folder }, signal) {
    let detector: SileroVad | undefined;
    try {
      const { engine: _, ...options } = config?.detector ?? {};
      detector = await loadSileroVad(withPaths(folder, options, ['modelPath']));
      const tookMs = await measure(detector, machine.steadyMs, signal);
      const windowMs = (detector.windowSamples * 1000) / detector.format.sampleRateHz;
      return [judgeDetector({ windowMs, tookMs })];
    } catch (error) {
      // Without a config nobody has said yet that a loop is to run here.
      return [failed(subject, error, 'run npm install again', config === undefined ? 'amber' : 'red')];
    } finally {
      await detector?.close();
    }
  },
};
