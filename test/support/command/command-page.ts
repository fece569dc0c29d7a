import { commands } from '../../../src/cli/commands.js';
import { exitCodeMeanings, exitCodes } from '../../../src/cli/exit-codes.js';
import { exitCodesIn } from './usage-text.js';

/** The page of the command, written from its table and its help texts. */
export async function commandPage(): Promise<string> {
  const pages = await Promise.all(
    commands.map(async (command) => ({ ...command, text: await command.usage() })),
  );
  const codeRows = Object.entries(exitCodes).map(([name, code]) => {
    const of = pages.filter(({ text }) => exitCodesIn(text).has(code)).map((page) => `\`${page.name}\``);
    const meaning = exitCodeMeanings[name as keyof typeof exitCodes];
    // A signal or a mistake may end any, whether its help says so or not.
    const isAny = code > exitCodes.transport || of.length === commands.length;
    return `| ${code} | ${meaning} | ${isAny ? 'any' : of.join(', ')} |`;
  });
  const sections = pages.flatMap(({ name, summary, text }) => [
    `## ${name}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    '```text',
    text.trimEnd(),
    '```',
    '',
  ]);
  return `${[
    '# The command',
    '',
    'Written from the table of the commands and from what `--help` prints, by the test of the command, which fails when they and this page',
    'differ. Refresh it with `npx vitest run test/cli-command.test.ts -u`, and read the difference.',
    '',
    '| command | what it does |',
    '| --- | --- |',
    ...pages.map(({ name, synopsis, summary }) => `| [\`earshot ${synopsis}\`](#${name}) | ${summary} |`),
    '',
    '`earshot --help` lists them, `earshot help COMMAND` and `earshot COMMAND --help` tell all about one, `earshot --version` says the version.',
    'What a command gives is on stdout, and what is said about it on stderr. What goes wrong is one sentence there, `earshot COMMAND: ...`.',
    'How far something is that takes longer than a second is drawn on stderr, when that is a terminal.',
    '',
    '## Exit codes',
    '',
    'The same for every command.',
    '',
    '| code | meaning | commands |',
    '| --- | --- | --- |',
    ...codeRows,
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()}\n`;
}
