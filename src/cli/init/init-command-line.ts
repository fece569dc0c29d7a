import { parseArgs } from 'node:util';
import { CommandError } from '../command-error.js';

/** What `earshot init` was told. */
export interface InitCommandLine {
  readonly file: string;
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
  /** Options that answer questions, by name. */
  readonly answers: Readonly<Record<string, string>>;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Options that answer questions. */
const answerOptions = {
  target: text,
  insecure: flag,
  'root-cert': text,
  fingerprint: text,
  'server-name': text,
  'client-cert': text,
  'client-key': text,
  token: text,
  microphone: text,
  loudspeaker: text,
  heard: text,
  played: text,
  backend: text,
  api: text,
  'no-test': flag,
  echo: text,
  language: text,
  transcriber: text,
  voice: text,
  fillers: text,
  button: text,
  light: text,
  'runs-as': text,
  metrics: text,
} as const;

/** As `parseArgs` has them. */
export const initOptions = {
  ...answerOptions,
  yes: { type: 'boolean', short: 'y' },
  force: flag,
  json: flag,
} as const;

/** @throws CommandError, or an error of `parseArgs`. */
export function readInitCommandLine(args: readonly string[]): InitCommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: initOptions,
    allowPositionals: true,
  });
  const [file = 'earshot.yaml', ...more] = positionals;
  if (more.length > 0) throw new CommandError(`one FILE can be given, but there are ${positionals.length}`);
  if (file === '') throw new CommandError('FILE is empty; leave it out for earshot.yaml');
  const answers: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(answerOptions, name)) continue;
    if (value === '') throw new CommandError(`--${name} is empty; leave it out for its default`);
    answers[name] = String(value);
  }
  return {
    file,
    answers,
    yes: values.yes ?? false,
    force: values.force ?? false,
    json: values.json ?? false,
  };
}
