import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const temporary = /^\.[0-9a-f-]{36}\.partial$/;

/**
 * Write a file so that after a crash at any moment it is there whole, old or new: into a temporary file beside it, to
 * the disk, then renamed.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const directory = dirname(path);
  const partial = join(directory, `.${randomUUID()}.partial`);
  try {
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Delete what a crash left half-written. Only one process may write to a folder at a time. */
export async function removePartialFiles(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(
    names.filter((name) => temporary.test(name)).map((name) => rm(join(directory, name), { force: true })),
  );
}

/** Without this a power cut may undo the rename. Some systems cannot open a folder; there is nothing to be done there. */
async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, 'r').catch(() => undefined);
  try {
    await folder?.sync().catch(() => undefined);
  } finally {
    await folder?.close();
  }
}
