import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileError } from '../command-error.js';
import { pathFrom } from '../config/config-files.js';
import type { ConfigProblem } from '../config/config-problem.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import { readConfig } from '../config/read-config.js';

/** A config as it is in a file, or what is wrong with it. */
export type ConfigFile = (
  | { readonly config: EarshotConfig; readonly folder: string; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly config?: never; readonly folder?: never }
) & {
  /** Secrets that are not here, where that is no problem. */
  readonly notes?: readonly ConfigProblem[];
};

/** More than a config, a certificate or a token ever has. Units: bytes. */
const longestFile = 4 * 1024 * 1024;

/**
 * Read the config that a file holds, with the files and variables that it names.
 *
 * @param unresolved - what a secret is that is not here: a problem where the config is to run, a note where it is only looked at.
 * @throws CommandError when the file cannot be read.
 */
export function readConfigFile(
  path: string,
  env: NodeJS.ProcessEnv,
  unresolved: 'problem' | 'note' = 'problem',
): ConfigFile {
  const folder = dirname(resolve(path));
  const surroundings = {
    env,
    readFile: (name: string) => readText(pathFrom(folder, name)),
    pathOf: (name: string) => realPath(pathFrom(folder, name)),
  };
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    throw fileError('the config', path, 'read', cause);
  }
  const { config, problems, notes } = readConfig(text, surroundings, { unresolved });
  const noted = notes && { notes };
  return config === undefined ? { problems, ...noted } : { config, folder, ...noted };
}

/** Of what is not there yet: where it will be. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function readText(path: string): string {
  const { size } = statSync(path);
  if (size > longestFile)
    throw Object.assign(new Error('too long'), { code: `it has more than ${longestFile} bytes` });
  return readFileSync(path, 'utf8');
}
