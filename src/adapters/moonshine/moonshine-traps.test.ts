import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { env } from '@huggingface/transformers';
import { from, lastValueFrom, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import { syntheticMoonshine } from '../../../test/support/synthetic-models/moonshine-model.js';
import { costOf } from '../../../test/support/synthetic-models/realistic-cost.js';
import {
  failureOf,
  statesOf,
  withoutNetwork,
  withoutSharp,
} from '../../../test/support/synthetic-models/speaking.js';
import { spelledFrames } from '../../../test/support/synthetic-models/tone-alphabet.js';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import type { Transcript } from '../../core/ports/transcriber.js';
import { findEngineProgram } from '../engine-host/index.js';
import { loadMoonshineEngine } from './load-engine.js';
import { loadMoonshine, type MoonshineTranscriber } from './load-moonshine.js';
import type { GivenMoonshineOptions } from './moonshine-options.js';

const root = mkdtempSync(join(tmpdir(), 'moonshine-traps-'));
const model = join(root, 'quick');
const dear = join(root, 'dear');
/** On a machine without a network. */
let quick: MoonshineTranscriber;
let slow: MoonshineTranscriber;
beforeAll(async () => {
  writeModel(model, syntheticMoonshine({ dtypes: ['fp32'] }));
  // 2 ms for each 20 ms of audio and 5 ms for each letter.
  const encoderCost = await costOf({ msPerRow: 2, rows: 100 });
  const decoderCost = await costOf({ msPerRow: 5, rows: 1 });
  writeModel(dear, syntheticMoonshine({ dtypes: ['fp32'], encoderCost, decoderCost }));
  quick = await start({}, withoutNetwork);
  slow = await start({ model: dear, partials: false });
}, 60_000);
afterAll(async () => {
  await Promise.all([quick.close(), slow.close()]);
  rmSync(root, { recursive: true, force: true });
});

const loaded: MoonshineTranscriber[] = [];
afterEach(async () => {
  await Promise.all(loaded.splice(0).map((transcriber) => transcriber.close()));
});

function start(options: GivenMoonshineOptions = {}, more: readonly string[] = []) {
  const { file, nodeOptions } = findEngineProgram('adapters/moonshine/engine');
  const findProgram = () => ({ file, nodeOptions: [...nodeOptions, ...more] });
  return loadMoonshine({ model, threads: 1, ...options }, { findProgram });
}

async function load(options?: GivenMoonshineOptions, more?: readonly string[]) {
  const transcriber = await start(options, more);
  loaded.push(transcriber);
  return transcriber;
}

const transcribe = (
  transcriber: MoonshineTranscriber,
  frames: readonly AudioFrame[],
): Promise<Transcript[]> => lastValueFrom(from(frames).pipe(transcriber.transcribe(), toArray()));
const finalText = (transcripts: readonly Transcript[]) => transcripts.at(-1)?.text;

describe('traps of transformers.js and of its runtime', () => {
  it('trap: the pipeline limits tokens by whole seconds and cuts short utterances; here they are whole', async () => {
    const transcriber = await load({ paddedMs: 100 });

    for (const text of ['a', 'hi', 'yes', 'go on']) {
      expect(finalText(await transcribe(transcriber, spelledFrames(text)))).toBe(text);
    }
  });

  it('trap: inference blocks the event loop; here this process goes on meanwhile', async () => {
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await transcribe(slow, spelledFrames('hello there'));
    isOver = true;

    // An inference in this process would let it turn once for each of the dozen steps.
    expect(turns).toBeGreaterThan(200);
  });

  it('trap: a process that is killed during an inference takes nothing with it; the utterance is listened to again', async () => {
    const { states, pid } = statesOf(slow);
    const before = pid();
    const heard = transcribe(slow, spelledFrames('are you there'));
    expect(states.at(-1)?.type).toBe('busy');
    setTimeout(() => process.kill(before, 'SIGKILL'), 100);

    expect(finalText(await heard)).toBe('are you there');
    expect(pid()).not.toBe(before);
    expect(states.filter(({ type }) => type === 'failed')).toHaveLength(1);
  });

  it('trap: it installs no listeners for what goes wrong in this process', async () => {
    const events = ['uncaughtException', 'unhandledRejection', 'exit', 'SIGINT', 'SIGTERM'] as const;
    const count = () => events.map((event) => process.listenerCount(event));
    const before = count();

    await load();

    expect(count()).toEqual(before);
  });

  it('trap: half a file breaks every later start; it is told with what to do', async () => {
    const half = join(root, 'half');
    writeModel(half, syntheticMoonshine({ dtypes: ['fp32'] }));
    truncateSync(join(half, 'onnx/encoder_model.onnx'), 1000);

    const { code, message } = await failureOf(load({ model: half }));

    expect(code).toBe('MODEL_LOAD_FAILED');
    expect(message).toContain('if a file was cut off, delete it and get it again');
  });

  it('trap: there is no falling back to other weights; the file that is missing is named', async () => {
    const { code, message } = await failureOf(load({ dtype: 'q4' }));

    expect(code).toBe('MODEL_LOAD_FAILED');
    expect(message).toContain('onnx/encoder_model_q4.onnx is missing');
  });

  it('trap: its cache is in node_modules, where every install deletes it; here nothing is written there', async () => {
    const listing = () => (env.cacheDir && existsSync(env.cacheDir) ? readdirSync(env.cacheDir) : []);
    const before = listing();

    await transcribe(quick, spelledFrames('hello'));

    expect(env.cacheDir).toContain('node_modules');
    expect(listing()).toEqual(before);
  });

  it('trap: a file: URL is no name of a model; it is refused at once', async () => {
    expect((await failureOf(loadMoonshine({ model: pathToFileURL(model).href }))).message).toContain(
      'must be owner/name of a model on the hub, or the path of a folder',
    );
  });

  it('trap: the library fetches what is missing by itself, and not atomically; here it never does', async () => {
    const part = join(root, 'part');
    const { 'tokenizer.json': _, ...files } = syntheticMoonshine({ dtypes: ['fp32'] });
    writeModel(part, files);
    const fetching = vi.spyOn(globalThis, 'fetch');

    const settings = { folder: part, dtype: 'fp32', threads: 1, language: undefined };
    const { code } = await failureOf(loadMoonshineEngine(settings, () => {}));

    expect(code).toBe('MODEL_LOAD_FAILED');
    expect(fetching.mock.calls.filter(([url]) => String(url).startsWith('http'))).toEqual([]);
    // The settings of the module in use, and not of its twin for CommonJS.
    expect(env.allowRemoteModels).toBe(false);
    fetching.mockRestore();
  });

  it('trap: it imports sharp, which it does not need; where that does not work the error says so', async () => {
    const { code, message } = await failureOf(load({}, withoutSharp));

    expect(code).toBe('MODEL_LOAD_FAILED');
    expect(message).toMatch(/transformers.js cannot be imported \(Could not load the sharp module\)/);
  });

  it('trap: it would ask its hub for anything; the process that listens dies of a connection, and lives', async () => {
    const before = statesOf(quick).pid();

    expect(finalText(await transcribe(quick, spelledFrames('hello')))).toBe('hello');
    expect(statesOf(quick).pid()).toBe(before);
  });

  it('trap: telemetry of its runtime is off only by the environment of the process', () => {
    expect(readFileSync(`/proc/${statesOf(quick).pid()}/environ`, 'utf8')).toContain(
      'ORT_DISABLE_TELEMETRY=1',
    );
  });
});
