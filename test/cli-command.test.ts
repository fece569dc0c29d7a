import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readDemoOptions } from '../examples/demo/demo-options.js';
import * as demoProgram from '../examples/demo/earshot-demo.js';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { askOptions, readAskCommandLine } from '../src/cli/ask-command-line.js';
import { askExitCode } from '../src/cli/ask-report.js';
import { type Command, commands } from '../src/cli/commands.js';
import type { Console } from '../src/cli/console.js';
import { type DemoProgram, demo } from '../src/cli/demo.js';
import { devicesOptions, readDevicesCommandLine } from '../src/cli/devices-command-line.js';
import { readDoctorCommandLine } from '../src/cli/doctor/doctor-command-line.js';
import { exitCodeMeanings, exitCodes } from '../src/cli/exit-codes.js';
import { fetchCertificateOptions } from '../src/cli/fetch-certificate.js';
import { fillersOptions, readFillersCommandLine } from '../src/cli/fillers-command-line.js';
import { flagsIn, toldBy } from '../src/cli/help.js';
import { readInitCommandLine } from '../src/cli/init/init-command-line.js';
import { readRunCommandLine } from '../src/cli/run/run-command-line.js';
import { commandPage } from './support/command/command-page.js';
import { examplesIn, exitCodesIn, optionsIn } from './support/command/usage-text.js';
import { killCommands, startEarshot } from './support/run-command.js';

const pages = await Promise.all(
  commands.map(async (command) => ({ ...command, text: await command.usage() })),
);
type Page = Command & { readonly text: string };
const pageOf = (name: string): Page => pages.find((page) => page.name === name) as Page;

const folder = mkdtempSync(join(tmpdir(), 'earshot-command-'));
const before = process.cwd();
beforeAll(() => {
  // What the examples name is there.
  process.chdir(folder);
  writeFileSync('voice.example.com.pem', 'PEM');
});
afterEach(killCommands);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const fetchCertificateArgs = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: fetchCertificateOptions, allowPositionals: true });

/** What reads the arguments of a command; each throws for what it does not take. */
const readers: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  ask: readAskCommandLine,
  demo: (args) => readDemoOptions([...args]),
  devices: readDevicesCommandLine,
  doctor: readDoctorCommandLine,
  'fetch-certificate': fetchCertificateArgs,
  fillers: readFillersCommandLine,
  init: readInitCommandLine,
  run: readRunCommandLine,
};

describe.each(pages)('the help of earshot $name', ({ name, text }) => {
  it('tells what it is, how it is called, examples and exit codes, no line longer than 120 columns', () => {
    expect(text).toMatch(/^[A-Z].*\.\n\n {2}earshot /);
    expect(text).toContain(`\n  earshot ${name}`);
    expect(text.endsWith('\n')).toBe(true);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(examplesIn(text).length).toBeGreaterThanOrEqual(1);
  });

  it('has examples that name only flags of it, and that it takes', () => {
    for (const [first, ...args] of examplesIn(text)) {
      expect(first).toBe(name);
      for (const arg of args) if (/^--?[a-z]/.test(arg)) expect(flagsIn(text)).toContain(arg);
      expect(() => readers[name]?.(args), args.join(' ')).not.toThrow();
    }
  });

  it('documents exit codes that the code has, 0 and 2 among them', () => {
    const documented = [...exitCodesIn(text).keys()];
    expect(documented).toEqual(expect.arrayContaining([exitCodes.done, exitCodes.usage]));
    for (const code of documented) expect(Object.values(exitCodes)).toContain(code);
  });
});

describe('the options in the help', () => {
  it.each<[string, ParseArgsConfig['options']]>([
    ['ask', askOptions],
    ['devices', devicesOptions],
    ['fetch-certificate', fetchCertificateOptions],
    ['fillers', fillersOptions],
  ])('of earshot %s are those that it has', (name, options) => {
    expect([...optionsIn(pageOf(name).text)].sort()).toEqual(Object.keys(options ?? {}).sort());
  });
});

describe('the exit codes', () => {
  it('are different, explained, and those of ask for every outcome', () => {
    expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
    expect(Object.keys(exitCodeMeanings)).toEqual(Object.keys(exitCodes));
    const ofAsk = exitCodesIn(pageOf('ask').text);
    for (const outcome of [
      'complete',
      'cancelled',
      'truncated',
      'empty',
      'refused',
      'blocked',
      'failed',
    ] as const)
      expect([...ofAsk.keys()]).toContain(askExitCode(outcome));
  });
});

describe('docs/reference/command.md', () => {
  it('is what the help says; after a change run npx vitest run test/cli-command.test.ts -u', async () => {
    await expect(await commandPage()).toMatchFileSnapshot('../docs/reference/command.md');
  });
});

describe('help', () => {
  it('is the same whichever way it is asked for, before anything else is looked at', async () => {
    const { text } = pageOf('ask');
    expect(await toldBy(['help', 'ask'])).toBe(text);
    expect(await toldBy(['ask', '-h', 'a', 'b'])).toBe(text);
    expect(await toldBy(['ask', '--nonsense', '--help'])).toBe(text);
    expect(await toldBy(['ask', '--', '--help'])).toBeUndefined();
    expect(await toldBy(['nonsense', '--help'])).toBeUndefined();
    const overview = await toldBy(['--help']);
    expect(await toldBy(['help'])).toBe(overview);
    for (const { synopsis, summary } of commands)
      expect(overview).toMatch(
        new RegExp(`^ {2}earshot ${synopsis.replace(/[[\]]/g, '\\$&')} +${summary}$`, 'm'),
      );
    for (const code of Object.values(exitCodes))
      expect(overview).toMatch(new RegExp(`^ +${code} {2}\\w`, 'm'));
  });
});

describe('what is no command and no option', () => {
  it.each([
    [[], 'earshot: a command is missing; earshot --help lists them'],
    [['devcies'], 'earshot: there is no command "devcies"; did you mean devices?'],
    [['help', 'sing'], 'earshot: there is no command "sing"; earshot --help lists them'],
    [['--loud'], 'earshot: there is no option --loud without a command; see earshot --help'],
    [['ask', 'x', '--tarket', 'a:1'], 'earshot ask: there is no option --tarket; did you mean --target?'],
    [['devices', '-x'], 'earshot devices: there is no option -x; earshot devices --help lists them'],
    [['fillers', 'render', '--out'], "earshot fillers: Option '--out <value>' argument missing; see --help"],
  ])('is one sentence and the code 2: %j', async (args, sentence) => {
    expect(await startEarshot(args).finished).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
  });
});

describe('the examples of earshot ask', () => {
  let server: ReferenceServer;
  beforeAll(async () => {
    server = await startReferenceServer({ voice: 'prompts', timeToFirstByteMs: 0, deliveryRate: 1000 });
  });
  afterAll(() => server.close());

  it('run, against a service that is there', async () => {
    const local = examplesIn(pageOf('ask').text).filter((args) => args.includes('127.0.0.1:50051'));
    expect(local.length).toBeGreaterThanOrEqual(2);
    const ended = local.map((args) => {
      const here = args.map((arg) =>
        arg === '127.0.0.1:50051'
          ? `127.0.0.1:${server.port}`
          : arg.endsWith('.wav')
            ? join(folder, arg)
            : arg,
      );
      return startEarshot(here).finished;
    });
    for (const { code, stdout } of await Promise.all(ended)) {
      expect(code).toBe(0);
      expect(stdout).not.toBe('');
    }
  });
});

describe('earshot demo', () => {
  it('is a program that exports what the command takes', async () => {
    const program: DemoProgram = demoProgram;
    expect(await commands.find(({ name }) => name === 'demo')?.usage()).toBe(program.usage);
    expect(program.usage).not.toMatch(/npm run|virtual-kiosk/);
  });

  it('is stopped by a signal in its own way: one sentence, and the code of the signal', async () => {
    const said: string[] = [];
    const console = { print: () => {}, say: (line: string) => said.push(line) } as unknown as Console;
    const ended = demo(['--fast', '--json', '--out', join(folder, 'stopped')], console);
    process.emit('SIGHUP', 'SIGHUP');

    expect(await ended).toBe(exitCodes.hungUp);
    expect(said).toEqual(['earshot demo: stopped by SIGHUP before the conversation began']);
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  it('refuses what the package does not have, with the way out', async () => {
    const console = { print: () => {} } as unknown as Console;
    await expect(demo(['--virtual-kiosk'], console)).rejects.toThrow(
      /OPTION_INVALID.*needs the rig of the tests.*leave it out, or run npm run demo/,
    );
  });
});
