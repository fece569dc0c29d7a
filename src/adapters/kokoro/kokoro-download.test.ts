import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { env } from '@huggingface/transformers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { syntheticKokoro } from '../../../test/support/synthetic-models/kokoro-model.js';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { type ModelHub, startModelHub } from '../../../test/support/synthetic-models/model-hub.js';
import { padded } from '../../../test/support/synthetic-models/onnx-writer.js';
import { failureOf, speak } from '../../../test/support/synthetic-models/speaking.js';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import type { ModelProgress } from '../model-store/index.js';
import type { GivenKokoroOptions } from './kokoro-options.js';
import { type KokoroSynthesizer, loadKokoro } from './load-kokoro.js';

const repo = 'someone/Kokoro-small';
const weightBytes = 400_000;
const text = 'One moment, please.';
const quick = syntheticKokoro();
const files = {
  ...quick,
  'onnx/model_quantized.onnx': padded(quick['onnx/model_quantized.onnx'] as Uint8Array, weightBytes),
};

const root = mkdtempSync(join(tmpdir(), 'kokoro-download-'));
/** What the model says when nothing went wrong. */
let wanted: AudioFrame[];
beforeAll(async () => {
  const local = join(root, 'local');
  writeModel(local, quick);
  wanted = await speak(await load({ model: local }), text);
  await close();
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let hub: ModelHub;
let store: string;
beforeEach(async () => {
  hub = await startModelHub({ repo, files });
  store = mkdtempSync(join(root, 'store-'));
});
const voices: KokoroSynthesizer[] = [];
const close = () => Promise.all(voices.splice(0).map((voice) => voice.close()));
afterEach(async () => {
  await close();
  await hub.close();
});

async function load(options: GivenKokoroOptions): Promise<KokoroSynthesizer> {
  const voice = await loadKokoro({ dtype: 'q8', threads: 1, ...options });
  voices.push(voice);
  return voice;
}

/** Load it from the hub, and what is told meanwhile. */
async function fetchAndLoad(options: GivenKokoroOptions = {}) {
  const told: ModelProgress[] = [];
  const onProgress = (progress: ModelProgress) => told.push(progress);
  const voice = await load({ model: repo, store, source: hub.source, onProgress, ...options });
  return { voice, told };
}

const folder = () => join(store, repo, 'main');
const weights = () => join(folder(), 'onnx/model_quantized.onnx');

describe('a Kokoro that is downloaded', () => {
  it('tells size and source before the first byte, comes, speaks, and is never asked for again', async () => {
    const listing = () => (env.cacheDir && existsSync(env.cacheDir) ? readdirSync(env.cacheDir) : []);
    const cached = listing();
    const { voice, told } = await fetchAndLoad();

    expect(await speak(voice, text)).toEqual(wanted);
    expect(told[0]).toMatchObject({ type: 'download-announced', source: hub.source, id: repo });
    expect(told[0]).toHaveProperty('totalBytes', expect.any(Number));
    expect(told.at(-1)).toEqual({ type: 'ready', folder: folder() });
    // Only what this dtype needs.
    expect(hub.requests.some(({ path }) => path.includes('model_quantized'))).toBe(true);
    expect(hub.requests.some(({ path }) => path.endsWith('onnx/model.onnx'))).toBe(false);
    // The cache of the library is in node_modules, where every install deletes it.
    expect(env.cacheDir).toContain('node_modules');
    expect(listing()).toEqual(cached);

    await hub.close();
    const again = await fetchAndLoad({ offline: true });
    expect(await speak(again.voice, text)).toEqual(wanted);
    const error = await failureOf(fetchAndLoad({ dtype: 'fp32', offline: true }));
    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('offline') });
    hub = await startModelHub({ repo, files });
  });

  it('trap: half a file breaks every later start; killed in the middle of the download, the next start is clean and goes on', async () => {
    const program = fileURLToPath(
      new URL('../../../test/support/synthetic-models/load-kokoro-program.ts', import.meta.url),
    );
    const options = { model: repo, store, source: hub.source, dtype: 'q8', threads: 1 };
    const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(child, 'exit');
    try {
      await hub.untilSent(weightBytes / 2);
      hub.pause();
      for await (const line of createInterface(child.stdout)) {
        expect(line).not.toBe('loaded');
        if (line.includes('"file":"onnx/model_quantized.onnx","received')) break;
      }
    } finally {
      child.kill('SIGKILL');
      await gone;
    }
    hub.resume();
    const whole = /\.onnx$/;
    expect(readdirSync(join(folder(), 'onnx')).filter((name) => whole.test(name))).toEqual([]);
    const before = hub.requests.length;

    const { voice, told } = await fetchAndLoad();

    expect(await speak(voice, text)).toEqual(wanted);
    expect(told[0]).toMatchObject({ type: 'download-announced', files: ['onnx/model_quantized.onnx'] });
    const asked = hub.requests.slice(before).filter(({ method }) => method === 'GET');
    expect(asked.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readdirSync(join(folder(), 'onnx'))).toEqual([
      'model_quantized.onnx',
      'model_quantized.onnx.checked.json',
    ]);
  });

  it('is fetched again when a disk has damaged it without changing its size', async () => {
    await fetchAndLoad();
    const size = readFileSync(weights()).length;
    writeFileSync(weights(), Buffer.alloc(size, 0xff));

    const { voice, told } = await fetchAndLoad();

    expect(await speak(voice, text)).toEqual(wanted);
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'download-announced', files: ['onnx/model_quantized.onnx'] }),
    );
    // From then on it is whole.
    expect((await fetchAndLoad()).told).toEqual([{ type: 'ready', folder: folder() }]);
  });

  it('is named, file by file, when it is damaged and there is no network', async () => {
    await fetchAndLoad();
    writeFileSync(weights(), Buffer.alloc(readFileSync(weights()).length, 0xff));

    const error = await failureOf(fetchAndLoad({ offline: true }));

    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', retryable: false });
    expect(error.message).toContain('onnx/model_quantized.onnx missing or damaged');
  });

  it('is an error that will not pass by itself when the hub has no such model', async () => {
    const none = await failureOf(fetchAndLoad({ model: 'someone/nothing' }));

    expect(none).toMatchObject({ code: 'MODEL_LOAD_FAILED', retryable: false });
    expect(none.message).toContain('does not exist (404)');
  });
});
