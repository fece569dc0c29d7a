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
import { availableParallelism, getPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
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
  tokensOf,
  until,
  withoutNetwork,
  withoutSharp,
} from '../../../test/support/synthetic-models/speaking.js';
import { findEngineProgram } from '../engine-host/index.js';
import type { GivenKokoroOptions } from './kokoro-options.js';
import { type KokoroSynthesizer, loadKokoro } from './load-kokoro.js';
import { type KokoroVoice, kokoroVoices } from './voices.js';

const root = mkdtempSync(join(tmpdir(), 'kokoro-traps-'));
const model = join(root, 'quick');
const dear = join(root, 'dear');
/** With the threads that it has by default, and on a machine without a network. */
let shared: KokoroSynthesizer;
beforeAll(async () => {
  writeModel(model, syntheticKokoro());
  writeModel(dear, syntheticKokoro({ dtypes: ['fp32'], cost: await costOf({ msPerRow: 6 }) }));
  shared = await loadKokoro(
    { model, maxCharacters: 500 },
    { findProgram: () => programWith(withoutNetwork) },
  );
}, 60_000);
afterAll(async () => {
  await shared.close();
  rmSync(root, { recursive: true, force: true });
});

/** The engine, run by Node with more options. */
const programWith = (more: readonly string[]) => {
  const { file, nodeOptions } = findEngineProgram('adapters/kokoro/engine');
  return { file, nodeOptions: [...nodeOptions, ...more] };
};

const voices: KokoroSynthesizer[] = [];
afterEach(async () => {
  await Promise.all(voices.splice(0).map((voice) => voice.close()));
});

async function load(
  options: GivenKokoroOptions = {},
  nodeOptions: readonly string[] = [],
): Promise<KokoroSynthesizer> {
  const findProgram = () => programWith(nodeOptions);
  const voice = await loadKokoro({ model, threads: 1, ...options }, { findProgram });
  voices.push(voice);
  return voice;
}

const refusalOf = (options: object) => failureOf(loadKokoro({ model, ...options }));

describe('what is known to go wrong with kokoro-js', () => {
  it('trap: text beyond 510 tokens is cut off without a word; of 3000 characters no word is lost', async () => {
    const sentence = 'a quick brown fox jumps over a lazy dog and runs away into the dark wood';
    const one = tokensOf(await speak(shared, sentence));
    // No full stop anywhere: nothing but words to cut between.
    const times = Math.ceil(3000 / (sentence.length + 1));
    const text = Array(times).fill(sentence).join(' ');
    expect(text.length).toBeGreaterThan(3000);
    const tokens = tokensOf(await speak(shared, text));

    // Each part begins and ends with a mark, and the space between two goes; phonemes change a little with their neighbours.
    expect(tokens).toBeGreaterThan(times * (one - 2) * 0.98);
    expect(tokens).toBeGreaterThan(2 * 512);
  });

  it('trap: short texts of digits make more than 510 tokens too; all are spoken', async () => {
    const number = '1777777777';
    const one = tokensOf(await speak(shared, number));
    const tokens = tokensOf(await speak(shared, Array(20).fill(number).join(' ')));

    expect(one * 20).toBeGreaterThan(3 * 512);
    expect(tokens).toBeGreaterThan(20 * (one - 2) * 0.98);
  });

  it('trap: a stream of a string never ends, and never says its last sentence', async () => {
    const both = await speak(shared, 'The first one. The last one.');
    const first = await speak(shared, 'The first one.');
    const last = await speak(shared, 'The last one.');

    expect(lengthMs(both)).toBeCloseTo(lengthMs(first) + lengthMs(last), 6);
  });

  it('trap: a text of nothing makes a click', async () => {
    expect((await failureOf(speak(shared, ' … '))).code).toBe('SYNTHESIS_FAILED');
  });

  it('trap: a voice that it does not know is printed as a table; it is refused before', async () => {
    expect((await refusalOf({ voice: 'af_nobody' })).code).toBe('OPTION_INVALID');
  });

  it('trap: voices of other languages are in the package, and no phonemes for them', async () => {
    const { message } = await refusalOf({ voice: 'ef_dora' as KokoroVoice });

    expect(message).toMatch(/must be an English voice, because kokoro-js has no phonemes for Spanish/);
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

  it('trap: its phonemizer takes 0.2 s for its first text; it is ready only after it has spoken once', async () => {
    const voice = await load({ warmUp: false });
    const { states } = statesOf(voice);
    await speak(voice, 'Hello.');

    const steps = states.map((state) => (state.type === 'starting' ? state.doing : state.type));
    expect(steps.indexOf('warming up')).toBeGreaterThan(0);
    expect(steps.indexOf('warming up')).toBeLessThan(steps.indexOf('busy'));
  });

  it('trap: it holds code under the GPL, eSpeak NG in its phonemizer; it is a peer that the user installs', () => {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as Record<string, Record<string, unknown>>;

    for (const carried of [dependencies, optionalDependencies]) {
      expect(Object.keys(carried ?? {})).not.toContain('kokoro-js');
      expect(Object.keys(carried ?? {})).not.toContain('phonemizer');
    }
    expect(peerDependencies).toHaveProperty('kokoro-js');
    expect(peerDependenciesMeta).toMatchObject({ 'kokoro-js': { optional: true } });
  });

  it('trap: int8 is slower than fp32 on every machine that was measured; it is for who asks for a small download', () => {
    expect(shared.engine).toBe('kokoro-82m-fp32');
  });

  it('trap: some of its devices are for browsers only; there is no option for one', async () => {
    expect((await refusalOf({ device: 'wasm' })).message).toMatch(/device is not an option/);
  });
});

describe('what is known to go wrong with the loading of models by transformers.js', () => {
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
    const voice = await load({ model: offline, warmUp: false }, withoutNetwork);
    rmSync(join(offline, 'tokenizer.json'));
    const error = await failureOf(speak(voice, 'Hello.'));

    expect(error).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      message: expect.stringContaining(offline),
      retryable: false,
    });
    expect(error.message).not.toMatch(/fetch failed/);
  });

  it('trap: examples fetch voices from the hub; here every voice speaks without a network', async () => {
    // The process of `shared` dies of the first connection that it opens.
    const before = statesOf(shared).pid();
    expect(await speak(shared, 'Hello.')).not.toHaveLength(0);
    expect(statesOf(shared).pid()).toBe(before);

    const british = await load({ voice: 'bm_lewis' }, withoutNetwork);
    expect(await speak(british, 'Hello.')).not.toHaveLength(0);
  });

  it('trap: a file: URL is no name of a model; it is refused at once', async () => {
    expect((await refusalOf({ model: pathToFileURL(model).href })).message).toContain(
      'must be owner/name of a model on the hub, or the path of a folder',
    );
  });

  it('trap: there is no falling back to other weights; the file that is missing is named', async () => {
    const { code, message } = await refusalOf({ dtype: 'q4' });

    expect(code).toBe('MODEL_LOAD_FAILED');
    expect(message).toContain('onnx/model_q4.onnx is missing');
  });

  it('trap: it imports sharp, which it does not need; where that does not work the error says so', async () => {
    const { code, message, retryable } = await failureOf(load({}, withoutSharp));

    expect({ code, retryable }).toEqual({ code: 'MODEL_LOAD_FAILED', retryable: false });
    expect(message).toMatch(
      /kokoro-js cannot be imported \(Could not load the sharp module\); install it anew/,
    );
  });
});

describe.runIf(existsSync('/proc/self/task'))('what is known to go wrong with onnxruntime', () => {
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

  it('trap: ending a thread in the middle of an inference aborts the process; a child that is killed then takes nothing with it', async () => {
    const { session, feeds, output } = await detector();
    const voice = await load({ model: dear });
    const { pid } = statesOf(voice);
    const before = pid();
    const spoken = listen(voice.synthesize('A sentence that takes the model a while. '.repeat(40)));
    await until('it has begun', () => spoken.frames.length > 0);
    const scores: unknown[] = [];
    const score = async () => scores.push((await session.run(feeds))[output]?.data[0]);
    while (scores.length < 20) await score();
    expect(spoken.isOver()).toBe(false);
    process.kill(before, 'SIGKILL');
    while (!spoken.isOver()) await score();
    while (scores.length < 100) await score();

    expect(new Set(scores)).toEqual(new Set([3]));
    expect(spoken.error()).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    expect(await speak(voice, 'Next.')).not.toHaveLength(0);
    expect(pid()).not.toBe(before);
    await session.release();
  });

  it('trap: two threads in one onnxruntime abort; two voices are two processes', async () => {
    const [a, b] = [await load({ model: dear }), await load({ model: dear, voice: 'bf_emma' })];
    const text = 'Both of them speak at once.';
    const [first, second] = await Promise.all([speak(a, text), speak(b, text)]);

    expect(lengthMs(first)).toBeCloseTo(lengthMs(second), 6);
    expect(statesOf(a).pid()).not.toBe(statesOf(b).pid());
  });

  it('trap: only three options are passed on by kokoro-js; threads and the silence of onnxruntime arrive all the same', async () => {
    const [single, three] = [await load({ threads: 1 }), await load({ threads: 3 })];
    const threadsOf = (voice: KokoroSynthesizer) => readdirSync(`/proc/${statesOf(voice).pid()}/task`).length;
    for (const voice of [single, three, shared]) await speak(voice, 'Hello.');

    // The thread of the caller counts as one of them.
    expect(threadsOf(three) - threadsOf(single)).toBe(2);
    // trap: with a thread for each core frames are late, 38 ms where one core fewer makes it 3.
    expect(threadsOf(shared) - threadsOf(single)).toBe(Math.max(1, availableParallelism() - 1) - 1);
  });

  it('trap: inference takes a core from whoever needs it in time; its process stands back', () => {
    expect(getPriority(statesOf(shared).pid())).toBe(Math.min(19, getPriority() + 10));
  });

  it('trap: its telemetry is a database in the home of the user, and only the environment of the process keeps it off', () => {
    expect(readFileSync(`/proc/${statesOf(shared).pid()}/environ`, 'utf8')).toContain(
      'ORT_DISABLE_TELEMETRY=1',
    );
  });

  it('trap: listeners that end the process for any exception are not installed in this one', async () => {
    const count = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    const before = count();
    await speak(await load(), 'Hello.');

    expect(count()).toEqual(before);
  });
});

describe('a program that speaks with Kokoro', () => {
  it('trap: two versions of onnxruntime in one process end it; Kokoro brings none into the one that uses it', () => {
    const { status, stdout, stderr } = runProgram(
      'maps',
      `import { readFileSync } from 'node:fs';
voice.synthesize('Hello.').subscribe({
  complete: () => {
    console.log(/onnxruntime|sharp/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0] ?? 'nothing of it');
  },
});`,
    );

    // It ends by itself, because nothing more is asked.
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'nothing of it\n', stderr: '' });
  });

  it.each(['SIGTERM', 'exit'])(
    'trap: ending during an inference aborts with a core dump; here it is quiet: %s',
    (how) => {
      const { status, signal, stderr } = runProgram(
        `end-${how}`,
        `voice.synthesize('A sentence that takes the model a while to speak, and is the only one.').subscribe();
setTimeout(() => ${how === 'exit' ? 'process.exit(7)' : "process.kill(process.pid, 'SIGTERM')"}, 100);`,
      );

      expect({ status, signal, stderr }).toEqual(
        how === 'exit'
          ? { status: 7, signal: null, stderr: '' }
          : { status: null, signal: 'SIGTERM', stderr: '' },
      );
    },
  );
});

/** Something that scores frames in this process. */
async function detector() {
  const graph = createGraph('detector');
  const level = graph.input('level', 'float', [1]);
  graph.output('score', graph.node('Add', [level, graph.floats([1])]), 'float', [1]);
  const session = await InferenceSession.create(graph.toBytes(), { intraOpNumThreads: 1 });
  return { session, output: 'score', feeds: { level: new Tensor('float32', Float32Array.of(2), [1]) } };
}

function runProgram(name: string, then: string) {
  const file = join(root, `${name}.mts`);
  const library = new URL('./load-kokoro.ts', import.meta.url).href;
  writeFileSync(
    file,
    `import { loadKokoro } from ${JSON.stringify(library)};
const voice = await loadKokoro({ model: ${JSON.stringify(dear)}, threads: 1 });
${then}
`,
  );
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return spawnSync(process.execPath, ['--import', tsx, file], { encoding: 'utf8' });
}
