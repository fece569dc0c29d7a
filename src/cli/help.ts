import { commandNamed, commands } from './commands.js';
import { exitCodeMeanings, exitCodes } from './exit-codes.js';
import { packageVersion } from './package-folder.js';

const helpFlags: ReadonlySet<string> = new Set(['--help', '-h']);

/**
 * What is told without doing anything: help, or the version.
 *
 * @returns undefined when the command line asks for neither.
 */
export async function toldBy(args: readonly string[]): Promise<string | undefined> {
  const [first = '', ...rest] = args;
  if (first === '--version' || first === '-v') return `${packageVersion()}\n`;
  if (helpFlags.has(first)) return overview();
  if (first === 'help') return rest.length === 0 ? overview() : commandNamed(rest[0])?.usage();
  // What follows -- is no flag.
  const flags = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  return flags.some((flag) => helpFlags.has(flag)) ? commandNamed(first)?.usage() : undefined;
}

/** `earshot --help`. */
function overview(): string {
  const width = Math.max(...commands.map(({ synopsis }) => synopsis.length)) + 2;
  const rows = commands.map(({ synopsis, summary }) => `  earshot ${synopsis.padEnd(width)}${summary}`);
  const codes = Object.values(exitCodes).map(
    (code, at) => `  ${String(code).padStart(3)}  ${Object.values(exitCodeMeanings)[at]}`,
  );
  return `earshot: a microphone, a loudspeaker and a voice backend become a conversation that a person can interrupt.

${rows.join('\n')}

  earshot help COMMAND, earshot COMMAND --help   what it does, its options, with examples
  earshot --version

Exit codes, the same for every command:

${codes.join('\n')}

What a command gives is on stdout, and what is said about it on stderr; what goes wrong is one sentence there.
`;
}

/** The flags that a help text names. */
export const flagsIn = (usage: string): readonly string[] => [
  ...new Set([...usage.matchAll(/(?<![\w-])--?[a-z][a-z-]*/g)].map(([flag]) => flag)),
];
