import { parseArgs } from 'node:util';
import { OptionError } from 'earshot';

/** What the command line of the demo can set. */
export interface DemoOptions {
  readonly json: boolean;
  /** Virtual time, and the backend scripted in this process instead of over a socket. */
  readonly fast: boolean;
  /** Folder for what the demo leaves behind. */
  readonly out: string;
  /** Port of the reference server; 0 takes a free one. */
  readonly port: number;
  /** Voice of the fillers. */
  readonly voice: string;
  /** Probability that starts speech. */
  readonly threshold: number;
  readonly fillerDelayMs: number;
  readonly timeToFirstByteMs: number;
  /** A recording to play instead of the dialogue, with NAME.transcript.json beside it. */
  readonly microphone: string | null;
}

export const usage = `A conversation on real audio: speech from files, a real Silero model, a real gRPC server, fillers, barge-ins.

  npm run demo -- [options]

  --json                      print the summary alone; under npm: npm run --silent demo -- --json
  --fast                      virtual time and a scripted backend; done in seconds
  --out FOLDER                where to write the recordings, events, summary and timeline (demo-out)
  --microphone FILE.wav       play this recording instead of the dialogue; FILE.transcript.json says what is said in it
  --port N                    port of the reference server; 0 takes a free one (0)
  --voice NAME                voice of the fillers (allison)
  --threshold P               probability that starts speech (0.5)
  --filler-delay MS           wait before a filler (400)
  --time-to-first-byte MS     how slow the server is (2200)

The exit code is 0 when every turn was answered and every barge-in silenced the loudspeaker, 1 when not,
and 2 when something could not be used. Ctrl-C stops the conversation and writes what there is; the exit code is 130.
`;

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
  threshold: text,
  'filler-delay': text,
  'time-to-first-byte': text,
} as const;

/** `--threshold -1` is a value out of range, not an option without a value: it deserves the better sentence. */
function withNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before?.startsWith('--') && !before.includes('='))
      joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** @throws OptionError with one sentence, or an error of `parseArgs`. */
export function readDemoOptions(args: string[]): DemoOptions | 'help' {
  const { values } = parseArgs({ args: withNegativeNumbers(args), options: commandLine });
  if (values.help) return 'help';
  return {
    json: values.json ?? false,
    fast: values.fast ?? false,
    out: values.out ?? 'demo-out',
    port: toNumber('port', values.port, 0),
    voice: values.voice ?? 'allison',
    threshold: toNumber('threshold', values.threshold, 0.5),
    fillerDelayMs: toNumber('filler-delay', values['filler-delay'], 400),
    timeToFirstByteMs: toNumber('time-to-first-byte', values['time-to-first-byte'], 2200),
    microphone: values.microphone ?? null,
  };
}

function toNumber(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new OptionError(
    'OPTION_INVALID',
    `demo: --${name} must be a number, but is ${JSON.stringify(value)}`,
  );
}
