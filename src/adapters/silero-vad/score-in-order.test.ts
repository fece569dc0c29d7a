import { NEVER, of, Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import { scoreInOrder } from './score-in-order.js';

/** A model that answers when told to. */
function slowModel() {
  const runs: { readonly window: number; readonly reset: boolean }[] = [];
  const skippedOver: number[] = [];
  let answer: (probability: number) => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  return {
    runs,
    skippedOver,
    score: (samples: Float32Array, reset: boolean) => {
      runs.push({ window: samples[0] as number, reset });
      return new Promise<number>((resolve, reject) => {
        answer = resolve;
        fail = reject;
      });
    },
    skip: (samples: Float32Array) => {
      skippedOver.push(samples[0] as number);
    },
    async answer(probability: number) {
      answer(probability);
      await Promise.resolve();
    },
    async fail(reason: unknown) {
      fail(reason);
      await Promise.resolve();
    },
  };
}

function setup(maxWaiting = 4) {
  const model = slowModel();
  const input$ = new Subject<AudioFrame>();
  const reset$ = new Subject<void>();
  const log: string[] = [];
  let pushed = 0;
  const subscription = input$
    .pipe(
      scoreInOrder({
        createModel: () => model,
        assertFrame: () => undefined,
        reset$,
        maxWaiting,
        maxInferenceMs: 5000,
      }),
    )
    .subscribe({
      next: ({ frame, speechProbability, skipped }) =>
        log.push(`${frame.timestampMs}:${skipped ? 'skipped' : 'scored'}:${speechProbability}`),
      error: (error: Error) => log.push(error.message),
      complete: () => log.push('complete'),
    });
  const push = (count: number) => {
    for (let index = 0; index < count; index++) {
      input$.next(audioFrame({ sampleRateHz: 16_000, channels: 1 }, Float32Array.of(pushed), pushed));
      pushed++;
    }
  };
  return { model, input$, reset$, log, push, subscription };
}

describe('scoreInOrder', () => {
  afterEach(() => void vi.useRealTimers());

  it('runs one window at a time and emits in order', async () => {
    const { model, log, push, input$ } = setup();

    push(3);
    input$.complete();
    expect(model.runs.length).toBe(1);
    await model.answer(0.25);
    await model.answer(0.5);
    await model.answer(0.75);

    expect(log).toEqual(['0:scored:0.25', '1:scored:0.5', '2:scored:0.75', 'complete']);
  });

  it('passes over the oldest waiting window beyond the bound, in its place and with the last probability', async () => {
    const { model, log, push } = setup(4);
    push(1);
    await model.answer(0.25);

    push(7); // 1 runs, 2..5 fill the queue, 6 and 7 push 2 and 3 aside
    await model.answer(0.5);

    expect(log).toEqual(['0:scored:0.25', '1:scored:0.5', '2:skipped:0.5', '3:skipped:0.5']);
    expect(model.skippedOver).toEqual([2, 3]);
    expect(model.runs.map(({ window }) => window)).toEqual([0, 1, 4]);
  });

  it('still scores most windows with a model that is a little too slow', async () => {
    const { model, log, push } = setup(4);
    // Five windows come while the model scores four.
    for (let round = 0; round < 40; round++) {
      push(round % 4 === 0 ? 2 : 1);
      await model.answer(0.5);
    }

    const skipped = log.filter((line) => line.includes('skipped')).length;
    expect(skipped / log.length).toBeLessThanOrEqual(0.2);
    expect(skipped).toBeGreaterThan(0);
  });

  it('holds a bounded number of windows when the model never answers, and lets them all through', () => {
    const { model, log, push } = setup(4);

    push(1000);

    expect(model.runs.length).toBe(1);
    expect(log.length).toBeGreaterThanOrEqual(1000 - 8);
    expect(log).toEqual(log.map((_, index) => `${index}:skipped:0`));
  });

  it('goes on with the model when an inference that was given up answers after all', async () => {
    const { model, log, push } = setup(4);
    push(100);
    const before = log.length;

    await model.answer(0.9);
    expect(log.length).toBe(before);
    await model.answer(0.7);

    expect(log.at(-1)).toBe(`${before}:scored:0.7`);
  });

  it('resets the model with the next frame, not the ones before', async () => {
    const { model, reset$, push } = setup();

    push(2);
    reset$.next();
    push(1);
    for (let run = 0; run < 3; run++) await model.answer(0.5);

    expect(model.runs.map(({ reset }) => reset)).toEqual([false, false, true]);
  });

  it('keeps a reset for the next window that runs when the frame it came with is passed over', async () => {
    const { model, reset$, push } = setup(4);

    push(1);
    reset$.next();
    push(6); // windows 1 and 2 are passed over
    await model.answer(0.5);

    expect(model.runs).toEqual([
      { window: 0, reset: false },
      { window: 3, reset: true },
    ]);
  });

  it('emits nothing and runs nothing after it was unsubscribed', async () => {
    const { model, log, push, subscription, input$, reset$ } = setup();
    push(3);

    subscription.unsubscribe();
    await model.answer(0.5);

    expect(log).toEqual([]);
    expect(model.runs.length).toBe(1);
    expect([input$.observed, reset$.observed]).toEqual([false, false]);
  });

  it('turns a failure of the model into MODEL_INFERENCE_FAILED', async () => {
    const { model, log, push } = setup();
    push(2);

    await model.fail(new Error('out of memory'));

    expect(log).toEqual(['[MODEL_INFERENCE_FAILED] the model failed (out of memory); load it again']);
  });

  it('ends with an error that names the frame when the model answers with no number', async () => {
    const { model, log, push } = setup();
    push(2);

    await model.answer(Number.NaN);

    expect(log).toEqual([
      '[MODEL_INFERENCE_FAILED] the model answered with no number for the frame at 0 ms; load it again',
    ]);
  });

  it('turns a model that throws at once into MODEL_INFERENCE_FAILED', async () => {
    const failing = {
      score: () => Promise.reject(new Error('no session')),
      skip: () => undefined,
    };
    const input$ = of(audioFrame({ sampleRateHz: 16_000, channels: 1 }, Float32Array.of(0), 0));
    const ended = new Promise((resolve) => {
      input$
        .pipe(
          scoreInOrder({
            createModel: () => failing,
            assertFrame: () => undefined,
            reset$: NEVER,
            maxWaiting: 4,
            maxInferenceMs: 5000,
          }),
        )
        .subscribe({ error: resolve });
    });

    expect(await ended).toMatchObject({ code: 'MODEL_INFERENCE_FAILED' });
  });

  it('does not wait for ever when the source is over and the model does not answer', () => {
    vi.useFakeTimers();
    const { log, push, input$ } = setup();
    push(2);
    input$.complete();

    vi.advanceTimersByTime(4999);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(1);

    expect(log).toEqual(['[MODEL_INFERENCE_FAILED] the model gave no answer within 5000 ms; load it again']);
  });

  it('keeps the order when a frame is pushed while another is emitted', async () => {
    const model = slowModel();
    const input$ = new Subject<AudioFrame>();
    const seen: number[] = [];
    const format = { sampleRateHz: 16_000, channels: 1 };
    input$
      .pipe(
        scoreInOrder({
          createModel: () => model,
          assertFrame: () => undefined,
          reset$: NEVER,
          maxWaiting: 4,
          maxInferenceMs: 5000,
        }),
      )
      .subscribe(({ frame }) => {
        seen.push(frame.timestampMs);
        if (seen.length < 5) input$.next(audioFrame(format, Float32Array.of(0), seen.length));
      });

    input$.next(audioFrame(format, Float32Array.of(0), 0));
    for (let run = 0; run < 5; run++) await model.answer(0.5);

    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});
