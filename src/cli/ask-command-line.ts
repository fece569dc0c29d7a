import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { StreamingServiceInit, Trust } from '../adapters/streaming-service/index.js';
import { CommandError, fileError } from './command-error.js';

/** What `earshot ask` was told to do. */
export interface AskCommandLine {
  readonly prompt: string;
  /** Without a hardware id, which may have to be derived. */
  readonly service: Omit<StreamingServiceInit, 'hardwareId'>;
  readonly hardwareId: string | undefined;
  readonly interruptAfterMs: number | undefined;
  readonly cancelAfterMs: number | undefined;
  readonly wav: string | undefined;
  readonly raw: string | undefined;
  readonly json: boolean;
  readonly log: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** As `parseArgs` has them. */
export const askOptions = {
  target: text,
  'hardware-id': text,
  insecure: flag,
  'root-cert': text,
  fingerprint: text,
  'server-name': text,
  'client-cert': text,
  'client-key': text,
  metadata: { type: 'string', multiple: true },
  'first-message-ms': text,
  'inactivity-ms': text,
  'deadline-ms': text,
  'no-retry': flag,
  'interrupt-after-ms': text,
  'cancel-after-ms': text,
  wav: text,
  raw: text,
  json: flag,
  log: flag,
} as const;

/** Longest delay of `--interrupt-after-ms` and `--cancel-after-ms`: that of a whole answer. */
const maxDelayMs = 3_600_000;

/**
 * Read the command line of `earshot ask`, and the files that hold what it needs.
 *
 * @throws CommandError, or an error of `parseArgs`. What the library checks is left to it.
 */
export function readAskCommandLine(args: readonly string[]): AskCommandLine {
  const { values, positionals } = parseArgs({
    args: withNegativeNumbers(args),
    options: askOptions,
    allowPositionals: true,
  });
  const { target } = values;
  if (target === undefined) {
    throw new CommandError('--target is missing; give the service as --target HOST:PORT');
  }
  const firstMessageMs = milliseconds('first-message-ms', values['first-message-ms']);
  const betweenMessagesMs = milliseconds('inactivity-ms', values['inactivity-ms']);
  const deadlineMs = milliseconds('deadline-ms', values['deadline-ms']);
  return {
    prompt: readPrompt(positionals),
    service: {
      target,
      insecure: values.insecure ?? false,
      trust: readTrust(values),
      metadata: readMetadata(values.metadata ?? []),
      ...(firstMessageMs !== undefined && { firstMessageMs }),
      ...(betweenMessagesMs !== undefined && { betweenMessagesMs }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(values['no-retry'] === true && { maxRetries: 0 }),
    },
    hardwareId: values['hardware-id'],
    interruptAfterMs: delay('interrupt-after-ms', values['interrupt-after-ms']),
    cancelAfterMs: delay('cancel-after-ms', values['cancel-after-ms']),
    wav: path('wav', values.wav),
    raw: path('raw', values.raw),
    json: values.json ?? false,
    log: values.log ?? false,
  };
}

/** `--deadline-ms -1` is a value out of range, not an option without a value: it deserves the better sentence. */
function withNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && /^--[a-z-]+-ms$/.test(before ?? '')) joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function readPrompt(positionals: readonly string[]): string {
  const [prompt, ...more] = positionals;
  if (more.length > 0) {
    throw new CommandError(`${positionals.length} prompts were given; put one prompt in quotes`);
  }
  if (prompt === undefined || prompt.trim() === '') {
    throw new CommandError('the prompt is missing; give what to ask in quotes, such as "What time is it?"');
  }
  return prompt;
}

function readTrust(values: {
  readonly 'root-cert'?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly 'server-name'?: string | undefined;
  readonly 'client-cert'?: string | undefined;
  readonly 'client-key'?: string | undefined;
}): Partial<Trust> {
  const { fingerprint, 'server-name': serverName } = values;
  const rootCertificates = readPem('root-cert', values['root-cert']);
  const clientCertificate = readPem('client-cert', values['client-cert']);
  const clientKey = readPem('client-key', values['client-key']);
  return {
    ...(rootCertificates !== undefined && { rootCertificates }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(serverName !== undefined && { serverName }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(clientKey !== undefined && { clientKey }),
  };
}

function readPem(name: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(`--${name}`, file, 'read', cause);
  }
}

function readMetadata(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    // Without what stands behind a colon or a space: somebody may have written "authorization: Bearer ...".
    if (at < 1)
      throw new CommandError(`--metadata must be K=V, but has no = after ${pair.split(/[\s:]/)[0]}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

function milliseconds(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new CommandError(`--${name} must be a number of milliseconds, but is ${JSON.stringify(value)}`);
}

function delay(name: string, value: string | undefined): number | undefined {
  const number = milliseconds(name, value);
  if (number === undefined || (number >= 0 && number <= maxDelayMs)) return number;
  throw new CommandError(`--${name} must be a number from 0 to ${maxDelayMs} ms, but is ${number}`);
}

function path(name: string, value: string | undefined): string | undefined {
  if (value === '') throw new CommandError(`--${name} must be the path of a file, but is empty`);
  return value;
}
