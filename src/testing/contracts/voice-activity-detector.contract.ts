import { concat, from, of, Subject, throwError } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import type { ScoredFrame, VoiceActivityDetector } from '../../core/ports/voice-activity-detector.js';
import { noise, silence } from '../signals.js';
import { type ContractTime, collect, failureOf, isPcmFormat, otherFormat, wholeFrames } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';

/** @public */
export interface VoiceActivityDetectorContract extends ContractTime {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** A detector that is ready; called once per test. It must accept 48 windows at once without passing any over. */
  create(): VoiceActivityDetector | Promise<VoiceActivityDetector>;
  /** Frees what `create` made. */
  destroy?(detector: VoiceActivityDetector): void | Promise<void>;
  /** A stretch of human speech at the detector's rate, one channel, at most 1 s; without it no probability is judged. */
  readonly speech?: Float32Array;
}

/** What every `VoiceActivityDetector` must do. @public */
export function describeVoiceActivityDetectorContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, speech, drive }: VoiceActivityDetectorContract,
): void {
  const time = { drive };
  const withDetector = async (body: (detector: VoiceActivityDetector) => Promise<void>) => {
    const detector = await create();
    try {
      await body(detector);
    } finally {
      await destroy?.(detector);
    }
  };
  const windows = (detector: VoiceActivityDetector, samples: Float32Array, startMs = 0) =>
    wholeFrames(samples, detector.format, detector.windowSamples, startMs);
  const noiseFor = ({ format: { sampleRateHz } }: VoiceActivityDetector, rmsDb: number, seed: number) =>
    noise({ sampleRateHz, durationMs: 640, rmsDb, seed });
  const loud = (detector: VoiceActivityDetector, seed = 1) =>
    windows(detector, noiseFor(detector, -15, seed));
  const score = (detector: VoiceActivityDetector, frames: readonly AudioFrame[]) =>
    collect(from(frames).pipe(detector.scoreSpeech()), time);

  describe(`${name} as a VoiceActivityDetector`, () => {
    it('declares the frames that it takes', () =>
      withDetector(async ({ format, windowSamples }) => {
        expect(isPcmFormat(format)).toBe(true);
        expect(Number.isInteger(windowSamples)).toBe(true);
        expect(windowSamples).toBeGreaterThan(0);
      }));

    it('gives one score for each frame, in order, with the frame itself', () =>
      withDetector(async (detector) => {
        const frames = loud(detector);

        const scored = await score(detector, frames);

        expect(scored.length).toBe(frames.length);
        for (const [index, { frame, speechProbability, skipped }] of scored.entries()) {
          expect(frame, `frame ${index}`).toBe(frames[index]);
          expect(speechProbability, `score ${index}`).toBeGreaterThanOrEqual(0);
          expect(speechProbability, `score ${index}`).toBeLessThanOrEqual(1);
          expect(skipped, `frame ${index} skipped`).toBe(false);
        }
      }));

    it('completes without a score when there was no frame', () =>
      withDetector(async (detector) => {
        expect(await score(detector, [])).toEqual([]);
      }));

    it('gives equal scores for equal audio in a second subscription', () =>
      withDetector(async (detector) => {
        const first = await score(detector, loud(detector));
        const second = await score(detector, loud(detector));

        expect(probabilities(second)).toEqual(probabilities(first));
      }));

    it('keeps subscriptions that run side by side apart', () =>
      withDetector(async (detector) => {
        const [a, b] = [loud(detector, 1), windows(detector, speech ?? noiseFor(detector, -45, 7))];
        const aloneA = await score(detector, a);
        const aloneB = await score(detector, b);

        const operator = detector.scoreSpeech();
        const inputs = [new Subject<AudioFrame>(), new Subject<AudioFrame>()] as const;
        const both = Promise.all(inputs.map((input$) => collect(input$.pipe(operator), {})));
        for (let index = 0; index < Math.max(a.length, b.length); index++) {
          const [frameA, frameB] = [a[index], b[index]];
          if (frameA !== undefined) inputs[0].next(frameA);
          if (frameB !== undefined) inputs[1].next(frameB);
        }
        for (const input$ of inputs) input$.complete();
        await drive?.();
        const [togetherA = [], togetherB = []] = await both;

        expect(probabilities(togetherA)).toEqual(probabilities(aloneA));
        expect(probabilities(togetherB)).toEqual(probabilities(aloneB));
      }));

    it('scores after a reset as it does from a fresh start', () =>
      withDetector(async (detector) => {
        const before = loud(detector, 3);
        const after = windows(detector, speech ?? noiseFor(detector, -20, 4));
        const fresh = await score(detector, after);

        const reset$ = new Subject<void>();
        const input$ = new Subject<AudioFrame>();
        const scored = collect(input$.pipe(detector.scoreSpeech(reset$)), {});
        for (const frame of before) input$.next(frame);
        reset$.next();
        for (const frame of after) input$.next(frame);
        input$.complete();
        await drive?.();

        expect(probabilities((await scored).slice(before.length))).toEqual(probabilities(fresh));
      }));

    it('emits nothing after it was unsubscribed, though frames were waiting', () =>
      withDetector(async (detector) => {
        let emitted = 0;
        const input$ = new Subject<AudioFrame>();
        const subscription = input$.pipe(detector.scoreSpeech()).subscribe(() => {
          emitted++;
        });
        for (const frame of loud(detector)) input$.next(frame);

        subscription.unsubscribe();
        const atOnce = emitted;
        // Whatever was under way is over when as much work that came later is.
        await score(detector, loud(detector));

        expect(emitted).toBe(atOnce);
        expect(input$.observed).toBe(false);
      }));

    it('passes on an error of its source', () =>
      withDetector(async (detector) => {
        const broken = new Error('the microphone is gone');

        const frames$ = concat(
          from(loud(detector).slice(0, 3)),
          throwError(() => broken),
        );
        const { error } = await failureOf(frames$.pipe(detector.scoreSpeech()), time);

        expect(error).toBe(broken);
      }));

    it('refuses a frame of another layout with an error instead of a score', () =>
      withDetector(async (detector) => {
        const format = otherFormat(detector.format);
        const frames = wholeFrames(
          noise({ sampleRateHz: format.sampleRateHz, durationMs: 200 }),
          format,
          detector.windowSamples,
        );

        const { error, emitted } = await failureOf(of(...frames).pipe(detector.scoreSpeech()), time);

        expect(error instanceof Error).toBe(true);
        expect(emitted).toBe(0);
      }));

    if (speech !== undefined) {
      it('finds speech in speech and none in silence', () =>
        withDetector(async (detector) => {
          const spoken = probabilities(await score(detector, windows(detector, speech)));
          const silent = probabilities(
            await score(
              detector,
              windows(detector, silence({ sampleRateHz: detector.format.sampleRateHz, durationMs: 1000 })),
            ),
          );

          expect(mean(spoken)).toBeGreaterThan(0.5);
          expect(Math.max(...silent)).toBeLessThanOrEqual(0.2);
        }));
    }
  });
}

const probabilities = (scored: readonly ScoredFrame[]) =>
  scored.map(({ speechProbability }) => speechProbability);

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
