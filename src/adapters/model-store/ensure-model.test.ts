import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pipeline } from '@huggingface/transformers';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/synthetic-models/model-folder.js';
import {
  type HubInit,
  type ModelHub,
  startModelHub,
} from '../../../test/support/synthetic-models/model-hub.js';
import { syntheticMoonshine } from '../../../test/support/synthetic-models/moonshine-model.js';
import { spell } from '../../../test/support/synthetic-models/tone-alphabet.js';
import { isVoiceError, type VoiceError } from '../../core/errors.js';
import { realDisk } from './disk.js';
import { ensureModelOn } from './ensure-model.js';
import { type EnsureModelOptions, ensureModel, type ModelProgress } from './index.js';

const repo = 'earshot-tests/little';
const weights = Uint8Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 251);
const files = {
  'config.json': Buffer.from('{"model_type":"little"}'),
  'onnx/model.onnx': weights,
};
const paths = Object.keys(files);

let store: string;
let hub: ModelHub;
const children: ChildProcess[] = [];

const restart = async (init: Partial<HubInit> = {}) => {
  await hub?.close();
  hub = await startModelHub({ repo, files, ...init });
};
beforeEach(async () => {
  store = mkdtempSync(join(tmpdir(), 'model-store-'));
  hub = await startModelHub({ repo, files });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await hub.close();
  rmSync(store, { recursive: true, force: true });
});

const wanted = (more: Partial<EnsureModelOptions> = {}): EnsureModelOptions => ({
  model: { id: repo, files: paths },
  store,
  source: hub.source,
  retryDelayMs: 0,
  ...more,
});
const stepsOf = (more?: Partial<EnsureModelOptions>) =>
  lastValueFrom(ensureModel(wanted(more)).pipe(toArray()));
const failureOf = async (options: EnsureModelOptions, disk = realDisk): Promise<VoiceError> => {
  const error: unknown = await lastValueFrom(ensureModelOn(disk, options)).catch((reason: unknown) => reason);
  if (!isVoiceError(error)) throw new Error(`no VoiceError, but ${JSON.stringify(error)}`);
  expect(error.code).toBe('MODEL_LOAD_FAILED');
  return error;
};
const folder = () => join(store, repo, 'main');
const here = (path: string) => readFileSync(join(folder(), path));
const namesIn = (path: string) => readdirSync(join(folder(), path)).sort();
const asked = (method: string) => hub.requests.filter((request) => request.method === method);

/** The same in a process of its own, to be killed. */
const startProgram = (more: Partial<EnsureModelOptions> = {}) => {
  const program = fileURLToPath(
    new URL('../../../test/support/synthetic-models/ensure-model-program.ts', import.meta.url),
  );
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(wanted(more))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    child,
    /** Settles when it has stored some of the weights. */
    async hasBegun(): Promise<void> {
      while (!said.includes('"file":"onnx/model.onnx","received')) await once(child.stdout, 'data');
    },
    async end(): Promise<readonly ModelProgress[]> {
      if (child.exitCode === null) await once(child, 'close');
      return said.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ModelProgress]));
    },
  };
};

describe('a model that is not here yet', () => {
  it('is announced with its size and source before the first byte, then comes whole', async () => {
    const announced = await firstValueFrom(ensureModel(wanted()));
    expect(announced).toEqual({
      type: 'download-announced',
      id: repo,
      revision: 'main',
      source: hub.source,
      folder: folder(),
      files: paths,
      totalBytes: 23 + 300_000,
    });
    expect(asked('GET')).toEqual([]);

    const steps = await stepsOf();
    expect(steps.at(-1)).toEqual({ type: 'ready', folder: folder() });
    for (const path of paths) expect(here(path).equals(files[path as keyof typeof files])).toBe(true);
  });

  it('is checked by the checksums of the hub: sha256 for large files, that of git for small ones', async () => {
    const ready = (await stepsOf()).filter(({ type }) => type === 'file-ready');

    expect(ready).toEqual([
      { type: 'file-ready', file: 'config.json', checked: 'git-sha1' },
      { type: 'file-ready', file: 'onnx/model.onnx', checked: 'sha256' },
    ]);
  });

  it('tells progress that only grows, up to all of it', async () => {
    const told = (await stepsOf()).flatMap((step) =>
      step.type === 'downloading' ? [step.receivedBytes] : [],
    );

    expect(told.length).toBeGreaterThan(3);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(300_023);
  });

  it('leaves nothing behind but the files and how they were checked', async () => {
    await stepsOf();

    expect(namesIn('onnx')).toEqual(['model.onnx', 'model.onnx.checked.json']);
  });

  it('comes also from a hub that knows neither HEAD nor ranges nor checksums', async () => {
    await restart({ knowsHead: false, knowsRanges: false, tellsDigests: false });

    const steps = await stepsOf();

    expect(steps[0]).toMatchObject({ type: 'download-announced', totalBytes: null });
    expect(steps.filter(({ type }) => type === 'file-ready')).toMatchObject([
      { checked: 'size' },
      { checked: 'size' },
    ]);
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('really runs when it came from the hub: Moonshine under the pipeline of transformers.js', async () => {
    const moonshine = syntheticMoonshine({ dtypes: ['q8'] });
    await restart({ files: moonshine });
    await stepsOf({ model: { id: repo, files: Object.keys(moonshine) } });

    const listen = await pipeline('automatic-speech-recognition', folder(), { dtype: 'q8' });
    expect(await listen(spell('hello'), { max_new_tokens: 20 } as never)).toEqual({ text: 'hello' });
  });
});

describe('a model that is here', () => {
  it('is used without a word to the hub', async () => {
    await stepsOf();
    const before = hub.requests.length;

    expect(await stepsOf()).toEqual([{ type: 'ready', folder: folder() }]);
    expect(hub.requests.length).toBe(before);
  });

  it('is used when there is no network any more', async () => {
    await stepsOf();
    await hub.close();

    expect(await stepsOf({ offline: true })).toEqual([{ type: 'ready', folder: folder() }]);
    expect(await stepsOf()).toEqual([{ type: 'ready', folder: folder() }]);
    await restart();
  });

  it('may have been put there by hand', async () => {
    writeModel(folder(), files);

    expect(await stepsOf({ offline: true })).toEqual([{ type: 'ready', folder: folder() }]);
  });

  it('is fetched again as far as it was cut since, as by a disk that fails', async () => {
    await stepsOf();
    truncateSync(join(folder(), 'onnx/model.onnx'), 1000);

    const steps = await stepsOf();

    expect(steps[0]).toMatchObject({ type: 'download-announced', files: ['onnx/model.onnx'] });
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });
});

describe('a model that a disk has damaged without changing its size', () => {
  const damage = () => writeFileSync(join(folder(), 'onnx/model.onnx'), weights.toReversed());
  beforeEach(async () => {
    await stepsOf();
    damage();
  });

  it('is found, and fetched again, by who asks to verify', async () => {
    expect(await stepsOf()).toEqual([{ type: 'ready', folder: folder() }]);

    const steps = await stepsOf({ verify: true });

    expect(steps[0]).toMatchObject({ type: 'download-announced', files: ['onnx/model.onnx'] });
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
    expect(await stepsOf({ verify: true })).toEqual([{ type: 'ready', folder: folder() }]);
  });

  it('is named when there is no network to fetch it from', async () => {
    const { message } = await failureOf(wanted({ verify: true, offline: true }));

    expect(message).toContain('onnx/model.onnx missing or damaged');
    expect(message).not.toContain('config.json');
  });
});

describe('a model in a folder of the user', () => {
  it('is used as it is, without the hub and without a trace', async () => {
    const own = join(store, 'own');
    writeModel(own, files);

    expect(await stepsOf({ model: { id: own, files: paths } })).toEqual([{ type: 'ready', folder: own }]);
    expect(hub.requests).toEqual([]);
    expect(readdirSync(join(own, 'onnx'))).toEqual(['model.onnx']);
  });

  it('is told with everything that is wrong in it at once', async () => {
    const own = join(store, 'own');
    mkdirSync(own);
    writeFileSync(join(own, 'empty.onnx'), '');
    writeFileSync(join(own, 'page.onnx'), '<!DOCTYPE html><html>');
    writeFileSync(join(own, 'pointer.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
    writeFileSync(join(own, 'half.json'), '{"model_type":');
    const model = { id: own, files: ['none.onnx', 'empty.onnx', 'page.onnx', 'pointer.onnx', 'half.json'] };

    const { message, retryable } = await failureOf(wanted({ model }));

    expect(message).toContain('none.onnx is missing');
    expect(message).toContain('empty.onnx is empty');
    expect(message).toContain('page.onnx is a web page');
    expect(message).toContain('pointer.onnx is the pointer that git leaves');
    expect(message).toContain('half.json is not whole');
    expect(retryable).toBe(false);
  });
});

describe('a download that is broken off', () => {
  it('is gone on with after the process was killed in the middle of it (a half-written file breaks every later start of transformers.js)', async () => {
    const program = startProgram();
    await hub.untilSent(200_000);
    hub.pause();
    await program.hasBegun();
    program.child.kill('SIGKILL');
    await program.end();
    hub.resume();
    expect(namesIn('onnx')).not.toContain('model.onnx');
    const sentBefore = hub.sentBytes();

    const steps = await stepsOf();

    const [again] = asked('GET').slice(-1);
    const from = Number(/^bytes=(\d+)-$/.exec(again?.range ?? '')?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(hub.sentBytes() - sentBefore).toBeLessThanOrEqual(300_000 - from);
    expect(steps.at(-1)).toEqual({ type: 'ready', folder: folder() });
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
    expect(namesIn('onnx')).toEqual(['model.onnx', 'model.onnx.checked.json']);
  });

  it('begins anew after a kill when the file on the hub is another by then', async () => {
    const program = startProgram();
    await hub.untilSent(200_000);
    hub.pause();
    await program.hasBegun();
    program.child.kill('SIGKILL');
    await program.end();
    hub.resume();
    const newer = weights.map((byte) => 255 - byte);
    hub.replace('onnx/model.onnx', newer);

    await stepsOf();

    expect(asked('GET').at(-1)?.range).toBe(undefined);
    expect(here('onnx/model.onnx').equals(newer)).toBe(true);
    expect(namesIn('onnx')).toEqual(['model.onnx', 'model.onnx.checked.json']);
  });

  it('goes on by itself where the connection was lost', async () => {
    hub.spoil('onnx/model.onnx', { type: 'cut', afterBytes: 100_000 }, { type: 'cut', afterBytes: 50_000 });

    const steps = await stepsOf();

    expect(steps.filter(({ type }) => type === 'download-retried').length).toBe(2);
    const bodies = asked('GET').filter(({ path }) => path.includes('elsewhere'));
    const [first, second = 0, third = 0] = bodies.map(({ range = '0' }) => Number(range.replace(/\D/g, '')));
    // What the connection held when it broke is lost with it.
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(60_000);
    expect(third).toBeGreaterThan(second);
    expect(hub.sentBytes()).toBeLessThan(1.5 * 300_023);
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('takes the whole file again from a server that knows no ranges', async () => {
    await restart({ knowsRanges: false });
    hub.spoil('onnx/model.onnx', { type: 'cut', afterBytes: 100_000 });

    await stepsOf();

    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('is given up when a server that knows no ranges breaks off each time, however much comes before', async () => {
    await restart({ knowsRanges: false });
    const cut = { type: 'cut', afterBytes: 200_000 } as const;
    hub.spoil('onnx/model.onnx', ...Array(10).fill(cut));

    const { message } = await failureOf(wanted({ attempts: 3 }));

    expect(message).toContain('see to the network');
    expect(asked('GET').filter(({ path }) => path.includes('elsewhere')).length).toBeLessThan(6);
  });

  it('is given up after as many attempts as it may have', async () => {
    const cut = { type: 'cut', afterBytes: 0 } as const;
    hub.spoil('onnx/model.onnx', cut, cut, cut, cut, cut);

    const { message, retryable } = await failureOf(wanted({ attempts: 3 }));

    expect(asked('GET').filter(({ path }) => path.includes('elsewhere')).length).toBe(3);
    expect(message).toContain('see to the network');
    expect(retryable).toBe(true);
  });

  it('is given up at once when nobody wants it any more, and kept', async () => {
    hub.pause();
    const subscription = ensureModel(wanted()).subscribe();
    hub.resume();
    await hub.untilSent(100_000);
    subscription.unsubscribe();

    await stepsOf();

    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
    expect(namesIn('onnx')).toEqual(['model.onnx', 'model.onnx.checked.json']);
  });
});

describe('two processes that want the same model at once', () => {
  it('both get it whole', async () => {
    hub.pause();
    const programs = [startProgram(), startProgram()];
    const own = stepsOf();
    hub.resume();

    const ends = await Promise.all([own, ...programs.map(({ end }) => end())]);

    for (const steps of ends) expect(steps.at(-1)).toEqual({ type: 'ready', folder: folder() });
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
    expect(namesIn('onnx')).toEqual(['model.onnx', 'model.onnx.checked.json']);
  });
});

describe('what a hub or a proxy does wrong', () => {
  it('is mended when a bit flipped on the way', async () => {
    hub.spoil('onnx/model.onnx', { type: 'bit-flip' });

    const steps = await stepsOf();

    const why = steps.flatMap((step) => (step.type === 'download-retried' ? [step.why] : []));
    expect(why).toEqual([expect.stringContaining('but should have')]);
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('is told when the checksum is wrong again and again, and nothing of it is kept', async () => {
    hub.spoil('onnx/model.onnx', { type: 'bit-flip' }, { type: 'bit-flip' });

    expect((await failureOf(wanted())).message).toContain('sha256');
    expect(namesIn('onnx')).toEqual([]);
  });

  it('is told when it sends more than it announced', async () => {
    hub.spoil('onnx/model.onnx', { type: 'too-long' });

    const why = (await stepsOf()).flatMap((step) => (step.type === 'download-retried' ? [step.why] : []));
    expect(why).toEqual([expect.stringContaining('sends more than the 300000 bytes')]);
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('is told when it falls silent in the middle', async () => {
    hub.spoil('onnx/model.onnx', { type: 'stall', afterBytes: 40_000 });

    const { message, retryable } = await failureOf(wanted({ stallMs: 200, attempts: 1 }));

    expect(message).toContain('has been silent for 200 ms');
    expect(retryable).toBe(true);
  });

  it('is told when a proxy answers with a web page', async () => {
    hub.spoil('config.json', { type: 'html' });

    const { message, retryable } = await failureOf(wanted());

    expect(message).toContain('was answered with a web page');
    expect(retryable).toBe(false);
    // Half a page that nobody reads would hold the connection for seconds, and that the program.
    await hub.untilIdle();
  }, 5000);

  it('is told when the model does not exist', async () => {
    const { message } = await failureOf(wanted({ model: { id: 'earshot-tests/none', files: paths } }));

    expect(message).toContain(
      `${hub.source}/earshot-tests/none/resolve/main/config.json does not exist (404)`,
    );
  });

  it.each([
    [401, 'may not be read'],
    [403, 'may not be read'],
    [511, 'a proxy wants a login'],
  ])('is told and not tried again when it answers %i', async (status, text) => {
    hub.spoil('config.json', { type: 'status', status });

    expect((await failureOf(wanted())).message).toContain(text);
    expect(asked('GET').length).toBe(1);
  });

  it.each([429, 500, 503])('is tried again when it answers %i', async (status) => {
    hub.spoil('config.json', { type: 'status', status });

    expect((await stepsOf()).at(-1)).toEqual({ type: 'ready', folder: folder() });
  });

  it('is tried again when it does not say yet what it has', async () => {
    hub.spoil('onnx/model.onnx', ...[503, 429].map((status) => ({ type: 'head-status', status }) as const));

    const steps = await stepsOf();

    expect(steps.flatMap((step) => (step.type === 'download-retried' ? [step.attempt] : []))).toEqual([2, 3]);
    expect(steps.at(-1)).toEqual({ type: 'ready', folder: folder() });
  });

  it('is given up when it never says what it has', async () => {
    const status = { type: 'head-status', status: 503 } as const;
    hub.spoil('onnx/model.onnx', status, status, status, status);

    expect((await failureOf(wanted({ attempts: 3 }))).message).toContain('was answered with status 503');
    expect(asked('GET')).toEqual([]);
  });

  it('is told when nobody answers at all', async () => {
    const { source } = hub;
    await hub.close();

    const { message, retryable } = await failureOf(wanted({ source, attempts: 1 }));

    expect(message).toContain(`the connection to ${source} failed`);
    expect(retryable).toBe(true);
    await restart();
  });
});

describe('offline', () => {
  it('never touches the network, and says what is missing and where it belongs', async () => {
    const { message } = await failureOf(wanted({ offline: true }));

    expect(message).toContain('config.json, onnx/model.onnx missing or damaged');
    expect(message).toContain(folder());
    expect(hub.requests).toEqual([]);
  });
});

describe('a disk', () => {
  it('that is too small is told before the first byte comes', async () => {
    const small = { ...realDisk, freeBytes: async () => 1000 };

    const { message, retryable } = await failureOf(wanted(), small);

    expect(message).toContain('takes 0.3 MB more');
    expect(retryable).toBe(false);
    expect(asked('GET')).toEqual([]);
  });

  it('that is full in the middle is told, and what came is gone on with when there is room', async () => {
    let room = 100_000;
    const filling = {
      ...realDisk,
      async openToAppend(file: string) {
        const opened = await realDisk.openToAppend(file);
        return {
          async appendFile(bytes: Uint8Array) {
            room -= bytes.length;
            if (room < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            await opened.appendFile(bytes);
          },
          sync: () => opened.sync(),
          close: () => opened.close(),
        };
      },
    };

    expect((await failureOf(wanted(), filling)).message).toContain('there is no room left in');
    room = 1_000_000;
    await stepsOf();

    expect(asked('GET').at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(here('onnx/model.onnx').equals(weights)).toBe(true);
  });

  it('that may not be written to is told', async () => {
    writeFileSync(join(store, 'earshot-tests'), 'in the way');

    expect((await failureOf(wanted())).message).toContain('could not be made ready');
  });
});

describe('the options of the model store', () => {
  it.each([
    [{ source: 'ftp://models.test' }, 'source must begin with https:// or http://'],
    [{ source: 'models' }, 'source must be the address of a hub'],
    [{ stallMs: 1 }, 'stallMs must be a number from 100 to 600000'],
    [{ attempts: 0 }, 'attempts must be a whole number from 1 to 20'],
    [{ model: { id: 'kokoro', files: paths } }, 'id must be owner/name'],
    [{ model: { id: '../..', files: [] } }, 'files must be at least one path'],
    [{ model: { id: repo, files: ['../secret'] } }, 'files must be at least one path within the model'],
    [{ model: { id: repo, files: paths, revision: '../x' } }, 'revision must be a branch'],
  ])('are refused when they are %j', (options, text) => {
    expect(() => ensureModel(wanted(options as Partial<EnsureModelOptions>))).toThrow(text);
  });
});
