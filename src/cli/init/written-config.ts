import { pathText } from '../config/config-problem.js';
import { readConfig } from '../config/read-config.js';
import type { ConfigSurroundings } from '../config/referenced-text.js';

/** What a YAML file holds. */
export type Written =
  | string
  | number
  | boolean
  | readonly Written[]
  | { readonly [name: string]: Written | undefined };

/** A config, or some groups of it, as it is written: texts that stand elsewhere are references. */
export type WrittenConfig = { readonly [name: string]: Written | undefined };

/** With it the rest of a config can be checked alone. */
const least: WrittenConfig = { upstream: { target: '127.0.0.1:1' }, transcriber: { engine: 'moonshine' } };

/** Why groups of a config do not hold, as what follows "this"; undefined when they do. Nothing is opened. */
export function problemOf(groups: WrittenConfig, surroundings: ConfigSurroundings): string | undefined {
  // Every JSON text is a YAML text.
  const { problems } = readConfig(JSON.stringify({ ...least, ...groups }), surroundings);
  return problems?.[0]?.message;
}

/** Why a text is no config that holds; undefined when it is one. */
export function textProblem(text: string, surroundings: ConfigSurroundings): string | undefined {
  const first = readConfig(text, surroundings).problems?.[0];
  return first && `line ${first.line}: ${pathText([first.path])} ${first.message}`;
}

/**
 * What a config refers to and is not there yet, taken as there: an environment variable that is set where the program will run, and
 * files that are about to be written.
 */
export function withStandIns(
  { env, readFile }: ConfigSurroundings,
  names: readonly string[],
  files: ReadonlyMap<string, string>,
): ConfigSurroundings {
  const standIn = 'not there yet';
  const set = names.filter((name) => !env[name]).map((name) => [name, standIn]);
  return {
    env: { ...env, ...Object.fromEntries(set) },
    readFile: (path) => files.get(path) ?? readFile(path),
  };
}
