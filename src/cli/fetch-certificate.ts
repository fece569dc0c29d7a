import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { saveServerCertificate } from '../adapters/streaming-service/index.js';
import { CommandError, exitCodes, fileError } from './command-error.js';
import type { Console } from './console.js';
import { inFlags } from './flag-names.js';
import { countSeconds, createProgressLine } from './progress-line.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** As `parseArgs` has them. */
export const fetchCertificateOptions = {
  out: text,
  yes: { type: 'boolean', short: 'y' },
  fingerprint: text,
  'server-name': text,
  'timeout-ms': text,
  json: flag,
} as const satisfies Record<string, typeof text | typeof flag | { readonly type: 'boolean'; short: string }>;

/** Longest wait for an answer that does not come from a terminal. Units: ms. */
const answerLimitMs = 10_000;

/**
 * `earshot fetch-certificate`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function fetchCertificate(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: fetchCertificateOptions,
    allowPositionals: true,
  });
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) {
    throw new CommandError(`one HOST:PORT must be given, but there are ${positionals.length}`);
  }
  const { yes = false, fingerprint, json = false } = values;
  const file = values.out ?? fileFor(target);
  const waited = countSeconds(createProgressLine(), `waiting for the certificate of ${target}`);
  const { written, certificate } = await saveServerCertificate(
    {
      target,
      file,
      yes,
      fingerprint,
      serverName: values['server-name'],
      timeoutMs: milliseconds(values['timeout-ms']),
    },
    {
      print(line) {
        waited();
        if (!json) console.print(`${inFlags(line)}\n`);
      },
      // A program is shown the certificate, and asks again with its fingerprint.
      ask: (question) => (json ? Promise.resolve('no') : askPerson(question, process.stdin, process.stderr)),
      writeFile: async (file, pem) => {
        try {
          await writeFile(file, pem);
        } catch (cause) {
          throw fileError('--out', file, 'written', cause);
        }
      },
    },
  ).finally(waited);
  if (json) {
    const report = { target, written, file: written ? file : null, ...certificate };
    console.print(`${JSON.stringify(report, null, 2)}\n`);
    if (!yes && fingerprint === undefined) return exitCodes.done;
  }
  return written ? exitCodes.done : exitCodes.declined;
}

/** The host as the name of a file. */
function fileFor(target: string): string {
  const host = target.replace(/:\d+$/, '').replace(/[^\w.-]+/g, '-');
  return `${host.replace(/^[-.]+|-+$/g, '') || 'service'}.pem`;
}

function milliseconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new CommandError(`--timeout-ms must be a number of milliseconds, but is ${JSON.stringify(value)}`);
}

/** One line of an answer; undefined when there is nobody. A person may think as long as it takes, a program may not. */
function askPerson(
  question: string,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input, terminal: false });
    const limit = input.isTTY ? undefined : setTimeout(() => lines.close(), answerLimitMs);
    output.write(question);
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => {
      clearTimeout(limit);
      // It would keep the command from ending.
      input.unref();
      resolve(undefined);
    });
  });
}
