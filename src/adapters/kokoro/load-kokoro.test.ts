import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lastValueFrom, type Observable, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  kokoroRateHz,
  samplesPerToken,
  syntheticKokoro,
} from '../../../test/support/synthetic-models/kokoro-model.js';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { startModelHub } from '../../../test/support/synthetic-models/model-hub.js';
import { createGraph } from '../../../test/support/synthetic-models/onnx-writer.js';
import { costOf } from '../../../test/support/synthetic-models/realistic-cost.js';
import { type AudioFrame, durationMs } from '../../core/audio/audio-frame.js';
import type { VoiceError } from '../../core/errors.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import type { EngineState } from '../engine-host/index.js';
import type { ModelProgress } from '../model-store/index.js';
import type { GivenKokoroOptions } from './kokoro-options.js';
import { type KokoroSynthesizer, loadKokoro } from './load-kokoro.js';
import { type KokoroVoice, kokoroVoices } from './voices.js';

const root = mkdtempSync(join(tmpdir(), 'kokoro-'));
const model = join(root, 'quick');
const dear = join(root, 'dear');
const msPerToken = 6;
beforeAll(async () => {
  writeModel(model, syntheticKokoro());
  // A tenth of real time for each of the 60 ms of a token.
  writeModel(dear, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: msPerToken }) }));
});
/** For whoever needs nothing of its own. */
let shared: KokoroSynthesizer;
beforeAll(async () => {
  shared = await loadKokoro({ model, threads: 1, maxCharacters: 500 });
});
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

const speak = (voice: KokoroSynthesizer, text: string): Promise<AudioFrame[]> =>
  lastValueFrom(voice.synthesize(text).pipe(toArray()));
const lengthMs = (frames: readonly AudioFrame[]) => frames.reduce((sum, frame) => sum + durationMs(frame), 0);
const tokensOf = (frames: readonly AudioFrame[]) =>
  lengthMs(frames) / ((samplesPerToken * 1000) / kokoroRateHz);
const failureOf = (promise: Promise<unknown>): Promise<VoiceError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: VoiceError) => error,
  );

function statesOf(voice: KokoroSynthesizer) {
  const states: EngineState[] = [];
  voice.state$.subscribe((state) => states.push(state));
  const last = () => states.at(-1);
  const pid = () => {
    const known = states.findLast((state) => 'pid' in state);
    return (known && 'pid' in known && known.pid) || -1;
  };
  return { states, last, pid };
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let look = 0; !isTrue(); look++) {
    if (look > 4000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Everything that comes of one text, and how it ends. */
function listen(source$: Observable<AudioFrame>) {
  const frames: AudioFrame[] = [];
  let error: VoiceError | undefined;
  let isOver = false;
  const subscription = source$.subscribe({
    next: (frame) => frames.push(frame),
    error: (failure: VoiceError) => {
      error = failure;
      isOver = true;
    },
    complete: () => {
      isOver = true;
    },
  });
  return { frames, subscription, error: () => error, isOver: () => isOver };
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

  it('stops at the next sentence when it is cut, and serves who comes next with the same process', async () => {
    const voice = await load({ model: dear, limits: { cancelGraceMs: 60_000 } });
    const { pid } = statesOf(voice);
    const before = pid();
    const sentence = 'This is a sentence of the usual length. ';
    const cut = listen(voice.synthesize(sentence.repeat(40)));
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

  it('downloads the model on first use, tells how that goes, and never again', async () => {
    const repo = 'someone/Kokoro-small';
    const hub = await startModelHub({ repo, files: syntheticKokoro() });
    const store = join(root, 'store');
    try {
      const progress: ModelProgress[] = [];
      const options = { model: repo, store, source: hub.source, dtype: 'q8' } as const;
      const voice = await load({ ...options, onProgress: (told) => progress.push(told) });
      const spoken = await speak(voice, 'One moment, please.');

      expect(spoken).toEqual(await speak(await load({ dtype: 'q8' }), 'One moment, please.'));
      expect(progress[0]).toMatchObject({ type: 'download-announced', source: hub.source, id: repo });
      expect(progress.at(-1)).toMatchObject({ type: 'ready' });
      expect(hub.requests.some(({ path }) => path.includes('model_quantized'))).toBe(true);
      // Only what this dtype needs.
      expect(hub.requests.some(({ path }) => path.endsWith('onnx/model.onnx'))).toBe(false);
    } finally {
      await hub.close();
    }
    const again = await load({ model: repo, store, dtype: 'q8', offline: true, source: hub.source });
    expect(await speak(again, 'Hello.')).not.toHaveLength(0);
    const error = await failureOf(load({ model: repo, store, dtype: 'fp32', offline: true }));
    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('offline') });
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

describe('what is known to go wrong with kokoro-js', () => {
  it('trap: inference blocks the event loop of its process; this one goes on meanwhile', async () => {
    const voice = await load({ model: dear });
    let turns = 0;
    const spoken = listen(voice.synthesize('A sentence that takes the model a while to speak.'));
    while (spoken.frames.length === 0 && spoken.error() === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      turns += 1;
    }

    // Some 50 tokens of 6 ms each: of one blocked loop, one turn would be left.
    expect(turns).toBeGreaterThan(10);
  });

  it('trap: text beyond 510 tokens is cut off without a word; of 3000 characters no word is lost', async () => {
    const voice = shared;
    const sentence = 'a quick brown fox jumps over a lazy dog and runs away into the dark wood';
    const one = tokensOf(await speak(voice, sentence));
    // No full stop anywhere: nothing but words to cut between.
    const times = Math.ceil(3000 / (sentence.length + 1));
    const text = Array(times).fill(sentence).join(' ');
    expect(text.length).toBeGreaterThan(3000);
    const tokens = tokensOf(await speak(voice, text));

    // Each part begins and ends with a mark, and the space between two goes; phonemes change a little with their neighbours.
    expect(tokens).toBeGreaterThan(times * (one - 2) * 0.98);
    expect(tokens).toBeGreaterThan(2 * 512);
  });

  it('trap: short texts of digits make more than 510 tokens too; all are spoken', async () => {
    const voice = shared;
    const number = '1777777777';
    const one = tokensOf(await speak(voice, number));
    const tokens = tokensOf(await speak(voice, Array(20).fill(number).join(' ')));

    expect(one * 20).toBeGreaterThan(3 * 512);
    expect(tokens).toBeGreaterThan(20 * (one - 2) * 0.98);
  });

  it('trap: a stream of a string never ends, and never says its last sentence', async () => {
    const voice = shared;
    const both = await speak(voice, 'The first one. The last one.');
    const first = await speak(voice, 'The first one.');
    const last = await speak(voice, 'The last one.');

    expect(lengthMs(both)).toBeCloseTo(lengthMs(first) + lengthMs(last), 6);
  });

  it('trap: listeners that end the process for any exception are not installed in this one', async () => {
    const count = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    const before = count();
    await speak(await load(), 'Hello.');

    expect(count()).toEqual(before);
  });

  it('trap: only three options are passed on by kokoro-js; threads and the silence of onnxruntime arrive all the same', async () => {
    const voice = await load({ threads: 3, warmUp: false });
    const { pid } = statesOf(voice);
    await speak(voice, 'Hello.');
    const threads = readdirSync(`/proc/${pid()}/task`).length;
    const single = await load({ threads: 1, warmUp: false });
    const { pid: singlePid } = statesOf(single);
    await speak(single, 'Hello.');

    // The thread of the caller counts as one of them.
    expect(threads - readdirSync(`/proc/${singlePid()}/task`).length).toBe(2);
  });

  it('trap: a voice that it does not know is printed as a table; it is refused before', async () => {
    const error = await failureOf(load({ voice: 'af_nobody' as KokoroVoice }));

    expect(error.code).toBe('OPTION_INVALID');
  });

  it('trap: voices of other languages are in the package, and no phonemes for them', async () => {
    const error = await failureOf(load({ voice: 'ef_dora' as KokoroVoice }));

    expect(error.message).toMatch(/must be an English voice, because kokoro-js has no phonemes for Spanish/);
  });

  it('trap: voices are files of the package; ours are those that it knows and has', () => {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve('kokoro-js')));
    const files = readdirSync(join(folder, 'voices')).map((file) => file.replace('.bin', ''));
    const known = [
      ...readFileSync(join(folder, 'dist/kokoro.js'), 'utf8').matchAll(/\b([a-z][fm]_[a-z]+):\{name:/g),
    ].map(([, name]) => name);

    expect([...kokoroVoices].sort()).toEqual(known.sort());
    for (const voice of kokoroVoices) expect(files).toContain(voice);
  });

  it('trap: a text of nothing makes a click', async () => {
    const error = await failureOf(speak(await load({ warmUp: false }), ' … '));

    expect(error.code).toBe('SYNTHESIS_FAILED');
  });

  it('trap: a file that was cut off fails as a protobuf; the error says which model and what to do', async () => {
    const cut = join(root, 'cut');
    writeModel(cut, syntheticKokoro());
    truncateSync(join(cut, 'onnx/model.onnx'), 700);
    const error = await failureOf(load({ model: cut }));

    expect(error.code).toBe('MODEL_LOAD_FAILED');
    expect(error.message).toMatch(
      /the Kokoro model in .*cut cannot be loaded as fp32 \(.*[Pp]rotobuf.*delete it and get it again/,
    );
    // Once it is whole, so is the next start.
    writeModel(cut, syntheticKokoro());
    expect(await speak(await load({ model: cut }), 'Hello.')).not.toHaveLength(0);
  });

  it('trap: the library fetches what is missing by itself, and not atomically; here it never fetches', async () => {
    const offline = join(root, 'offline');
    writeModel(offline, syntheticKokoro());
    const voice = await load({ model: offline, warmUp: false });
    rmSync(join(offline, 'tokenizer.json'));
    const error = await failureOf(speak(voice, 'Hello.'));

    expect(error).toMatchObject({ code: 'SYNTHESIS_FAILED', message: expect.stringContaining(offline) });
    expect(error.message).not.toMatch(/fetch failed/);
  });

  it('trap: telemetry of onnxruntime is a database in the home of the user; the engine is told not to', async () => {
    const { pid } = statesOf(shared);
    await speak(shared, 'Hello.');

    expect(readFileSync(`/proc/${pid()}/environ`, 'utf8')).toContain('ORT_DISABLE_TELEMETRY=1');
  });

  it.each(['SIGTERM', 'exit'])(
    'trap: ending during an inference aborts with a core dump; here it is quiet: %s',
    (how) => {
      const file = join(root, `end-${how}.mts`);
      const library = new URL('./load-kokoro.ts', import.meta.url).href;
      writeFileSync(
        file,
        `import { loadKokoro } from ${JSON.stringify(library)};
const voice = await loadKokoro({ model: ${JSON.stringify(dear)}, threads: 1 });
voice.synthesize('A sentence that takes the model a while to speak, and is the only one.').subscribe();
setTimeout(() => ${how === 'exit' ? 'process.exit(7)' : "process.kill(process.pid, 'SIGTERM')"}, 100);
`,
      );
      const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
      const { status, signal, stderr } = spawnSync(process.execPath, ['--import', tsx, file], {
        encoding: 'utf8',
      });

      expect({ status, signal, stderr }).toEqual(
        how === 'exit'
          ? { status: 7, signal: null, stderr: '' }
          : { status: null, signal: 'SIGTERM', stderr: '' },
      );
    },
  );
});

describe.runIf(existsSync('/proc/self/task'))('two engines at once', () => {
  it('trap: two threads in one onnxruntime abort; two voices are two processes', async () => {
    const [a, b] = [await load({ model: dear }), await load({ model: dear, voice: 'bf_emma' })];
    const text = 'Both of them speak at the same time.';
    const [first, second] = await Promise.all([speak(a, text), speak(b, text)]);

    expect(lengthMs(first)).toBeCloseTo(lengthMs(second), 6);
    expect(statesOf(a).pid()).not.toBe(statesOf(b).pid());
  });
});
