import { mkdir, open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unavailable } from './wanted-model.js';

/** The part of the file system that can run out; tests put another in its place. */
export interface Disk {
  /** Room for this user. Units: bytes. */
  freeBytes(folder: string): Promise<number>;
  /** Open a file to write at its end. */
  openToAppend(file: string): Promise<AppendedFile>;
}

/** A file that grows. */
export interface AppendedFile {
  appendFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const realDisk: Disk = {
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  openToAppend: (file) => open(file, 'a'),
};

/** Say what a failure of the file system means for a model. */
export function explainDisk(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return unavailable(
        `there is no room left in ${folder}; make room, or give another store`,
        false,
        error,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unavailable(`${folder} cannot be written to (${code}); give another store`, false, error);
    case 'EIO':
      return unavailable(`the disk of ${folder} fails (EIO); see to it, or give another store`, false, error);
    default:
      return error;
  }
}

/** Make a folder and those above it. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw explainDisk(error, folder);
  }
}

/** Give a finished file its name, for good even if the power goes now. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  await rename(from, to);
  // Some systems cannot open a folder; there is nothing to be done there.
  const folder = await open(dirname(to), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** What was found out about a file when it was downloaded, kept beside it. */
export interface CheckRecord {
  readonly bytes: number;
  /** What was compared: a checksum, or only the size, from a hub that tells none. */
  readonly checked: string;
  readonly from: string;
}

const recordOf = (file: string) => `${file}.checked.json`;

export async function writeRecord(file: string, mark: string, record: CheckRecord): Promise<void> {
  const temporary = `${recordOf(file)}.${mark}.tmp`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(record)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await moveIntoPlace(temporary, recordOf(file));
}

/** The record, or undefined where there is none: the file was put there by hand. */
export async function readRecord(file: string): Promise<CheckRecord | undefined> {
  try {
    const { bytes, checked, from } = JSON.parse(
      await readFile(recordOf(file), 'utf8'),
    ) as Partial<CheckRecord>;
    return typeof bytes === 'number' && typeof checked === 'string' && typeof from === 'string'
      ? { bytes, checked, from }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Delete a file that is not what it should be. */
export async function discard(file: string): Promise<void> {
  await rm(file, { force: true });
}
