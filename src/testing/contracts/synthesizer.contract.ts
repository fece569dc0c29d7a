import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { endMs, sameFormat } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { type ContractTime, collect, failureOf, isPcmFormat, levelDb } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';

/** @public */
export interface SynthesizerContract extends ContractTime {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** A synthesizer that is ready; called once per test. */
  create(): Synthesizer | Promise<Synthesizer>;
  /** Frees what `create` made. */
  destroy?(synthesizer: Synthesizer): void | Promise<void>;
  /** A text that the implementation cannot speak, if there is one. */
  readonly unspeakableText?: string;
  /** Its audio has no words, such as an earcon's: it need not become longer with the text. @defaultValue false */
  readonly saysNothing?: boolean;
}

const shortText = 'One moment, please.';
const longText = 'One moment, please. I am looking for the answer, and it will not take long.';

/** An engine need not be the same to the sample: eSpeak NG as WebAssembly differs by 9 ms in 5 s. Units: ms. */
const toleranceMs = 25;

/** What every `Synthesizer` must do. @public */
export function describeSynthesizerContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, unspeakableText, saysNothing, drive }: SynthesizerContract,
): void {
  const time = { drive };
  const withSynthesizer = async (body: (synthesizer: Synthesizer) => Promise<void>) => {
    const synthesizer = await create();
    try {
      await body(synthesizer);
    } finally {
      await destroy?.(synthesizer);
    }
  };

  describe(`${name} as a Synthesizer`, () => {
    it('names its engine, voice, speed and layout', () =>
      withSynthesizer(async ({ engine, voice, speed, format }) => {
        expect(engine.trim() === '').toBe(false);
        expect(voice.trim() === '').toBe(false);
        expect(speed).toBeGreaterThan(0);
        expect(isPcmFormat(format)).toBe(true);
      }));

    it('speaks in frames of its layout that follow each other from 0 without a gap', () =>
      withSynthesizer(async (synthesizer) => {
        const frames = await collect(synthesizer.synthesize(longText), time);

        expect(frames.length).toBeGreaterThan(0);
        let expectedMs = 0;
        for (const [index, frame] of frames.entries()) {
          expect(sameFormat(frame.format, synthesizer.format), `layout of frame ${index}`).toBe(true);
          expect(frame.samples.length, `size of frame ${index}`).toBe(
            frame.samplesPerChannel * frame.format.channels,
          );
          expect(frame.samplesPerChannel, `size of frame ${index}`).toBeGreaterThan(0);
          expect(frame.timestampMs, `start of frame ${index}`).toBeCloseTo(expectedMs, 6);
          expect(frame.samples.every(Number.isFinite), `samples of frame ${index} are numbers`).toBe(true);
          expectedMs = endMs(frame);
        }
        expect(levelDb(frames)).toBeGreaterThan(-60);
      }));

    if (!saysNothing) {
      it('takes longer for a longer text', () =>
        withSynthesizer(async (synthesizer) => {
          const short = await collect(synthesizer.synthesize(shortText), time);
          const long = await collect(synthesizer.synthesize(longText), time);

          expect(lengthMs(long)).toBeGreaterThan(lengthMs(short));
        }));
    }

    it('speaks two texts at once without mixing them', () =>
      withSynthesizer(async (synthesizer) => {
        const texts = [shortText, longText];
        const alone: AudioFrame[][] = [];
        for (const text of texts) alone.push(await collect(synthesizer.synthesize(text), time));

        const together = Promise.all(texts.map((text) => collect(synthesizer.synthesize(text), {})));
        await drive?.();

        for (const [index, frames] of (await together).entries()) {
          const before = alone[index] ?? [];
          expect(differenceMs(frames, before), `length of text ${index}`).toBeLessThanOrEqual(toleranceMs);
          expect(levelDb(frames), `level of text ${index}`).toBeCloseTo(levelDb(before), 0);
          expect(frames[0]?.timestampMs, `start of text ${index}`).toBe(0);
        }
      }));

    it('goes on speaking after a text was cut', () =>
      withSynthesizer(async (synthesizer) => {
        const whole = await collect(synthesizer.synthesize(shortText), time);
        for (let cuts = 0; cuts < 3; cuts++) synthesizer.synthesize(longText).subscribe().unsubscribe();

        const after = await collect(synthesizer.synthesize(shortText), time);

        expect(differenceMs(after, whole)).toBeLessThanOrEqual(toleranceMs);
      }));

    it('speaks again from the beginning for each subscription', () =>
      withSynthesizer(async (synthesizer) => {
        const speech$ = synthesizer.synthesize(shortText);

        const [first, second] = await Promise.all([collect(speech$, {}), collect(speech$, time)]);

        expect(first[0]?.timestampMs).toBe(0);
        expect(second[0]?.timestampMs).toBe(0);
        expect(differenceMs(second, first)).toBeLessThanOrEqual(toleranceMs);
      }));

    it('never changes a frame that it has emitted', () =>
      withSynthesizer(async (synthesizer) => {
        const emitted: { readonly frame: AudioFrame; readonly copy: Float32Array }[] = [];

        await new Promise<void>((resolve, reject) => {
          synthesizer.synthesize(longText).subscribe({
            next: (frame) => emitted.push({ frame, copy: frame.samples.slice() }),
            complete: resolve,
            error: reject,
          });
          void drive?.();
        });

        for (const { frame, copy } of emitted) expect(frame.samples).toEqual(copy);
      }));

    it('emits nothing after it was unsubscribed', () =>
      withSynthesizer(async (synthesizer) => {
        let emitted = 0;
        const subscription = synthesizer.synthesize(longText).subscribe(() => {
          emitted++;
        });

        subscription.unsubscribe();
        const atOnce = emitted;
        // Whatever was under way is over when as much work that came later is.
        await collect(synthesizer.synthesize(longText), time);

        expect(emitted).toBe(atOnce);
      }));

    it('emits nothing more when it is unsubscribed at the first frame', () =>
      withSynthesizer(async (synthesizer) => {
        let emitted = 0;
        await new Promise<void>((resolve, reject) => {
          const subscription = synthesizer.synthesize(longText).subscribe({
            next: () => {
              emitted++;
              // A synchronous first frame comes before the subscription is there to be ended.
              queueMicrotask(() => {
                subscription.unsubscribe();
                resolve();
              });
            },
            error: reject,
          });
          void drive?.();
        });
        const atOnce = emitted;

        await collect(synthesizer.synthesize(longText), time);

        expect(emitted).toBe(atOnce);
      }));

    if (unspeakableText !== undefined) {
      it('says SYNTHESIS_FAILED for what it cannot speak', () =>
        withSynthesizer(async (synthesizer) => {
          const { error } = await failureOf(synthesizer.synthesize(unspeakableText), time);

          expect(isVoiceError(error) && error.code).toBe('SYNTHESIS_FAILED');
          // One text that cannot be spoken is no reason to be silent from then on.
          expect((await collect(synthesizer.synthesize(shortText), time)).length).toBeGreaterThan(0);
        }));
    }
  });
}

const lengthMs = (frames: readonly AudioFrame[]) => {
  const last = frames.at(-1);
  return last === undefined ? 0 : endMs(last);
};

const differenceMs = (a: readonly AudioFrame[], b: readonly AudioFrame[]) =>
  Math.abs(lengthMs(a) - lengthMs(b));
