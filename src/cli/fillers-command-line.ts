import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type FillerPhrase, fillerLanguages, fillerPhrases } from '../adapters/filler-cache/index.js';
import { CommandError, fileError } from './command-error.js';
import { readPhrases } from './fillers-phrase-file.js';
import { type VoiceEngine, type VoiceWish, voiceEngines } from './fillers-voices.js';

/** What `earshot fillers render` was told to do. */
export interface FillersCommandLine extends VoiceWish {
  readonly out: string;
  readonly phrases: readonly FillerPhrase[];
  /** Rate at which they are stored. Units: hertz. */
  readonly sampleRateHz: number;
  readonly json: boolean;
}

const text = { type: 'string' } as const;

/** As `parseArgs` has them. */
export const fillersOptions = {
  json: { type: 'boolean' },
  out: text,
  language: text,
  phrases: text,
  engine: text,
  voice: text,
  speed: text,
  model: text,
  offline: { type: 'boolean' },
  rate: text,
} as const;

/** @throws CommandError, or an error of `parseArgs`. */
export function readFillersCommandLine(args: readonly string[]): FillersCommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: fillersOptions,
    allowPositionals: true,
  });
  if (positionals.length !== 1 || positionals[0] !== 'render') {
    throw new CommandError('say what to do with fillers: earshot fillers render; see earshot fillers --help');
  }
  for (const name of ['out', 'language', 'phrases', 'voice', 'model'] as const) {
    if (values[name]?.trim() === '') throw new CommandError(`--${name} is empty; see earshot fillers --help`);
  }
  if (values.out === undefined) {
    throw new CommandError('--out is missing; give the folder that the fillers go into');
  }
  const language = values.language ?? 'en';
  return {
    out: values.out,
    language,
    phrases: values.phrases === undefined ? shippedPhrases(language) : phrasesIn(values.phrases),
    engine: engineOf(values.engine),
    voice: values.voice,
    model: values.model,
    offline: values.offline ?? false,
    speed: number('speed', values.speed ?? '1', 0.5, 2),
    // The layout that openDevices gives a loudspeaker: what is stored so is played as it is.
    sampleRateHz: wholeNumber('rate', values.rate ?? '48000', 8000, 192_000),
    json: values.json ?? false,
  };
}

function shippedPhrases(language: string): readonly FillerPhrase[] {
  const primary = language.toLowerCase().split('-')[0];
  if (fillerLanguages.some((known) => known === primary)) return fillerPhrases(language);
  throw new CommandError(
    `no phrases ship for the language ${JSON.stringify(language)}, only for ${fillerLanguages.join(' and ')}; give your own with --phrases FILE`,
  );
}

function phrasesIn(path: string): readonly FillerPhrase[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError('--phrases', path, 'read', cause);
  }
  return readPhrases(content, path);
}

function engineOf(value: string | undefined): VoiceEngine | undefined {
  const engine = voiceEngines.find((known) => known === value);
  if (engine !== undefined || value === undefined) return engine;
  throw new CommandError(
    `--engine must be one of ${voiceEngines.join(', ')}, but is ${JSON.stringify(value)}`,
  );
}

function number(name: string, value: string, min: number, max: number): number {
  const given = value.trim() === '' ? Number.NaN : Number(value);
  if (given >= min && given <= max) return given;
  throw new CommandError(`--${name} must be a number from ${min} to ${max}, but is ${JSON.stringify(value)}`);
}

function wholeNumber(name: string, value: string, min: number, max: number): number {
  const given = number(name, value, min, max);
  if (Number.isInteger(given)) return given;
  throw new CommandError(`--${name} must be a whole number, but is ${JSON.stringify(value)}`);
}
