import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Calibration, calibrationText } from '../index.js';
import { fileError } from './command-error.js';

/**
 * Write a calibration file, all of it or nothing: whoever reads it meanwhile reads the old one or the new one.
 *
 * @throws CommandError
 */
export async function writeCalibration(path: string, calibration: Calibration): Promise<void> {
  // Beside it, because it can only be moved within one file system.
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  await refuseOthers(path);
  try {
    const file = await open(unfinished, 'w');
    try {
      await file.writeFile(calibrationText(calibration));
      // A machine that loses its power now has one of the two, and not an empty one.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw fileError('--write', path, 'written', cause);
  }
}

/**
 * See now whether a file can be written there, and not after a minute of chirps.
 *
 * @throws CommandError
 */
export async function requireWritable(path: string): Promise<void> {
  const trial = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  await refuseOthers(path);
  try {
    await (await open(trial, 'w')).close();
  } catch (cause) {
    throw fileError('--write', path, 'written', cause);
  } finally {
    await rm(trial, { force: true }).catch(() => {});
  }
}

/** What is there must be a file or nothing: a folder cannot be replaced by a file, and a device, such as /dev/null, can. */
async function refuseOthers(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() || path.endsWith('/'))
    throw fileError('--write', path, 'written', { code: 'EISDIR' });
  if (there && !there.isFile()) throw fileError('--write', path, 'written', { code: 'ESPIPE' });
}
