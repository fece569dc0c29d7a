import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { ExpectedDigest } from './digest.js';

/** As much of a file as has come, under a name of its own: `model.onnx.<checksum>.<host>.<process>.<count>.part`. */
export interface PartFile {
  readonly path: string;
  /** Told apart from every other writer, of this process and of others. */
  readonly mark: string;
  /** What was there when it was claimed. Units: bytes. */
  readonly bytes: number;
  /** From now on others may take it up. */
  release(): void;
}

/**
 * How long a part of a process that seems to live is left alone after it last grew. Units: ms.
 * That of another machine on a shared disk cannot be asked whether it lives, and a number of a process may be used again.
 */
const abandonedAfterMs = 600_000;
/** Of the checksum; enough to tell versions of a file apart. */
const keyLength = 16;

const inUse = new Set<string>();
let parts = 0;

/**
 * Take up what a process that is gone has left of this file, or begin anew.
 *
 * Every process writes to a part of its own, so two at once do no harm: both download, and the second puts the same in the place of
 * the same. What is left of other versions of the file is deleted.
 */
export async function claimPart(file: string, digest: ExpectedDigest | undefined): Promise<PartFile> {
  const folder = dirname(file);
  const key = digest?.hex.slice(0, keyLength) ?? 'unknown';
  parts += 1;
  const mark = `${safeHost()}.${process.pid}.${parts}`;
  const own = join(folder, `${basename(file)}.${key}.${mark}.part`);
  inUse.add(own);
  let bytes = 0;
  for (const left of await abandonedParts(file)) {
    // Without a checksum nobody can say whether the rest still fits.
    const isTaken =
      bytes === 0 && digest !== undefined && left.key === key && (await tryRename(left.path, own));
    if (isTaken) bytes = left.bytes;
    else await rm(left.path, { force: true });
  }
  return { path: own, mark, bytes, release: () => void inUse.delete(own) };
}

/** How much of a file need not come again. Units: bytes. */
export async function leftBytes(file: string, digest: ExpectedDigest | undefined): Promise<number> {
  const key = digest?.hex.slice(0, keyLength);
  const fitting = (await abandonedParts(file)).filter((left) => left.key === key);
  return fitting[0]?.bytes ?? 0;
}

interface LeftPart {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
}

/** The largest first. */
async function abandonedParts(file: string): Promise<readonly LeftPart[]> {
  const folder = dirname(file);
  const start = `${basename(file)}.`;
  const found: LeftPart[] = [];
  for (const name of await readdir(folder)) {
    const parsed = /^([0-9a-f]+|unknown)\.([^.]+)\.(\d+)\.\d+\.part$/.exec(name.slice(start.length));
    if (!name.startsWith(start) || !parsed) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (!info || !isAbandoned(path, parsed[2] ?? '', Number(parsed[3]), info.mtimeMs)) continue;
    found.push({ path, key: parsed[1] ?? '', bytes: info.size });
  }
  return found.sort((a, b) => b.bytes - a.bytes);
}

function isAbandoned(path: string, host: string, pid: number, grewAtMs: number): boolean {
  if (host === safeHost() && pid === process.pid) return !inUse.has(path);
  if (host === safeHost() && !isAlive(pid)) return true;
  return Date.now() - grewAtMs > abandonedAfterMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Another process may have been quicker. */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch {
    return false;
  }
}

const safeHost = () => hostname().replace(/[^\w-]/g, '-') || 'here';
