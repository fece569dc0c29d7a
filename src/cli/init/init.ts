import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandError, exitCodes } from '../command-error.js';
import type { Console } from '../console.js';
import { shellWord } from './ask-speech.js';
import { commentedYaml } from './commented-yaml.js';
import { type Conversation, converse } from './converse.js';
import { type InitCommandLine, readInitCommandLine } from './init-command-line.js';
import { createInterview, type Interview } from './interview.js';
import { inspectPlace, placeFile } from './place-file.js';
import { AnswersEnded } from './prompt.js';
import { terminalPrompt } from './terminal-prompt.js';
import { describedSchema, thisMachine } from './this-machine.js';
import { textProblem } from './written-config.js';

/**
 * `earshot init`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function init(args: readonly string[], console: Console): Promise<number> {
  const line = readInitCommandLine(args);
  const { stdin, stderr } = process;
  if (!line.yes && !(stdin.isTTY && stderr.isTTY)) {
    throw new CommandError(
      'there is no terminal to ask in; give --yes, and what is not to be the default as options, see --help',
    );
  }
  const end = new AbortController();
  const stops = console.stop$.subscribe((reason) => {
    if (reason === 'signal') end.abort(new AnswersEnded('interrupted'));
  });
  const person = line.yes ? undefined : terminalPrompt(stdin, stderr, end);
  try {
    const interview = createInterview(line.answers, person, (words) => console.say(words));
    return await writeConfig(line, interview, end.signal, console);
  } catch (error) {
    if (!(error instanceof AnswersEnded)) throw error;
    person?.close();
    console.say('Nothing was written.');
    return error.how === 'interrupted' ? exitCodes.interrupted : exitCodes.declined;
  } finally {
    stops.unsubscribe();
    person?.close();
  }
}

async function writeConfig(
  line: InitCommandLine,
  interview: Interview,
  signal: AbortSignal,
  console: Console,
): Promise<number> {
  const { file, force, yes, json } = line;
  const path = resolve(file);
  const folder = dirname(path);
  const isTaken = (await inspectPlace(path)) === 'taken';
  if (isTaken && !force) {
    if (yes) throw new CommandError(`${file} is there; --force replaces it, and keeps it as ${file}.bak`);
    if (!(await interview.confirm(`${file} is there. Replace it, and keep it as ${file}.bak?`, false))) {
      console.say('Nothing was written.');
      return exitCodes.declined;
    }
  }
  const found = await converse(interview, thisMachine(folder, signal));
  const text = yamlOf(found);
  signal.throwIfAborted();
  // What the config refers to is there before the config is.
  for (const [name, content] of found.files) {
    const isThere = (await readFile(join(folder, name), 'utf8').catch(() => undefined)) === content;
    if (!isThere) await placeFile(join(folder, name), content, true);
  }
  const backup = await placeFile(path, text, isTaken);
  report({ file, backup, found, interview, json }, console);
  return exitCodes.done;
}

/**
 * The text of the config, which was read back as it will be.
 *
 * @throws CommandError
 */
export function yamlOf({ config, surroundings }: Conversation): string {
  const text = commentedYaml(config, describedSchema());
  const problem = textProblem(text, surroundings);
  if (problem === undefined) return text;
  throw new CommandError(`the answers do not go together: ${problem}; nothing was written`);
}

interface Report {
  readonly file: string;
  readonly backup: string | undefined;
  readonly found: Conversation;
  readonly interview: Interview;
  readonly json: boolean;
}

function report({ file, backup, found, interview, json }: Report, console: Console): void {
  const { config, files, next } = found;
  const word = shellWord(file);
  const commands = [...next, `earshot run --check ${word}`, `earshot doctor ${word}`, `earshot run ${word}`];
  if (json) {
    const { warnings } = interview;
    const about = {
      file,
      backup: backup ?? null,
      certificates: [...files.keys()],
      config,
      warnings,
      next: commands,
    };
    console.print(`${JSON.stringify(about, null, 2)}\n`);
    return;
  }
  console.print(`\n${file} is written${backup === undefined ? '' : `; the old one is ${backup}`}. Next:\n\n`);
  for (const command of commands) console.print(`  ${command}\n`);
}
