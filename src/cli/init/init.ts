import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandError, exitCodes } from '../command-error.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import { readConfig } from '../config/read-config.js';
import type { Console } from '../console.js';
import { commentedYaml } from './commented-yaml.js';
import { type Conversation, converse } from './converse.js';
import { type InitCommandLine, readInitCommandLine } from './init-command-line.js';
import { createInterview, type Interview } from './interview.js';
import { missingParts, nothingMissing } from './missing-parts.js';
import { nextSteps } from './next-steps.js';
import { inspectPlace, placeFile } from './place-file.js';
import { AnswersEnded } from './prompt.js';
import { report } from './report-written.js';
import { schemaPlace } from './schema-place.js';
import { isShippedConfig } from './shipped-config.js';
import { terminalPrompt } from './terminal-prompt.js';
import { describedSchema, thisMachine } from './this-machine.js';
import { thisSite } from './this-site.js';
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
  interview.person?.say(introductionOf(file));
  if (isTaken && isShippedConfig(path)) {
    interview.say(
      `${file} is the one that ships with earshot, unchanged; it is replaced, and kept as ${file}.bak.`,
    );
  } else if (isTaken && !force) {
    if (yes) throw new CommandError(`${file} is there; --force replaces it, and keeps it as ${file}.bak`);
    if (!(await interview.confirm(`${file} is there. Replace it, and keep it as ${file}.bak?`, false))) {
      console.say('Nothing was written.');
      return exitCodes.declined;
    }
  }
  const found = await converse(interview, thisMachine(folder, signal));
  const text = yamlOf(found, schemaPlace(folder));
  signal.throwIfAborted();
  // What the config refers to is there before the config is.
  for (const [name, content] of found.files) {
    const isThere = (await readFile(join(folder, name), 'utf8').catch(() => undefined)) === content;
    if (!isThere) await placeFile(join(folder, name), content, true);
  }
  const backup = await placeFile(path, text, isTaken);
  const { config } = readConfig(text, found.surroundings);
  const { service, files } = found;
  const site = thisSite(service);
  const missing = config ? await missingParts(config, site) : nothingMissing;
  const extras = config ? extrasOf(config) : [];
  const next = [
    ...found.next,
    ...nextSteps({ file, path, beside: [...files.keys()], service, extras }, site),
  ];
  report({ file, backup, found, warnings: interview.warnings, missing, next }, json, console);
  return exitCodes.done;
}

const extrasOf = ({ voice, metrics }: EarshotConfig) => [
  ...(voice?.ladder.some(({ engine }) => engine === 'kokoro') ? (['kokoro'] as const) : []),
  ...(metrics ? (['prometheus'] as const) : []),
];

const introductionOf = (file: string): string =>
  `A few questions about service, microphone and loudspeaker; then ${file} is written. Enter takes what is in brackets, Ctrl-C ends it and writes nothing.\n`;

/**
 * The text of the config, which was read back as it will be.
 *
 * @param place - where editors find its schema.
 * @throws CommandError
 */
export function yamlOf({ config, surroundings }: Conversation, place: string): string {
  const text = commentedYaml(config, describedSchema(), place);
  const problem = textProblem(text, surroundings);
  if (problem === undefined) return text;
  throw new CommandError(`the answers do not go together: ${problem}; nothing was written`);
}
