import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAudify } from './load-audify.js';

describe('loadAudify', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'load-audify-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const load = () => loadAudify(() => createRequire(join(root, 'caller.js'))('audify') as unknown);
  const install = async (index: string, files: Readonly<Record<string, string>> = {}) => {
    const folder = join(root, 'node_modules', 'audify');
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries({ 'index.js': index, ...files })) {
      await writeFile(join(folder, name), text);
    }
  };
  const errorOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('gives what the package exports', async () => {
    await install('module.exports = { RtAudio: 42 };');

    expect(load()).toEqual({ RtAudio: 42 });
  });

  it('says how to install a package that is not there', () => {
    const absent = createRequire(join(root, 'caller.js'));
    const load = (): unknown => {
      try {
        return absent('audify-that-nobody-has');
      } catch (error) {
        (error as Error).message = (error as Error).message.replace('audify-that-nobody-has', 'audify');
        throw error;
      }
    };

    expect(errorOf(() => loadAudify(load))).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/audify is not installed; run: npm install audify/),
    });
  });

  it('says how to get the binary when install scripts were skipped', async () => {
    await install(
      "throw new Error('Could not locate the bindings file. Tried:\\n -> /x/build/Release/audify.node');",
    );

    expect(errorOf(load)).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(
        /install scripts were not run; run: npm install-scripts approve audify && npm rebuild audify$/,
      ),
    });
  });

  it('says how to build a binary that this machine cannot load', async () => {
    await install("require('./audify.node');", { 'audify.node': 'no binary at all' });

    expect(errorOf(load)).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(
        /does not fit the libraries of this machine \(.*audify\.node.*\); run: apt install build-essential cmake libasound2-dev libpulse-dev && npm rebuild audify --build-from-source$/,
      ),
    });
  });

  it.each([
    "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /x/librtaudio.so.8)",
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /x/audify.node)",
    'libpulse-simple.so.0: cannot open shared object file: No such file or directory',
  ])('knows the loader of Linux by its words: %s', (words) => {
    const load = (): never => {
      throw Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    };

    expect(errorOf(() => loadAudify(load))).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining(`(${words})`),
    });
  });

  it('does not take a broken installation for a missing one', async () => {
    await install("require('bindings-of-something');");

    expect(errorOf(load)).toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/could not be loaded \(Cannot find module 'bindings-of-something'/),
    });
  });

  it('loads the package that is installed here, where there is one', () => {
    const thrown = errorOf(() => expect(loadAudify()).toHaveProperty('RtAudio'));

    if (thrown) expect(thrown).toMatchObject({ code: 'PEER_MISSING' });
  });
});
