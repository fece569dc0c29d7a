import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { commandNamed } from '../../../src/cli/commands.js';
import { toldBy } from '../../../src/cli/help.js';
import { projectFiles, projectFolder, readProjectFile } from '../project.js';
import { type ShellCommand, shellCommands } from './shell-commands.js';

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readProjectFile('package.json')) as Manifest;

const flagsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/--([a-z][a-z0-9-]*)/g)].map(([flag]) => flag));

const flagsGiven = (words: readonly string[]): readonly string[] => {
  const end = words.indexOf('--');
  return words
    .slice(0, end < 0 ? undefined : end)
    .filter((word) => /^--\w/.test(word))
    .map((word) => word.replace(/=.*$/, ''));
};

const unknownFlags = (
  name: string,
  given: readonly string[],
  known: ReadonlySet<string>,
): readonly string[] =>
  flagsGiven(given)
    .filter((flag) => !known.has(flag) && flag !== '--help')
    .map((flag) => `${name} has no ${flag}`);

/** What is wrong with the arguments of `earshot`: its help knows. */
async function earshotProblems(args: readonly string[]): Promise<readonly string[]> {
  const [name = '', ...rest] = args;
  if (name.startsWith('-')) return unknownFlags('earshot', [name], flagsIn((await toldBy(['--help'])) ?? ''));
  if (name === 'help') return rest[0] === undefined ? [] : earshotProblems(rest);
  const command = commandNamed(name);
  if (command === undefined) return [`earshot has no command ${name}`];
  return unknownFlags(`earshot ${name}`, rest, flagsIn(await command.usage()));
}

/** What is wrong with a program in a file of the project: it is there, and the code beside it knows these flags. */
async function programProblems(path: string, args: readonly string[]): Promise<readonly string[]> {
  if (path === 'src/cli/main.ts') return earshotProblems(args);
  if (!existsSync(projectFolder + path)) return [`there is no ${path}`];
  const code = projectFiles('.ts', dirname(path)).filter((file) => !file.endsWith('.test.ts'));
  const texts = code.map(readProjectFile).join('\n');
  const options = [...texts.matchAll(/'?([a-z][a-z0-9-]*)'?: \{ type: /g)].map(([, name]) => `--${name}`);
  return unknownFlags(path, args, new Set([...flagsIn(texts), ...options]));
}

/** Scripts that npm has a word for. */
const npmWords = ['test', 'start'];
/** What npm itself can do here. */
const npmCommands = ['ci', 'install', 'i', 'pack', 'view', 'exec', 'init', 'pkg'];

async function npmProblems(given: readonly string[]): Promise<readonly string[]> {
  const [word = '', ...rest] = given.filter((one, at) => !one.startsWith('-') || at >= given.indexOf('--'));
  if (word === 'install' || word === 'i') return rest.flatMap(packageProblems);
  if (npmCommands.includes(word)) return [];
  const [name = '', ...args] = npmWords.includes(word) ? [word, ...rest] : rest;
  if (word !== 'run' && !npmWords.includes(word)) return [`npm has no ${word} that is used here`];
  const script = manifest.scripts[name];
  if (script === undefined) return [`package.json has no script ${name}`];
  const forScript = given.includes('--') ? given.slice(given.indexOf('--') + 1) : [];
  const last = shellCommands(script).at(-1)?.words ?? [];
  if (args.length > 0 && !given.includes('--')) return [`npm run ${name}: arguments go behind --`];
  return last[0] === 'tsx' ? programProblems(last[1] ?? '', [...last.slice(2), ...forScript]) : [];
}

/** A package is one that we name ourselves, in the version that we test with. */
function packageProblems(given: string): readonly string[] {
  if (given.startsWith('-') || given === manifest.name || /\.tgz$/.test(given)) return [];
  const at = given.lastIndexOf('@');
  const [name, version] = at > 0 ? [given.slice(0, at), given.slice(at + 1)] : [given, undefined];
  const tested = manifest.devDependencies[name];
  if (!(name in { ...manifest.dependencies, ...manifest.peerDependencies }) && tested === undefined)
    return [`package.json does not name ${name}`];
  const exact = tested?.replace(/^[\^~]/, '');
  return version === undefined || version === exact ? [] : [`${name} is tested as ${exact}, not ${version}`];
}

async function npxProblems([program = '', ...args]: readonly string[]): Promise<readonly string[]> {
  if (program === 'earshot') return earshotProblems(args);
  if (program === 'tsx') {
    // What a page tells its reader to write is no file of ours.
    return args[0]?.includes('/') ? programProblems(args[0], args.slice(1)) : [];
  }
  return existsSync(`${projectFolder}node_modules/.bin/${program}`) ? [] : [`npx has no ${program} here`];
}

/** Files of the project that a command names, also from outside of a checkout. */
function fileProblems(words: readonly string[]): readonly string[] {
  const ours =
    /^(?:path\/to\/earshot\/|node_modules\/earshot\/)?((?:assets|docs|examples|proto|scripts|src|test)\/[\w./-]+)$/;
  return words.flatMap((word) => {
    const path = ours.exec(word)?.[1];
    return path === undefined || existsSync(projectFolder + path) ? [] : [`there is no ${path}`];
  });
}

/**
 * What is wrong with a command that a page tells people to type: names, flags, scripts, packages and files that do not exist. Programs of
 * the system are not looked at.
 */
export async function commandProblems({ words }: ShellCommand): Promise<readonly string[]> {
  const [program, ...args] = words[0] === 'sudo' ? words.slice(1) : words;
  const problems = fileProblems(words);
  switch (program) {
    case 'earshot':
      return [...problems, ...(await earshotProblems(args))];
    case 'npm':
      return [...problems, ...(await npmProblems(args))];
    case 'npx':
      return [...problems, ...(await npxProblems(args))];
    default:
      return problems;
  }
}
