import { randomBytes } from 'node:crypto';
import { copyFile, link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandError, fileError } from '../command-error.js';

/** Everybody may read it: there are no secrets in it. */
const mode = 0o644;

/** What stands where a config is to be written. */
export type PlaceState = 'free' | 'taken';

/**
 * See now whether a file can be written there, and not after all questions.
 *
 * @throws CommandError
 */
export async function inspectPlace(path: string): Promise<PlaceState> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() || /[\\/]$/.test(path))
    throw fileError('FILE', path, 'written', { code: 'EISDIR' });
  if (there && !there.isFile()) throw fileError('FILE', path, 'written', { code: 'ESPIPE' });
  const trial = beside(path, 'trial');
  try {
    await (await open(trial, 'wx')).close();
  } catch (cause) {
    throw fileError('FILE', path, 'written', cause);
  } finally {
    await rm(trial, { force: true }).catch(() => {});
  }
  return (await lstat(path).catch(() => undefined)) ? 'taken' : 'free';
}

/**
 * Write a file, all of it or nothing: whoever reads it at any moment, also after the power was lost, reads the old one or the new one.
 *
 * @param replace - keep what is there as `PATH.bak`, and take its place; otherwise nothing that is there is touched.
 * @returns where the old one is, when there was one.
 * @throws CommandError
 */
export async function placeFile(path: string, text: string, replace: boolean): Promise<string | undefined> {
  // A link stays one: what it leads to is written.
  const target = await realpath(path).catch(() => path);
  const unfinished = beside(target, 'part');
  try {
    await writeAll(unfinished, text);
    const backup = replace ? await keepOld(target) : undefined;
    if (replace) await rename(unfinished, target);
    else await moveIntoFreePlace(unfinished, target);
    await syncFolder(dirname(target));
    return backup;
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw fileError('FILE', path, 'written', cause);
  } finally {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

/** In the same folder, because it can only be moved within one file system. */
function beside(path: string, what: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.${what}`);
}

async function writeAll(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    // The mask of the user may have taken something away.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A second name for what is there, so that there is no moment without it. */
async function keepOld(path: string): Promise<string | undefined> {
  const backup = `${path}.bak`;
  const unfinished = beside(backup, 'part');
  try {
    await linkOrCopy(path, unfinished);
    await rename(unfinished, backup);
    return backup;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  } finally {
    // Two names of one file stay two when one is renamed to the other.
    await rm(unfinished, { force: true });
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!hasNoLinks(cause)) throw cause;
    await copyFile(from, to);
    const copy = await open(to, 'r+');
    await copy.sync().finally(() => copy.close());
  }
}

/** A name that came meanwhile stays whose it is. */
async function moveIntoFreePlace(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    const isTaken = codeOf(cause) === 'EEXIST' || (hasNoLinks(cause) && (await exists(to)));
    if (isTaken) throw new CommandError(`${to} was made by somebody else meanwhile; nothing was written`);
    if (!hasNoLinks(cause)) throw cause;
    await rename(from, to);
  }
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** File systems of memory cards and of Windows have none, or not for everybody. */
const hasNoLinks = (cause: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'].includes(codeOf(cause));

const codeOf = (cause: unknown): string =>
  String((cause as { readonly code?: unknown } | null)?.code ?? cause);

/** Where a folder can be synced; elsewhere the name may come a moment later. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {}
}
