import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatMap, from, lastValueFrom, Subject, take, timer, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { type ModelHub, startModelHub } from '../../../test/support/synthetic-models/model-hub.js';
import { syntheticMoonshine } from '../../../test/support/synthetic-models/moonshine-model.js';
import { costOf } from '../../../test/support/synthetic-models/realistic-cost.js';
import { failureOf, statesOf } from '../../../test/support/synthetic-models/speaking.js';
import { listeningFormat, spelledFrames } from '../../../test/support/synthetic-models/tone-alphabet.js';
import { syntheticWhisper } from '../../../test/support/synthetic-models/whisper-model.js';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import type { Transcript } from '../../core/ports/transcriber.js';
import { describeTranscriberContract } from '../../testing/contracts/transcriber.contract.js';
import type { ModelProgress } from '../model-store/index.js';
import { loadMoonshine, type MoonshineTranscriber } from './load-moonshine.js';
import type { GivenMoonshineOptions } from './moonshine-options.js';

const root = mkdtempSync(join(tmpdir(), 'moonshine-'));
const model = join(root, 'quick');
const dear = join(root, 'dear');
beforeAll(async () => {
  writeModel(model, syntheticMoonshine({ dtypes: ['fp32', 'q8'] }));
  // 2 ms for each 20 ms of audio and 5 ms for each letter: three times as dear as what it hears costs a slow board.
  const encoderCost = await costOf({ msPerRow: 2, rows: 100 });
  const decoderCost = await costOf({ msPerRow: 5, rows: 1 });
  writeModel(dear, syntheticMoonshine({ dtypes: ['fp32'], encoderCost, decoderCost }));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const loaded: MoonshineTranscriber[] = [];
const hubs: ModelHub[] = [];
afterEach(async () => {
  await Promise.all(loaded.splice(0).map((transcriber) => transcriber.close()));
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

async function load(options: GivenMoonshineOptions = {}): Promise<MoonshineTranscriber> {
  const transcriber = await loadMoonshine({ model, threads: 1, ...options });
  loaded.push(transcriber);
  return transcriber;
}

const transcribe = (
  transcriber: MoonshineTranscriber,
  frames: readonly AudioFrame[],
): Promise<Transcript[]> => lastValueFrom(from(frames).pipe(transcriber.transcribe(), toArray()));
/** A frame each 20 ms, as a microphone gives them. */
const transcribeLive = (
  transcriber: MoonshineTranscriber,
  frames: readonly AudioFrame[],
): Promise<Transcript[]> =>
  lastValueFrom(
    timer(0, 20).pipe(
      take(frames.length),
      concatMap((n) => from(frames.slice(n, n + 1))),
      transcriber.transcribe(),
      toArray(),
    ),
  );
const finalText = (transcripts: readonly Transcript[]) => transcripts.at(-1)?.text;
const silence = (ms: number): AudioFrame => audioFrame(listeningFormat, new Float32Array(16 * ms), 0);
const pidOf = (transcriber: MoonshineTranscriber): number => statesOf(transcriber).pid();

/** For whoever needs nothing of its own. */
let shared: MoonshineTranscriber;
beforeAll(async () => {
  shared = await loadMoonshine({ model, threads: 1 });
}, 60_000);
afterAll(() => shared.close());

describeTranscriberContract(
  { describe, it, expect },
  {
    name: 'loadMoonshine',
    create: () => shared,
    utterances: [
      { frames: spelledFrames('turn on the light'), text: 'turn on the light' },
      { frames: spelledFrames("what's the time"), text: "what's the time" },
    ],
    wordless: spelledFrames('hm', 20, 0.01),
  },
);

describe('loadMoonshine', () => {
  it('names what it listens with', async () => {
    const transcriber = await load({ dtype: 'q8', recogniser: 'moonshine-base' });

    expect(transcriber.tellsPartials).toBe(true);
    expect(await transcribe(transcriber, spelledFrames('yes'))).toEqual([
      { text: 'yes', final: true, engine: 'moonshine-base-q8' },
    ]);
  });

  it('downloads the model on the first use, told before the first byte, and needs no hub from then on', async () => {
    const repo = 'earshot-tests/moonshine';
    const hub = await startModelHub({ repo, files: syntheticMoonshine({ dtypes: ['q8'] }) });
    hubs.push(hub);
    const told: ModelProgress[] = [];
    const store = join(root, 'store');
    const options = { model: repo, dtype: 'q8', store, source: hub.source } as const;

    const first = await load({ ...options, onProgress: (progress) => told.push(progress) });
    expect(told[0]).toMatchObject({ type: 'download-announced', source: hub.source });
    expect(finalText(await transcribe(first, spelledFrames('hello')))).toBe('hello');

    const asked = hub.requests.length;
    expect(finalText(await transcribe(await load(options), spelledFrames('hello')))).toBe('hello');
    expect(hub.requests.length).toBe(asked);
  });

  it('fetches again what a disk has damaged without changing its size', async () => {
    const repo = 'earshot-tests/moonshine';
    const hub = await startModelHub({ repo, files: syntheticMoonshine({ dtypes: ['q8'] }) });
    hubs.push(hub);
    const store = join(root, 'damaged');
    const options = { model: repo, dtype: 'q8', store, source: hub.source } as const;
    await load(options);
    const file = join(store, repo, 'main/onnx/decoder_model_merged_quantized.onnx');
    writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0xff));

    expect(finalText(await transcribe(await load(options), spelledFrames('hello')))).toBe('hello');
  });

  it('says how to install transformers.js where it is missing', async () => {
    const findPeer = () => {
      throw new Error("Cannot find module '@huggingface/transformers'");
    };

    const { code, message } = await failureOf(loadMoonshine({ model }, { findPeer }));

    expect(code).toBe('PEER_MISSING');
    expect(message).toContain('npm install @huggingface/transformers');
  });

  it('refuses what it cannot listen to with every reason at once', async () => {
    const { code, message } = await failureOf(
      loadMoonshine({ partialEveryMs: 1, maxPartialLoad: 0, recogniser: 'whisper-large' as 'whisper-tiny' }),
    );
    expect(code).toBe('OPTION_INVALID');
    expect(message).toMatch(/recogniser must be one of .*partialEveryMs must be .*maxPartialLoad must be/);

    const other = await failureOf(loadMoonshine({ language: 'ru' }));
    expect(other.message).toContain('moonshine-tiny knows English only; use whisper-tiny');
  });

  it('says what is wrong with a model that is none of its kinds', async () => {
    const other = join(root, 'other');
    writeModel(other, syntheticMoonshine());
    writeFileSync(join(other, 'config.json'), '{"model_type":"wav2vec2"}');

    expect((await failureOf(load({ model: other }))).code).toBe('MODEL_LOAD_FAILED');
  });

  it('ends its process when it is closed; what is under way errors, and what comes then', async () => {
    const transcriber = await load({ model: dear });
    const pid = pidOf(transcriber);
    const under = failureOf(transcribe(transcriber, spelledFrames('one moment please')));
    await transcriber.close();
    await transcriber.close();
    const late = failureOf(transcribe(transcriber, spelledFrames('too late')));

    for (const error of [await under, await late]) {
      expect(error).toMatchObject({ code: 'TRANSCRIPTION_FAILED', retryable: false });
      expect(error.message).toMatch(/was closed; create another/);
    }
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

describe('what belongs to an utterance', () => {
  it('is all of it, the pre-roll included', async () => {
    const [preRoll = silence(20), ...rest] = spelledFrames('go on', 200);

    expect(finalText(await transcribe(shared, [preRoll, ...rest]))).toBe('go on');
  });

  it('is nothing when it is too short for a syllable or silent, and the model is not asked', async () => {
    const transcriber = await load({ warmUp: false });

    expect(await transcribe(transcriber, [silence(5000)])).toMatchObject([{ text: '', final: true }]);
    expect(await transcribe(transcriber, spelledFrames('a').slice(0, 3))).toMatchObject([
      { text: '', final: true },
    ]);
    expect(pidOf(transcriber)).toBe(-1);
  });

  it('may be longer than what goes through the model at once: it is cut where it is quiet, and nothing is lost', async () => {
    const transcriber = await load({ maxStretchMs: 5000 });
    const text =
      'the quick brown fox jumps over the lazy dog and then it goes back to sleep because it is late';

    const transcripts = await transcribe(transcriber, spelledFrames(text));

    // Between two words of real speech the blank that joins two stretches belongs there.
    expect(finalText(transcripts)?.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });

  it('errors when the engine falls behind without hope, instead of keeping ever more', async () => {
    const transcriber = await load({ model: dear, maxStretchMs: 5000 });
    const minute = spelledFrames('one moment please and then '.repeat(15), 1000);
    const error = await failureOf(transcribe(transcriber, minute));

    expect(error).toMatchObject({ code: 'TRANSCRIPTION_FAILED', retryable: false });
    expect(error.message).toMatch(/30 s of speech behind; use a smaller model, or give it speech no faster/);
  });
});

describe('partial transcripts', () => {
  it('come while the person still speaks, each of all that was said so far', async () => {
    const transcriber = await load();
    const text = 'turn on the light';

    const transcripts = await transcribeLive(transcriber, spelledFrames(text));

    const partials = transcripts.slice(0, -1);
    expect(partials.length).toBeGreaterThan(2);
    for (const partial of partials) expect(text.startsWith(partial.text.trim())).toBe(true);
    expect(partials.map((partial) => partial.text.length)).toEqual(
      partials.map((partial) => partial.text.length).sort((a, b) => a - b),
    );
    expect(finalText(transcripts)).toBe(text);
    expect(transcriber.partialCounts().told).toBe(partials.length);
  });

  it('are skipped and counted when they cost too much, and the final one is whole', async () => {
    const transcriber = await load({ model: dear, partialEveryMs: 100 });
    const text = 'turn off all the lights';

    expect(finalText(await transcribeLive(transcriber, spelledFrames(text)))).toBe(text);

    const { told, skipped } = transcriber.partialCounts();
    expect(told).toBeGreaterThan(0);
    expect(skipped).toBeGreaterThan(told);
  });

  it('are given up for the final one', async () => {
    const transcriber = await load({ model: dear });
    const frames$ = new Subject<AudioFrame>();
    const all = lastValueFrom(frames$.pipe(transcriber.transcribe(), toArray()));
    // At once, so that the first partial one is under way when the utterance ends.
    for (const frame of spelledFrames('hello there')) frames$.next(frame);
    frames$.complete();

    expect(await all).toMatchObject([{ text: 'hello there', final: true }]);
    expect(transcriber.partialCounts()).toMatchObject({ told: 0, dropped: 1 });
  });

  it('do not come when nobody wants them', async () => {
    const transcriber = await load({ partials: false });

    expect(transcriber.tellsPartials).toBe(false);
    expect(await transcribeLive(transcriber, spelledFrames('go on'))).toHaveLength(1);
  });
});

describe('Whisper in the place of Moonshine', () => {
  it.each([
    ['whisper-tiny.en', false, undefined],
    ['whisper-tiny', true, undefined],
    ['whisper-tiny', true, 'ru'],
  ] as const)('%s, multilingual: %s, language: %s', async (recogniser, isMultilingual, language) => {
    const folder = join(root, `${recogniser}-${isMultilingual}`);
    writeModel(folder, await syntheticWhisper({ isMultilingual }));
    const transcriber = await load({ model: folder, recogniser, language });

    expect(await transcribe(transcriber, spelledFrames('turn on the light'))).toEqual([
      { text: 'turn on the light', final: true, engine: `${recogniser}-fp32` },
    ]);
  });
});
