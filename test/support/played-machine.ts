import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import type { Examination } from '../../src/cli/doctor/check.js';
import type { Machine, ProgramAnswer } from '../../src/cli/doctor/machine.js';
import { thisMachine } from '../../src/cli/doctor/this-machine.js';

/** What a machine that is played has. */
export interface Played extends Partial<Omit<Machine, 'run' | 'findProgram' | 'findPackage'>> {
  /** By their path, such as `/proc/meminfo`. */
  readonly files?: Readonly<Record<string, string>>;
  /** What programs print, by their whole command line; null for one that is there and fails. */
  readonly prints?: Readonly<Record<string, string | null>>;
  readonly programs?: readonly string[];
  readonly packages?: Readonly<Record<string, string>>;
}

const folders: string[] = [];

/** For `afterEach`. */
export function clearPlayedMachines(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A machine with a tree of files of its own, whose programs print what they are told to. */
export function playedMachine({
  files = {},
  prints = {},
  programs = [],
  packages = {},
  ...own
}: Played = {}): Machine {
  const root = mkdtempSync(join(tmpdir(), 'earshot-machine-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { readText, list } = thisMachine(root);
  return {
    platform: 'linux',
    arch: 'arm64',
    nodeVersion: '22.11.0',
    release: '6.12.25+rpt-rpi-2712',
    env: {},
    readText,
    list,
    findProgram: async (name) => (programs.includes(name) ? `/usr/bin/${name}` : null),
    run: async (program, args) => answerOf(prints[[program, ...args].join(' ')]),
    findPackage: async (name) => packages[name] ?? null,
    askHub: async () => ({ why: 'there is no network' }),
    diskSpace: async () => ({ freeBytes: 20e9, totalBytes: 32e9, isWritable: true }),
    wallMs: () => Date.UTC(2026, 10, 21, 12),
    steadyMs: () => 0,
    ...own,
  };
}

function answerOf(printed: string | null | undefined): ProgramAnswer {
  if (printed === undefined) return { type: 'missing' };
  return printed === null
    ? { type: 'exited', code: 1, output: '' }
    : { type: 'exited', code: 0, output: printed };
}

/** An examination of it. */
export function examinationOf(machine: Machine, more: Partial<Examination> = {}): Examination {
  return {
    machine,
    config: undefined,
    configPath: undefined,
    notes: [],
    folder: '/etc/earshot',
    scheduler: asyncScheduler,
    beganAt: { wallMs: machine.wallMs(), steadyMs: machine.steadyMs() },
    ...more,
  };
}

/** For what nobody stops. */
export const neverStopped = new AbortController().signal;
