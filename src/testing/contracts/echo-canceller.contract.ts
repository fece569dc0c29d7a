import { concat, from, type Observable, Subject, tap, throwError } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { sameFormat } from '../../core/audio/audio-frame.js';
import type { EchoCanceller } from '../../core/ports/echo-canceller.js';
import type { EchoDiagnosis } from '../../core/ports/echo-diagnosis.js';
import { noise, silence } from '../signals.js';
import { voiceLike, withEcho } from './echo-scene.js';
import { type ContractTime, collect, failureOf, isPcmFormat, levelDb, wholeFrames } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';

/** @public */
export interface EchoCancellerContract extends ContractTime {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** A canceller that is ready; called once per test. */
  create(): EchoCanceller | Promise<EchoCanceller>;
  /** Frees what `create` made. */
  destroy?(canceller: EchoCanceller): void | Promise<void>;
  /** Frames it takes. Units: milliseconds. @defaultValue 10 */
  readonly frameMs?: number;
  /** The echo that it must remove; leave it out for one that removes none. */
  readonly echo?: {
    /** From the loudspeaker to the microphone. Units: milliseconds. */
    readonly delayMs: number;
    /** Amplitude of the echo relative to the reference. */
    readonly gain: number;
    /** How long it may adapt. Units: milliseconds. */
    readonly convergenceMs: number;
    /** By how much the echo must then be weaker. Units: decibels. */
    readonly minReductionDb: number;
  };
}

/** What every `EchoCanceller` must do. @public */
export function describeEchoCancellerContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, frameMs = 10, echo, drive }: EchoCancellerContract,
): void {
  const time = { drive };
  const withCanceller = async (body: (canceller: EchoCanceller) => Promise<void>) => {
    const canceller = await create();
    try {
      await body(canceller);
    } finally {
      await destroy?.(canceller);
    }
  };
  const cut = (format: PcmFormat, samples: Float32Array) =>
    wholeFrames(samples, format, Math.round((format.sampleRateHz * frameMs) / 1000), 5000);
  const quiet = ({ sampleRateHz, channels }: PcmFormat, durationMs = 500) =>
    cut({ sampleRateHz, channels }, silence({ sampleRateHz, durationMs }));
  const noisy = (format: PcmFormat, durationMs = 500, seed = 1) =>
    cut(format, noise({ sampleRateHz: format.sampleRateHz, durationMs, seed, rmsDb: -25 }));

  /** Both signals as devices deliver them: a period is rendered when it begins and captured when it is over. */
  const run = async (
    canceller: EchoCanceller,
    captured: readonly AudioFrame[],
    rendered: readonly AudioFrame[],
  ) => {
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    const cleaned = collect(near$.pipe(canceller.cancelEcho(reference$)), {});
    for (const [index, frame] of captured.entries()) {
      const reference = rendered[index];
      if (reference !== undefined) reference$.next(reference);
      near$.next(frame);
    }
    near$.complete();
    await drive?.();
    return { frames: await cleaned, referenceObserved: reference$.observed };
  };

  describe(`${name} as an EchoCanceller`, () => {
    it('declares the frames that it takes', () =>
      withCanceller(async ({ format }) => {
        expect(isPcmFormat(format)).toBe(true);
      }));

    it('gives one frame for each frame, of the same layout, size and time, and completes with its source', () =>
      withCanceller(async (canceller) => {
        const captured = noisy(canceller.format, 500);
        const rendered = noisy(canceller.format, 500, 2);

        const { frames, referenceObserved } = await run(canceller, captured, rendered);

        expect(frames.length).toBe(captured.length);
        for (const [index, frame] of frames.entries()) {
          const input = captured[index];
          expect(sameFormat(frame.format, canceller.format), `layout of frame ${index}`).toBe(true);
          expect(frame.timestampMs, `time of frame ${index}`).toBe(input?.timestampMs);
          expect(frame.samples.length, `size of frame ${index}`).toBe(input?.samples.length);
          expect(frame.samples.every(Number.isFinite), `samples of frame ${index} are numbers`).toBe(true);
        }
        expect(referenceObserved).toBe(false);
      }));

    it('leaves the frames that it was given as they were', () =>
      withCanceller(async (canceller) => {
        const captured = noisy(canceller.format, 200);
        const rendered = noisy(canceller.format, 200, 2);
        const copies = [...captured, ...rendered].map(({ samples }) => samples.slice());

        await run(canceller, captured, rendered);

        expect([...captured, ...rendered].map(({ samples }) => samples)).toEqual(copies);
      }));

    it('makes no sound of silence', () =>
      withCanceller(async (canceller) => {
        const { frames } = await run(canceller, quiet(canceller.format), quiet(canceller.format));

        expect(levelDb(frames)).toBeLessThanOrEqual(-80);
      }));

    it('lets the near end through while the loudspeaker is silent', () =>
      withCanceller(async (canceller) => {
        const captured = cut(canceller.format, voiceLike(canceller.format.sampleRateHz, 2000));

        const { frames } = await run(canceller, captured, quiet(canceller.format, 2000));

        // The first second is for adapting.
        const half = captured.length / 2;
        const changeDb = levelDb(frames.slice(half)) - levelDb(captured.slice(half));
        expect(Math.abs(changeDb)).toBeLessThanOrEqual(3);
      }));

    it('takes a reference of another layout', () =>
      withCanceller(async (canceller) => {
        const other: PcmFormat = {
          sampleRateHz: canceller.format.sampleRateHz === 48_000 ? 44_100 : 48_000,
          channels: 2,
        };
        const captured = quiet(canceller.format);

        const { frames } = await run(canceller, captured, noisy(other, 500));

        expect(frames.length).toBe(captured.length);
      }));

    it('goes on after the reference has ended', () =>
      withCanceller(async (canceller) => {
        const captured = noisy(canceller.format, 500);
        const reference$: Observable<AudioFrame> = from(quiet(canceller.format, 50));

        const frames = await collect(from(captured).pipe(canceller.cancelEcho(reference$)), time);

        expect(frames.length).toBe(captured.length);
      }));

    it('keeps subscriptions apart', () =>
      withCanceller(async (canceller) => {
        const captured = noisy(canceller.format, 300);
        const rendered = noisy(canceller.format, 300, 2);

        const first = await run(canceller, captured, rendered);
        const second = await run(canceller, captured, rendered);

        expect(second.frames).toEqual(first.frames);
      }));

    it('lets go of both signals when it is unsubscribed, and emits nothing more', () =>
      withCanceller(async (canceller) => {
        const near$ = new Subject<AudioFrame>();
        const reference$ = new Subject<AudioFrame>();
        let emitted = 0;
        const subscription = near$.pipe(canceller.cancelEcho(reference$)).subscribe(() => {
          emitted++;
        });
        for (const frame of quiet(canceller.format, 100)) near$.next(frame);

        subscription.unsubscribe();
        const atOnce = emitted;
        await run(canceller, quiet(canceller.format), quiet(canceller.format));

        expect(emitted).toBe(atOnce);
        expect(near$.observed).toBe(false);
        expect(reference$.observed).toBe(false);
      }));

    it('tells of each frame what it knows of the echo, before the frame itself, if it tells at all', () =>
      withCanceller(async (canceller) => {
        const { diagnosis$ } = canceller;
        if (diagnosis$ === undefined) return;
        const told: EchoDiagnosis[] = [];
        let ended = false;
        const listening = diagnosis$.subscribe({
          next: (diagnosis) => told.push(diagnosis),
          error: () => {
            ended = true;
          },
          complete: () => {
            ended = true;
          },
        });
        const near$ = new Subject<AudioFrame>();
        const reference$ = new Subject<AudioFrame>();
        const toldBefore: (number | undefined)[] = [];
        const cleaned = collect(
          near$.pipe(
            canceller.cancelEcho(reference$),
            tap(() => toldBefore.push(told.at(-1)?.timestampMs)),
          ),
          {},
        );
        const captured = noisy(canceller.format, 300);
        for (const [index, frame] of noisy(canceller.format, 300, 2).entries()) {
          reference$.next(frame);
          near$.next(captured[index] as AudioFrame);
        }
        near$.complete();
        await drive?.();
        const times = (await cleaned).map(({ timestampMs }) => timestampMs);
        listening.unsubscribe();

        expect(told.map(({ timestampMs }) => timestampMs)).toEqual(times);
        expect(toldBefore).toEqual(times);
        expect(ended).toBe(false);
        for (const { confidence, durationMs, ...counts } of told) {
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(durationMs).toBeCloseTo(frameMs, 6);
          expect(Object.values(counts).every((value) => !Number.isNaN(value))).toBe(true);
        }
      }));

    it('passes on an error of its source', () =>
      withCanceller(async (canceller) => {
        const broken = new Error('the microphone is gone');
        const frames$ = concat(
          from(quiet(canceller.format, 50)),
          throwError(() => broken),
        );

        const { error } = await failureOf(frames$.pipe(canceller.cancelEcho(from([]))), time);

        expect(error).toBe(broken);
      }));

    if (echo !== undefined) {
      it(`weakens the echo by ${echo.minReductionDb} dB after ${echo.convergenceMs} ms`, () =>
        withCanceller(async (canceller) => {
          const { format } = canceller;
          const far = noise({
            sampleRateHz: format.sampleRateHz,
            durationMs: echo.convergenceMs + 1000,
            seed: 5,
            rmsDb: -15,
          });
          const captured = cut(format, withEcho(format.sampleRateHz, far, echo));

          const { frames } = await run(canceller, captured, cut(format, far));

          const from = Math.ceil(echo.convergenceMs / frameMs);
          const reductionDb = levelDb(captured.slice(from)) - levelDb(frames.slice(from));
          expect(reductionDb).toBeGreaterThanOrEqual(echo.minReductionDb);
        }));
    }
  });
}
