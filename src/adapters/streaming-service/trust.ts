import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Check } from '../../core/options.js';
import { oneOf, resolveOptions } from '../../core/options.js';

/** Certificates or a key as PEM text, or the bytes of such a file. @public */
export type Pem = string | Uint8Array;

/**
 * Whom to believe that it is the service, and how to prove who we are.
 *
 * @remarks
 * Whatever is not a loopback address is called with TLS unless `insecure` is true. A loopback address is called in
 * plain text, unless one of the other fields is set: then with TLS, as any other.
 * There is no way to accept any certificate at all: that would be plain text with extra steps.
 * @public
 */
export interface Trust {
  /**
   * Talk plain text. Everything said is then readable on the way, and nothing proves who answers. Excludes every other
   * field.
   * @defaultValue false
   */
  readonly insecure: boolean;
  /**
   * Believe what these certificates have signed, and these themselves, in the place of the roots that Node.js trusts.
   * A self-signed certificate of the service goes here.
   * @defaultValue null
   */
  readonly rootCertificates: Pem | null;
  /**
   * SHA-256 fingerprint of the one certificate that the service may show: 64 hexadecimal digits, colons optional. It
   * has to come from a trusted root all the same, so a self-signed one is given in `rootCertificates` as well. The name
   * in it is then not looked at.
   * @defaultValue null
   */
  readonly fingerprint: string | null;
  /**
   * The name to ask for and to expect in the certificate, when it is not the host that is called, such as behind a
   * tunnel.
   * @defaultValue null
   */
  readonly serverName: string | null;
  /** Certificate that proves who we are, with its chain; needs `clientKey`. @defaultValue null */
  readonly clientCertificate: Pem | null;
  /** Unencrypted private key of `clientCertificate`. @defaultValue null */
  readonly clientKey: Pem | null;
}

/** The roots of Node.js, and nothing of our own. @public */
export const defaultTrust = {
  insecure: false,
  rootCertificates: null,
  fingerprint: null,
  serverName: null,
  clientCertificate: null,
  clientKey: null,
} as const satisfies Trust;

/**
 * Fill in what was not given, and check it.
 *
 * @returns with the fingerprint as 64 upper-case digits.
 * @throws OptionError `OPTION_INVALID` that names every bad field. It never shows what was given as a key.
 */
export function resolveTrust(given: Partial<Trust> = {}): Trust {
  const trust = resolveOptions<Trust>(
    'trust',
    defaultTrust,
    given,
    {
      insecure: oneOf(true, false),
      rootCertificates: isPem,
      fingerprint: isFingerprint,
      serverName: isName,
      clientCertificate: isPem,
      clientKey: isPem,
    },
    problemsAcross,
  );
  return { ...trust, fingerprint: trust.fingerprint === null ? null : plainFingerprint(trust.fingerprint) };
}

/** Whether anything asks for TLS. */
export function asksForTls(trust: Trust): boolean {
  return tlsFields.some((name) => trust[name] !== null);
}

/** A fingerprint without what people and programs write around its digits; upper case. */
export function plainFingerprint(text: string): string {
  return text
    .trim()
    .replace(/^sha-?256(?:\s+fingerprint)?\s*[:=]\s*/i, '')
    .replace(/[:\s]/g, '')
    .toUpperCase();
}

/** Every certificate of a PEM, in order. */
export function certificatesIn(pem: Pem): readonly X509Certificate[] {
  const blocks = textOf(pem).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

const tlsFields = [
  'rootCertificates',
  'fingerprint',
  'serverName',
  'clientCertificate',
  'clientKey',
] as const;

const textOf = (pem: Pem): string => (typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1'));

/** Only the kind of value: what is in it is checked where the message does not show it. */
const isPem: Check = (value) =>
  value === null || typeof value === 'string' || value instanceof Uint8Array
    ? undefined
    : 'must be PEM text, the bytes of a PEM file, or null';

const isFingerprint: Check = (value) => {
  if (value === null) return undefined;
  const digits = typeof value === 'string' ? plainFingerprint(value) : '';
  if (/^[0-9A-F]{64}$/.test(digits)) return undefined;
  const hint = /^[0-9A-F]{40}$/.test(digits) ? ' (40 digits are a SHA-1 fingerprint)' : '';
  return `must be a SHA-256 fingerprint of 64 hexadecimal digits, or null${hint}`;
};

const isName: Check = (value) =>
  value === null ||
  (typeof value === 'string' && (isIP(value) !== 0 || /^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/i.test(value)))
    ? undefined
    : 'must be a host name without a port, or null';

function problemsAcross(trust: Trust): readonly string[] {
  const problems: string[] = [];
  const set = tlsFields.filter((name) => trust[name] !== null);
  if (trust.insecure && set.length > 0) {
    problems.push(`insecure cannot be true together with ${set.join(', ')}; leave one or the other out`);
  }
  for (const name of ['rootCertificates', 'clientCertificate'] as const) {
    const pem = trust[name];
    const problem = pem === null ? undefined : problemWithCertificates(pem);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
  }
  problems.push(...problemsOfClient(trust));
  return problems;
}

function problemWithCertificates(pem: Pem): string | undefined {
  try {
    if (certificatesIn(pem).length > 0) return undefined;
    return 'has no "-----BEGIN CERTIFICATE-----" in it; give what is in the PEM file, not its path';
  } catch {
    return 'has a certificate in it that cannot be read; give an unharmed PEM file';
  }
}

function problemsOfClient({ clientCertificate, clientKey }: Trust): readonly string[] {
  if (clientKey === null) {
    return clientCertificate === null ? [] : ['clientCertificate is given without clientKey; give both'];
  }
  if (clientCertificate === null) return ['clientKey is given without clientCertificate; give both'];
  const key = readKey(clientKey);
  if (typeof key === 'string') return [`clientKey ${key}`];
  try {
    const [own] = certificatesIn(clientCertificate);
    return own === undefined || own.checkPrivateKey(key)
      ? []
      : [
          'clientKey is not the key of the first certificate in clientCertificate; give the key that belongs to it',
        ];
  } catch {
    // Told already, as a certificate that cannot be read.
    return [];
  }
}

function readKey(pem: Pem): KeyObject | string {
  const text = textOf(pem);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return 'has no "-----BEGIN PRIVATE KEY-----" in it; give what is in the PEM file, not its path';
  }
  if (/ENCRYPTED/.test(text)) return 'is encrypted; decrypt it, for instance with openssl pkey';
  try {
    return createPrivateKey(text);
  } catch {
    return 'cannot be read; give an unharmed PEM file';
  }
}
