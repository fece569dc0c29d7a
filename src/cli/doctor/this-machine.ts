import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { release } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { HubAnswer, Machine, ProgramAnswer } from './machine.js';

/** Longest text that is taken from a file; those of the kernel are far shorter. Units: bytes. */
const mostBytes = 65_536;
/** Longest that a program may take to say one line. Units: ms. */
const answerWithinMs = 3000;
/** A hub that has said nothing by then is not there. Units: ms. */
const hubWithinMs = 5000;

/**
 * The machine that this process runs on.
 *
 * @param root - where its files are; elsewhere for a machine that is played.
 */
export function thisMachine(root = '/'): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.versions.node,
    release: release(),
    env: process.env,
    readText: (path) => readStart(join(root, path)).catch(() => null),
    list: (path) => readdir(join(root, path)).catch(() => []),
    findProgram: (name) => findProgram(name, process.env['PATH'] ?? ''),
    run: runProgram,
    findPackage,
    askHub,
    diskSpace,
    wallMs: () => Date.now(),
    steadyMs: () => performance.now(),
  };
}

/** Files of the kernel have a length of 0 until they are read. */
async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, null);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function findProgram(name: string, path: string): Promise<string | null> {
  const places = name.includes('/')
    ? [name]
    : path
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name));
  for (const place of places) if (await isProgram(place)) return place;
  return null;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK)
    .then(() => stat(path))
    .then(
      (entry) => entry.isFile(),
      () => false,
    );

function runProgram(program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramAnswer> {
  return new Promise((resolve) => {
    const options = {
      timeout: answerWithinMs,
      killSignal: 'SIGKILL',
      signal,
      maxBuffer: mostBytes,
      // Only in the locale `C` is everything said in English.
      env: { ...process.env, LC_ALL: 'C' },
    } as const;
    execFile(program, [...args], options, (error, output) => {
      if (error === null) resolve({ type: 'exited', code: 0, output });
      else if (error.code === 'ENOENT') resolve({ type: 'missing' });
      else if (typeof error.code === 'number') resolve({ type: 'exited', code: error.code, output });
      else
        resolve({
          type: 'failed',
          why: error.killed ? `did not end within ${answerWithinMs} ms` : error.message,
        });
    });
  });
}

/** Looks at the folders themselves: a package's `exports` may hide its package.json from the resolver. */
async function findPackage(name: string): Promise<string | null> {
  const require = createRequire(import.meta.url);
  const folders = (require.resolve.paths(name) ?? []).map((modules) => join(modules, name));
  try {
    // Layouts without node_modules (Yarn PnP) only know this.
    folders.push(dirname(require.resolve(`${name}/package.json`)));
  } catch {
    // Then the folders above are all there is.
  }
  for (const folder of folders) {
    try {
      const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      return String((manifest as { readonly version?: unknown }).version);
    } catch {
      // Not here.
    }
  }
  return null;
}

/** A redirection is an answer, and is not followed. */
async function askHub(url: string, signal: AbortSignal): Promise<HubAnswer> {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), hubWithinMs);
  const stop = (): void => own.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const headers = { 'user-agent': 'earshot' };
    const { status } = await fetch(url, { method: 'HEAD', redirect: 'manual', headers, signal: own.signal });
    return { status };
  } catch (error) {
    if (own.signal.aborted) return { why: `no answer within ${hubWithinMs / 1000} s` };
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return { why: code ?? message };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function diskSpace(folder: string) {
  let place = folder;
  // It may not be made yet: then it will be made where its nearest parent is.
  while (!(await stat(place).catch(() => undefined))) {
    const parent = dirname(place);
    if (parent === place) return null;
    place = parent;
  }
  try {
    const { bavail, blocks, bsize } = await statfs(place);
    const isWritable = await access(place, constants.W_OK).then(
      () => true,
      () => false,
    );
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, isWritable };
  } catch {
    return null;
  }
}
