import { parseArgs } from 'node:util';
import { longestSeconds } from './limits.js';
import { oneOf, refusal, toNumber } from './option-checks.js';
import { readSpeechOptions, type SpeechOptions } from './speech-options.js';

/** Files, in real or in virtual time. */
export interface FilesPlace {
  readonly type: 'files';
  /** Virtual time, and the backend scripted in this process instead of over a socket. */
  readonly fast: boolean;
  /** A recording to play instead of the dialogue, with NAME.transcript.json beside it. */
  readonly microphone: string | null;
}

/** The microphone and the loudspeaker of this machine, each by its name. */
export interface DevicesPlace {
  readonly type: 'devices';
  readonly capture: string;
  readonly playout: string;
  readonly backend: Backing;
  /** How long the conversation goes on, but for an answer that is being given. */
  readonly seconds: number;
}

/** A sound server of its own, with a person who says the dialogue. */
export interface KioskPlace {
  readonly type: 'virtual-kiosk';
  readonly server: (typeof servers)[number];
  readonly backend: Backing;
}

/** How devices are reached. */
type Backing = (typeof backings)[number];

/** What the command line of the demo can set. */
export interface DemoOptions {
  readonly json: boolean;
  /** Where the conversation takes place. */
  readonly place: FilesPlace | DevicesPlace | KioskPlace;
  /** Folder for what the demo leaves behind. */
  readonly out: string;
  /** Port of the reference server; 0 takes a free one. */
  readonly port: number;
  /** What is understood and said on this machine. */
  readonly speech: SpeechOptions;
  /** Probability that starts speech. */
  readonly threshold: number;
  readonly fillerDelayMs: number;
  readonly timeToFirstByteMs: number;
  /** How much less of the loudspeaker the microphone hears; null: nothing to speak of, as with a headset. Units: dB. */
  readonly echoDb: number | null;
}

const servers = ['pulseaudio', 'pipewire'] as const;
const backings = ['auto', 'process', 'audify'] as const;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const commandLine = {
  help: flag,
  json: flag,
  fast: flag,
  out: text,
  microphone: text,
  port: text,
  voice: text,
  stt: text,
  fillers: text,
  models: text,
  hub: text,
  offline: flag,
  threshold: text,
  'filler-delay': text,
  'time-to-first-byte': text,
  device: text,
  capture: text,
  playout: text,
  backend: text,
  seconds: text,
  'virtual-kiosk': text,
  echo: text,
} as const;

/**
 * What `parseArgs` reads as it is meant: `--threshold -1` is a value out of range, not an option without a value, and deserves the
 * better sentence; `--virtual-kiosk` needs no value.
 */
function readable(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before?.startsWith('--') && !before.includes('='))
      joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg === '--virtual-kiosk' ? `${arg}=${servers[0]}` : arg);
  }
  return joined;
}

type Given = Readonly<Partial<Record<keyof typeof commandLine, string | boolean>>>;

/** @throws OptionError with one sentence, or an error of `parseArgs`. */
export function readDemoOptions(args: string[]): DemoOptions | 'help' {
  const { values } = parseArgs({ args: readable(args), options: commandLine });
  if (values.help) return 'help';
  return {
    json: values.json ?? false,
    place: placeOf(values),
    out: values.out ?? 'demo-out',
    port: toNumber('port', values.port, 0),
    speech: readSpeechOptions(values),
    threshold: toNumber('threshold', values.threshold, 0.5),
    fillerDelayMs: toNumber('filler-delay', values['filler-delay'], 400),
    timeToFirstByteMs: toNumber('time-to-first-byte', values['time-to-first-byte'], 2200),
    echoDb: echoOf(values.echo),
  };
}

const deviceOptions = ['device', 'capture', 'playout'] as const;

/** What cannot be had together, and why. */
const conflicts: readonly (readonly [one: keyof Given, other: keyof Given, why: string])[] = [
  ...deviceOptions.flatMap((name) => [
    ['fast', name, 'virtual time does not pass on a real device'] as const,
    ['microphone', name, 'a recording needs no device'] as const,
    [name, 'virtual-kiosk', 'the kiosk has its own devices'] as const,
    ['echo', name, 'a real room has an echo of its own'] as const,
  ]),
  ['fast', 'virtual-kiosk', 'virtual time does not pass on a sound server'],
  ['microphone', 'virtual-kiosk', 'the kiosk has a person who says the dialogue'],
  ['device', 'capture', 'the one names both devices, the other one of them'],
  ['device', 'playout', 'the one names both devices, the other one of them'],
  ['seconds', 'virtual-kiosk', 'the dialogue ends by itself'],
];

function placeOf(given: Given): DemoOptions['place'] {
  for (const [one, other, why] of conflicts) {
    if (given[one] !== undefined && given[other] !== undefined)
      throw refusal(`--${one} cannot be combined with --${other}: ${why}; leave one of them out`);
  }
  const isDevices = deviceOptions.some((name) => given[name] !== undefined);
  if (!isDevices && given.seconds !== undefined)
    throw refusal('--seconds is for real devices; give --device too, or leave it out');
  if (!isDevices && given['virtual-kiosk'] === undefined && given.backend !== undefined)
    throw refusal('--backend is for real devices; give --device or --virtual-kiosk too, or leave it out');
  const backend = oneOf('backend', given.backend ?? 'auto', backings);
  if (given['virtual-kiosk'] !== undefined)
    return {
      type: 'virtual-kiosk',
      server: oneOf('virtual-kiosk', given['virtual-kiosk'], servers),
      backend,
    };
  if (isDevices) {
    const seconds = toNumber('seconds', given.seconds, longestSeconds);
    if (!(seconds >= 1 && seconds <= longestSeconds))
      throw refusal(`--seconds must be a number from 1 to ${longestSeconds}, but is ${seconds}`);
    const nameOf = (side: 'capture' | 'playout') => deviceName(side, given[side] ?? given.device);
    return { type: 'devices', capture: nameOf('capture'), playout: nameOf('playout'), backend, seconds };
  }
  const microphone = typeof given.microphone === 'string' ? given.microphone : null;
  return { type: 'files', fast: given.fast === true, microphone };
}

/** Louder than the loudspeaker itself is no echo, and less than a headset lets through is none either. Units: dB. */
const [leastEchoDb, mostEchoDb] = [-60, 6];

function echoOf(value: unknown): number | null {
  if (value === undefined) return null;
  const db = toNumber('echo', value, Number.NaN);
  if (db >= leastEchoDb && db <= mostEchoDb) return db;
  throw refusal(
    `--echo must be a number from ${leastEchoDb} to ${mostEchoDb} dB, but is ${db}; -10 is a loudspeaker beside the microphone`,
  );
}

/** `auto` is whatever the system takes by itself. */
function deviceName(option: string, value: unknown): string {
  if (value === undefined || value === 'auto') return 'default';
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw refusal(`--${option} or --device must name a device, but is empty; earshot devices lists the names`);
}
