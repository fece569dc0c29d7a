import { exitCodes } from '../command-error.js';
import { noteLine, problemLine } from '../config/config-problem.js';
import type { Console } from '../console.js';
import type { ConfigFile } from './config-file.js';

/** Everything that is wrong with a config, one line each, and how much that is. */
export function tellProblems(path: string, { problems = [] }: ConfigFile, say: (line: string) => void): void {
  for (const problem of problems) say(problemLine(path, problem));
  say(`${path} cannot be used: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`);
}

/** `earshot run --check`. */
export function checkConfig(path: string, file: ConfigFile, json: boolean, console: Console): number {
  const { problems = [], notes = [] } = file;
  const isUsable = file.problems === undefined;
  if (json) {
    console.print(`${JSON.stringify({ file: path, ok: isUsable, problems, notes }, null, 2)}\n`);
    return isUsable ? exitCodes.done : exitCodes.usage;
  }
  for (const note of notes) console.say(noteLine(path, note));
  if (isUsable) {
    console.print(`${path} can be used\n`);
  } else {
    tellProblems(path, file, console.say);
  }
  return isUsable ? exitCodes.done : exitCodes.usage;
}
