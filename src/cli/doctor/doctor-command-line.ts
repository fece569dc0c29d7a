import { parseArgs } from 'node:util';
import { CommandError } from '../command-error.js';

/** What `earshot doctor` was told to examine. */
export type DoctorCommandLine = AcousticsCommandLine | MachineCommandLine;

/** `earshot doctor --acoustics`. */
export interface AcousticsCommandLine {
  readonly examine: 'acoustics';
  readonly capture: string;
  readonly playout: string;
  readonly backend: (typeof backends)[number];
  readonly api: (typeof apis)[number];
  readonly channel: 'mix' | number;
  /** How long single chirps are played. Units: s. */
  readonly seconds: number;
  /** Of the chirps, root mean square. Units: dB below full scale. */
  readonly levelDb: number;
  /** Where the calibration goes; undefined for nowhere. */
  readonly write: string | undefined;
  readonly json: boolean;
}

/** `earshot doctor [CONFIG]`. */
export interface MachineCommandLine {
  readonly examine: 'machine';
  /** Path of the config; undefined for what every loop needs. */
  readonly config: string | undefined;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const options = {
  help: { type: 'boolean', short: 'h' },
  acoustics: flag,
  capture: text,
  playout: text,
  backend: text,
  api: text,
  channel: text,
  seconds: text,
  level: text,
  write: text,
  json: flag,
} as const;

const backends = ['auto', 'process', 'audify'] as const;
const apis = ['auto', 'pulse', 'alsa', 'core-audio', 'wasapi'] as const;
const acousticFlags = [
  'capture',
  'playout',
  'backend',
  'api',
  'channel',
  'seconds',
  'level',
  'write',
] as const;

/** @throws CommandError, or an error of `parseArgs`. */
export function readDoctorCommandLine(args: readonly string[]): DoctorCommandLine | 'help' {
  const { values, positionals } = parseArgs({ args: joinNegative(args), options, allowPositionals: true });
  if (values.help === true) return 'help';
  const [config, ...more] = positionals;
  const json = values.json ?? false;
  if (values.acoustics !== true) {
    const stray = acousticFlags.find((name) => values[name] !== undefined);
    if (stray !== undefined) {
      throw new CommandError(
        `--${stray} goes with --acoustics; the devices of a loop are named in its config, so give that: earshot doctor CONFIG`,
      );
    }
    if (more.length > 0)
      throw new CommandError(`one CONFIG can be given, but there are ${positionals.length}`);
    if (config === '') throw new CommandError('CONFIG must be the path of a file, but is empty');
    return { examine: 'machine', config, json };
  }
  if (config !== undefined) {
    throw new CommandError(
      `--acoustics takes no CONFIG, but there is ${JSON.stringify(config)}; name the devices with --capture and --playout`,
    );
  }
  for (const name of ['capture', 'playout', 'write'] as const) {
    if (values[name] === '') {
      const what = name === 'write' ? 'of a file' : 'of a device, or default';
      throw new CommandError(`--${name} needs the name ${what}`);
    }
  }
  return {
    examine: 'acoustics',
    capture: values.capture ?? 'default',
    playout: values.playout ?? 'default',
    backend: oneOf('backend', backends, values.backend),
    api: oneOf('api', apis, values.api),
    channel: channel(values.channel ?? 'mix'),
    seconds: number('seconds', values.seconds ?? '6', 2, 120),
    levelDb: number('level', values.level ?? '-23', -60, -6),
    write: values.write,
    json,
  };
}

/** A level is below zero, which would be taken for a flag. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === '--level' && /^-\d/.test(arg)) joined[joined.length - 1] = `--level=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function oneOf<T extends string>(name: string, allowed: readonly T[], value = 'auto'): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new CommandError(`--${name} must be one of ${allowed.join(', ')}, but is ${JSON.stringify(value)}`);
}

function channel(value: string): 'mix' | number {
  if (value === 'mix') return value;
  const index = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isInteger(index) && index >= 0 && index <= 31) return index;
  throw new CommandError(
    `--channel must be mix or a whole number from 0 to 31, but is ${JSON.stringify(value)}`,
  );
}

function number(name: string, value: string, min: number, max: number): number {
  const given = value.trim() === '' ? Number.NaN : Number(value);
  if (given >= min && given <= max) return given;
  throw new CommandError(`--${name} must be a number from ${min} to ${max}, but is ${JSON.stringify(value)}`);
}
