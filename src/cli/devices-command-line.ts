import { parseArgs } from 'node:util';
import { CommandError } from './command-error.js';

/** What `earshot devices` was told to do. */
export interface DevicesCommandLine {
  readonly json: boolean;
  readonly backend: 'auto' | 'process' | 'audify';
  readonly api: 'auto' | 'pulse' | 'alsa' | 'core-audio' | 'wasapi';
  /** The device to try; undefined to list. */
  readonly test: string | undefined;
  /** How long to listen in a test. Units: ms. */
  readonly listenMs: number;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** As `parseArgs` has them. */
export const devicesOptions = {
  json: flag,
  backend: text,
  api: text,
  test: text,
  seconds: text,
} as const;

const backends = ['auto', 'process', 'audify'] as const;
const apis = ['auto', 'pulse', 'alsa', 'core-audio', 'wasapi'] as const;

/** @throws CommandError, or an error of `parseArgs`. */
export function readDevicesCommandLine(args: readonly string[]): DevicesCommandLine {
  const { values } = parseArgs({ args: [...args], options: devicesOptions });
  if (values.test === '') throw new CommandError('--test needs the name of a device, or default');
  if (values.seconds !== undefined && values.test === undefined) {
    throw new CommandError('--seconds goes with --test: it says how long to listen');
  }
  return {
    json: values.json ?? false,
    backend: oneOf('backend', backends, values.backend),
    api: oneOf('api', apis, values.api),
    test: values.test,
    listenMs: 1000 * seconds(values.seconds ?? '5'),
  };
}

function oneOf<T extends string>(name: string, allowed: readonly T[], value = 'auto'): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new CommandError(`--${name} must be one of ${allowed.join(', ')}, but is ${JSON.stringify(value)}`);
}

function seconds(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (number >= 2 && number <= 600) return number;
  throw new CommandError(`--seconds must be a number from 2 to 600, but is ${JSON.stringify(value)}`);
}
