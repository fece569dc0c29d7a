import { printable } from '../printable.js';
import { type ConfigProblem, pathText } from './config-problem.js';
import type { ConfigSchema } from './config-schema.js';
import { maxProblems, type Place } from './parse-yaml.js';
import type { ConfigSurroundings } from './referenced-text.js';

/** The names that lead to a value. */
export type ConfigPath = readonly (string | number)[];

/** What the check of one config shares. */
export interface ConfigCheck {
  readonly schema: ConfigSchema;
  readonly surroundings: ConfigSurroundings;
  readonly problems: ConfigProblem[];
  /** What is only so here, and no problem where the loop runs. */
  readonly notes: ConfigProblem[];
  /** What a text is that cannot be looked up here. */
  readonly unresolved: 'problem' | 'note';
}

/** Tell a problem of a place. */
export function tell(
  { problems }: Pick<ConfigCheck, 'problems'>,
  { line, column }: Place,
  path: ConfigPath,
  message: string,
  allowed?: string,
): undefined {
  if (problems.length >= maxProblems) return undefined;
  problems.push({
    ...{ line, column, path: pathText(path), message: printable(message) },
    ...(allowed !== undefined && { allowed }),
  });
  return undefined;
}

/** What the library would refuse. */
export interface LibraryProblem {
  readonly path: ConfigPath;
  readonly message: string;
}
