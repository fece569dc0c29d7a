import type { Trust } from '../../adapters/streaming-service/index.js';
import { CommandError } from '../command-error.js';
import { whyNot } from '../config/referenced-text.js';
import type { Interview } from './interview.js';
import type { Machine } from './machine.js';
import { problemOf, type WrittenConfig } from './written-config.js';

/** How a service is called. */
export interface Terms {
  /** In plain text, although it is on another machine. */
  readonly insecure: boolean;
  readonly trust: {
    /** To look at the service now. */
    readonly known: Partial<Trust>;
    /** As the config has it. */
    readonly written: WrittenConfig;
  };
  /** Certificates to write, by names in the folder of the config. */
  readonly files: ReadonlyMap<string, string>;
}

/** Options that name files, and what they are in `trust`. */
const fileOptions = {
  'root-cert': 'rootCertificates',
  'client-cert': 'clientCertificate',
  'client-key': 'clientKey',
} as const satisfies Readonly<Record<string, keyof Trust>>;

/**
 * What the command line says of it.
 *
 * @throws CommandError
 */
export function givenTerms(interview: Interview, machine: Machine): Terms {
  const insecure = interview.option('insecure') !== undefined;
  const known: Partial<Record<Exclude<keyof Trust, 'insecure'>, string>> = {};
  const written: Record<string, string | { readonly file: string }> = {};
  for (const [option, field] of Object.entries(fileOptions)) {
    const path = interview.option(option);
    if (path === undefined) continue;
    known[field] = textOf(path, option, machine);
    written[field] = { file: path };
  }
  for (const [option, field] of [
    ['fingerprint', 'fingerprint'],
    ['server-name', 'serverName'],
  ] as const) {
    const value = interview.option(option);
    if (value === undefined) continue;
    known[field] = value;
    written[field] = value;
  }
  const isGiven = Object.keys(written).length > 0;
  if (insecure && isGiven)
    throw new CommandError(
      '--insecure is plain text, and goes with no certificate; leave out one or the other',
    );
  const problem = isGiven && problemOf(upstreamWith(written), machine.surroundings);
  if (problem) throw new CommandError(`what was given for the certificate cannot be used: it ${problem}`);
  return { insecure, trust: { known, written }, files: new Map() };
}

function textOf(path: string, option: string, { surroundings }: Machine): string {
  try {
    return surroundings.readFile(path);
  } catch (cause) {
    throw new CommandError(`--${option} ${path} cannot be read: ${whyNot(cause)}`, { cause });
  }
}

/** The certificate of this device, and its key. @returns undefined where there is none. */
export async function askOwnCertificate(
  interview: Interview,
  machine: Machine,
  terms: Terms,
): Promise<Terms | undefined> {
  const { surroundings } = machine;
  const certificate = await interview.ask<string>({
    option: 'client-cert',
    text: 'In which file is the certificate of this device (PEM; none: there is none)?',
    preset: 'none',
    read(path) {
      if (path === 'none') return { value: path };
      try {
        const isPem = surroundings.readFile(path).includes('-----BEGIN CERTIFICATE-----');
        return isPem ? { value: path } : { reason: 'is no certificate in PEM' };
      } catch (cause) {
        return { reason: `cannot be read: ${whyNot(cause)}` };
      }
    },
  });
  if (certificate === 'none') return undefined;
  const { trust } = terms;
  const withKey = (key: string) => ({
    ...trust.written,
    clientCertificate: { file: certificate },
    clientKey: { file: key },
  });
  const key = await interview.ask<string>({
    option: 'client-key',
    text: 'In which file is its key (PEM)?',
    preset: undefined,
    read(path) {
      const reason = path === '' ? 'names no file' : problemOf(upstreamWith(withKey(path)), surroundings);
      return reason === undefined ? { value: path } : { reason };
    },
  });
  const own = {
    clientCertificate: surroundings.readFile(certificate),
    clientKey: surroundings.readFile(key),
  };
  return { ...terms, trust: { known: { ...trust.known, ...own }, written: withKey(key) } };
}

const upstreamWith = (trust: WrittenConfig): WrittenConfig => ({
  upstream: { target: 'some.host:1', trust },
});
