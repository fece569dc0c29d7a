import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4 } from 'node:net';

/** What a certificate shall say. */
export interface CertificateInit {
  readonly commonName: string;
  /** Host names and IPv4 addresses it is for. None by default: then it has no such list at all, as old recipes make. */
  readonly names?: readonly string[];
  /** Signs it; itself without one. */
  readonly issuer?: Certificate;
  /** May sign others. Default false. */
  readonly authority?: boolean;
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

/** A certificate with its key. */
export interface Certificate {
  readonly commonName: string;
  readonly pem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** SHA-256 over the certificate, upper case with colons. */
  readonly fingerprint: string;
}

/**
 * Makes an X.509 certificate (RFC 5280) with a new P-256 key, so that no key is kept in the repository and no test
 * depends on the date or on a program that may be missing.
 */
export function makeCertificate(init: CertificateInit): Certificate {
  const { commonName, names = [], issuer, authority = false } = init;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = 86_400_000;
  const validFrom = init.validFrom ?? new Date(Date.now() - day);
  const validTo = init.validTo ?? new Date(Date.now() + 30 * day);
  const extensions = [
    extension(oids.basicConstraints, sequence(...(authority ? [der(0x01, Buffer.of(0xff))] : []))),
    ...(names.length > 0 ? [extension(oids.subjectAltName, sequence(...names.map(generalName)))] : []),
  ];
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(0x4a), randomBytes(12)])),
    ecdsaWithSha256,
    nameOf(issuer?.commonName ?? commonName),
    sequence(time(validFrom), time(validTo)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuer === undefined ? privateKey : keyOf(issuer));
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
  const pem = toPem(certificate);
  return {
    commonName,
    pem,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: new X509Certificate(pem).fingerprint256,
  };
}

/** A day in the past, for a certificate that has expired. */
export const longAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

const oids = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
};

/** One value of DER (X.690): tag, length, content. */
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const bytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, Buffer.concat(parts));
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes);
const oid = (bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.concat([Buffer.of(0), bytes]));
const ecdsaWithSha256 = sequence(oid(oids.ecdsaWithSha256));

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(oids.commonName), der(0x0c, Buffer.from(commonName)))));
}

/** GeneralizedTime, which RFC 5280 wants from 2050 on and everybody reads. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`;
  return der(0x18, Buffer.from(text, 'latin1'));
}

function generalName(name: string): Buffer {
  return isIPv4(name)
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name, 'latin1'));
}

const extension = (id: readonly number[], value: Uint8Array): Buffer => sequence(oid(id), der(0x04, value));

const keyOf = ({ keyPem }: Certificate): KeyObject => createPrivateKey(keyPem);

function toPem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
