import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { syntheticKokoro } from '../../../test/support/synthetic-models/kokoro-model.js';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { createGraph } from '../../../test/support/synthetic-models/onnx-writer.js';
import { costOf } from '../../../test/support/synthetic-models/realistic-cost.js';
import {
  failureOf,
  lengthMs,
  listen,
  speak,
  statesOf,
  until,
} from '../../../test/support/synthetic-models/speaking.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import type { GivenKokoroOptions } from './kokoro-options.js';
import { type KokoroSynthesizer, loadKokoro } from './load-kokoro.js';

const root = mkdtempSync(join(tmpdir(), 'kokoro-'));
const model = join(root, 'quick');
const dear = join(root, 'dear');
const msPerToken = 6;
/** For whoever needs nothing of its own. */
let shared: KokoroSynthesizer;
beforeAll(async () => {
  writeModel(model, syntheticKokoro());
  // A tenth of real time for each of the 60 ms of a token.
  writeModel(dear, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: msPerToken }) }));
  shared = await loadKokoro({ model, threads: 1 });
}, 60_000);
afterAll(async () => {
  await shared.close();
  rmSync(root, { recursive: true, force: true });
});

const voices: KokoroSynthesizer[] = [];
afterEach(async () => {
  await Promise.all(voices.splice(0).map((voice) => voice.close()));
});

async function load(options: GivenKokoroOptions = {}): Promise<KokoroSynthesizer> {
  const voice = await loadKokoro({ model, threads: 1, ...options });
  voices.push(voice);
  return voice;
}

describeSynthesizerContract(
  { describe, it, expect },
  {
    name: 'loadKokoro',
    create: () => shared,
    unspeakableText: '... !',
  },
);

describe('loadKokoro', () => {
  it('is ready when it has loaded, and names what it speaks with', async () => {
    const voice = await load({ dtype: 'q8', voice: 'bm_george', speed: 1.25 });

    expect(voice).toMatchObject({ engine: 'kokoro-82m-q8', voice: 'bm_george', speed: 1.25 });
    expect(statesOf(voice).last()?.type).toBe('ready');
  });

  it('loads with the first text when it is told not to warm up', async () => {
    const voice = await load({ warmUp: false });
    const { states, last } = statesOf(voice);
    expect(last()?.type).toBe('cold');

    expect(await speak(voice, 'Hello.')).not.toHaveLength(0);
    expect(states.flatMap((state) => (state.type === 'starting' ? [state.doing] : []))).toEqual([
      'starting',
      'importing kokoro-js',
      'loading the model',
      'warming up',
    ]);
  });

  it('speaks half as long at twice the speed, and otherwise with another voice', async () => {
    const [once, twice, other] = [shared, await load({ speed: 2 }), await load({ voice: 'am_onyx' })];
    const text = 'One moment, please.';
    const [a, b, c] = [await speak(once, text), await speak(twice, text), await speak(other, text)];

    expect(lengthMs(b)).toBeCloseTo(lengthMs(a) / 2, 6);
    expect(lengthMs(c)).toBeCloseTo(lengthMs(a), 6);
    expect(c[10]?.samples).not.toEqual(a[10]?.samples);
  });

  it('speaks sentence by sentence, so that the first is there before the last is made', async () => {
    const voice = await load({ model: dear });
    const spoken = listen(
      voice.synthesize('The first sentence is here. The second sentence comes after it.'),
    );
    await until('something came', () => spoken.frames.length > 0);

    expect(spoken.isOver()).toBe(false);
    const first = spoken.frames.length;
    await until('it is over', spoken.isOver);
    expect(spoken.frames.length).toBeGreaterThan(first);
  });

  it('trap: a cancel is seen only by a process that yields; it stops at the next sentence, and serves who comes next with the same process', async () => {
    const voice = await load({ model: dear, limits: { cancelGraceMs: 60_000 } });
    const { pid } = statesOf(voice);
    const before = pid();
    // A minute and a half of work, and there are 30 s.
    const sentence = 'This is a sentence of the usual length. ';
    const cut = listen(voice.synthesize(sentence.repeat(400)));
    await until('something came', () => cut.frames.length > 0);
    cut.subscription.unsubscribe();
    const emitted = cut.frames.length;
    await speak(voice, 'Next.');

    expect(cut.frames).toHaveLength(emitted);
    expect(pid()).toBe(before);
  });

  it('is killed in the middle of a sentence when a cut has to be quick, and comes back', async () => {
    const voice = await load({ model: dear, limits: { cancelGraceMs: 0 } });
    const { pid, states } = statesOf(voice);
    const before = pid();
    const cut = listen(voice.synthesize('This is a sentence of the usual length, and a little longer.'));
    cut.subscription.unsubscribe();
    await speak(voice, 'Next.');

    expect(cut.frames).toEqual([]);
    expect(pid()).not.toBe(before);
    expect(states.some(({ type }) => type === 'failed')).toBe(false);
  });

  it('is clean and goes on after it was killed in the middle of a synthesis', async () => {
    const voice = await load({ model: dear });
    const { pid, states } = statesOf(voice);
    const spoken = listen(voice.synthesize('The first sentence is here. '.repeat(20)));
    const waiting = listen(voice.synthesize('Another text.'));
    await until('something came', () => spoken.frames.length > 0);
    process.kill(pid(), 'SIGKILL');
    await until('both are over', () => spoken.isOver() && waiting.isOver());

    expect(spoken.error()).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    expect(spoken.error()?.message).toMatch(/the Kokoro voice was lost: its process died of SIGKILL/);
    expect(waiting.error()).toBeUndefined();
    expect(waiting.frames).not.toHaveLength(0);
    expect(states.filter(({ type }) => type === 'failed')).toHaveLength(1);
  });

  it('errors what is under way when it is closed, and what comes then, with nothing to be hoped for', async () => {
    const voice = await load({ model: dear });
    const spoken = listen(voice.synthesize('The first sentence is here.'));
    const waiting = listen(voice.synthesize('Another text.'));
    await voice.close();
    await voice.close();
    const late = listen(voice.synthesize('Too late.'));

    for (const { error, frames } of [spoken, waiting, late]) {
      expect(error()).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: false });
      expect(error()?.message).toMatch(/the Kokoro voice was closed; create another/);
      expect(frames).toEqual([]);
    }
  });

  it('refuses what comes when as many texts wait as may, retryable, and goes on with the others', async () => {
    const voice = await load({ limits: { maxWaiting: 1 } });
    const [running, waiting, refused] = ['One.', 'Two.', 'Three.'].map((text) =>
      listen(voice.synthesize(text)),
    );
    await until('all are over', () => [running, waiting, refused].every((one) => one?.isOver()));

    expect(refused?.error()).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    expect(waiting?.frames).not.toHaveLength(0);
  });

  it('gives its memory back when it was idle, and speaks again', async () => {
    const voice = await load({ limits: { idleMs: 30 } });
    const { last, pid } = statesOf(voice);
    const before = pid();
    await until('it is cold', () => last()?.type === 'cold');

    expect(await speak(voice, 'Hello.')).not.toHaveLength(0);
    expect(pid()).not.toBe(before);
  });

  it('refuses a text without words, in another script or of the length of a book, before it bothers the model', async () => {
    const voice = await load({ warmUp: false });
    const { states } = statesOf(voice);

    for (const [text, why] of [
      ['', /no word in ""/],
      ['?! ...', /no word/],
      [
        'Одну минуту, пожалуйста.',
        /kokoro speaks English, and "Одну.*another script; use a voice of that language/,
      ],
      ['请稍等。', /another script/],
      ['word '.repeat(5000), /25000 characters, and kokoro takes 1 to 20000/],
      [undefined as never, /got a value of type undefined/],
    ] as const) {
      const error = await failureOf(speak(voice, text));
      expect(error.code).toBe('SYNTHESIS_FAILED');
      expect(error.message).toMatch(why);
    }
    expect(states.map(({ type }) => type)).toEqual(['cold']);
    expect(await speak(voice, 'The value of π is 3.')).not.toHaveLength(0);
  });

  it('says which options are wrong, before anything is loaded', async () => {
    const error = await failureOf(
      loadKokoro({ model, speed: 3, dtype: 'fp64' as never, voice: 'nobody' as never, threads: 0 }),
    );

    expect(error.code).toBe('OPTION_INVALID');
    for (const part of [
      /dtype must be one of "fp32".*"fp64"/,
      /voice must be one of af_heart/,
      /speed must be .* 0.5 to 2/,
      /threads/,
    ]) {
      expect(error.message).toMatch(part);
    }
    expect((await failureOf(loadKokoro({ model, limits: { hangMs: 1 } }))).message).toMatch(
      /kokoro limits: hangMs/,
    );
  });

  it('says what to install without kokoro-js', async () => {
    const error = await failureOf(
      loadKokoro({ model }, { findPeer: () => createRequire(import.meta.url).resolve('no-such-package') }),
    );

    expect(error).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/npm install kokoro-js@/),
    });
  });

  it('names the files that a folder lacks', async () => {
    const error = await failureOf(load({ dtype: 'q4' }));

    expect(error).toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('onnx/model_q4.onnx'),
    });
  });

  it('refuses a model that is something else', async () => {
    const other = join(root, 'other');
    const graph = createGraph('another');
    graph.output(
      'twice',
      graph.node('Add', [graph.input('once', 'float', [1]), graph.floats([1])]),
      'float',
      [1],
    );
    writeModel(other, { ...syntheticKokoro(), 'onnx/model.onnx': graph.toBytes() });
    const error = await failureOf(load({ model: other }));

    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining(other) });
  });
});
