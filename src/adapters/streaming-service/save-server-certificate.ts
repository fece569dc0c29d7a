import { OptionError } from '../../core/errors.js';
import { fetchServerCertificate } from './fetch-server-certificate.js';
import type { ServerCertificate } from './server-certificate.js';
import { plainFingerprint, resolveTrust } from './trust.js';

/** What to fetch, and where to put it. @public */
export interface SaveServerCertificateInit {
  /** `host:port` of the service. */
  readonly target: string;
  /** Where the certificate goes, as a PEM file. One that is there is replaced. */
  readonly file: string;
  /** Write without asking. */
  readonly yes?: boolean;
  /** SHA-256 fingerprint that came another way: when it is the one, nothing is asked; when not, nothing is written. */
  readonly fingerprint?: string | undefined;
  /** The name to ask for, where one address serves several. */
  readonly serverName?: string | undefined;
  /** Longest wait for the certificate, in milliseconds. Range: 100..60000. */
  readonly timeoutMs?: number | undefined;
}

/** How it talks, and writes. @public */
export interface SaveServerCertificateIo {
  /** Show one line. */
  print(line: string): void;
  /** Ask a person, and give back the answer; undefined where there is nobody to ask. */
  ask(question: string): Promise<string | undefined>;
  writeFile(file: string, text: string): Promise<void>;
}

/**
 * Fetch the certificate of a service, show it, and write it when a person says so.
 *
 * @remarks
 * Whatever is not a clear yes (`y`, `yes`) writes nothing.
 *
 * @returns whether it was written, and the certificate.
 * @throws what `fetchServerCertificate` throws, and what `writeFile` of `io` throws.
 * @throws OptionError `OPTION_INVALID` when nobody is there to be asked, and neither `yes` nor `fingerprint` is given.
 * @public
 */
export async function saveServerCertificate(
  init: SaveServerCertificateInit,
  io: SaveServerCertificateIo,
): Promise<{ readonly written: boolean; readonly certificate: ServerCertificate }> {
  const { target, file, yes = false, serverName = null, timeoutMs } = init;
  const { fingerprint } = resolveTrust({ fingerprint: init.fingerprint ?? null, serverName });
  const certificate = await fetchServerCertificate(target, {
    serverName,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  for (const line of linesAbout(target, certificate)) io.print(line);
  const written = await mayWrite(certificate, { fingerprint, yes, file }, io);
  if (written) {
    await io.writeFile(file, certificate.pem);
    io.print(`written to ${file}; give it as rootCertificates, and the fingerprint with it`);
  } else {
    io.print('nothing was written');
  }
  return { written, certificate };
}

interface Consent {
  readonly fingerprint: string | null;
  readonly yes: boolean;
  readonly file: string;
}

async function mayWrite(
  { fingerprint256 }: ServerCertificate,
  { fingerprint, yes, file }: Consent,
  io: SaveServerCertificateIo,
): Promise<boolean> {
  if (fingerprint !== null) {
    const same = plainFingerprint(fingerprint256) === fingerprint;
    io.print(
      same ? 'this is the fingerprint that was expected' : 'this is NOT the fingerprint that was expected',
    );
    return same;
  }
  if (yes) return true;
  const answer = await io.ask(
    `Compare the fingerprint with one that came another way, such as from whoever runs the service. Write it to ${file}? [y/N] `,
  );
  if (answer === undefined) {
    throw new OptionError(
      'OPTION_INVALID',
      'saveServerCertificate: there is nobody to ask whether this is the right certificate; compare the fingerprint and say yes beforehand, or give the fingerprint that is expected',
    );
  }
  return /^y(?:es)?$/i.test(answer.trim());
}

function linesAbout(target: string, certificate: ServerCertificate): readonly string[] {
  const { subject, issuer, names, validFrom, validTo, fingerprint256, selfSigned } = certificate;
  return [
    `${target} shows this certificate:`,
    `  subject  ${subject}`,
    `  issuer   ${selfSigned ? 'itself' : issuer}`,
    `  names    ${names.length === 0 ? 'none' : names.join(', ')}`,
    `  valid    ${validFrom.toISOString()} to ${validTo.toISOString()}`,
    `  SHA-256  ${fingerprint256}`,
    ...(selfSigned
      ? []
      : [
          'It is signed by somebody else: when that one is trusted already, nothing needs to be pinned, and this certificate will be replaced by the next.',
        ]),
  ];
}
