import type { X509Certificate } from 'node:crypto';

/** A certificate that a service showed. @public */
export interface ServerCertificate {
  /** As a PEM file holds it; goes into `rootCertificates` of `Trust`. */
  readonly pem: string;
  /** SHA-256 over the certificate: 32 pairs of upper-case hexadecimal digits, with colons. */
  readonly fingerprint256: string;
  /** Whose it says it is, such as `CN=voice.example.com`. */
  readonly subject: string;
  /** Who says that they have signed it. */
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Host names and IP addresses that it is for. Often none in certificates made by hand. */
  readonly names: readonly string[];
  /** True when it names itself as its issuer. */
  readonly selfSigned: boolean;
}

/** What a certificate says. The words in it come from a stranger: control characters are taken out. */
export function describeCertificate(certificate: X509Certificate): ServerCertificate {
  const { fingerprint256, subject, issuer, validFrom, validTo } = certificate;
  const names = (certificate.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const [, name] = /^(?:DNS|IP Address):(.+)$/.exec(entry) ?? [];
    return name === undefined ? [] : [printable(name)];
  });
  return {
    pem: certificate.toString(),
    fingerprint256,
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    names,
    selfSigned: subject === issuer,
  };
}

/** Node.js gives one part a line. */
const distinguishedName = (lines: string | undefined): string =>
  printable((lines ?? '').trim().replaceAll('\n', ', ')) || 'nobody';

const printable = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 300);
