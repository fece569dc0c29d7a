import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { certificatesIn, defaultTrust, resolveTrust, type Trust } from './trust.js';

const own = makeCertificate({ commonName: 'kiosk' });
const other = makeCertificate({ commonName: 'other' });
const digits = own.fingerprint.replaceAll(':', '');

describe('resolveTrust', () => {
  it('fills in the defaults', () => {
    expect(resolveTrust()).toEqual(defaultTrust);
    expect(resolveTrust({})).toEqual(defaultTrust);
  });

  it.each([
    own.fingerprint,
    own.fingerprint.toLowerCase(),
    digits,
    digits.toLowerCase(),
    ` ${own.fingerprint}\n`,
    `sha256 Fingerprint=${own.fingerprint}`,
    `SHA-256: ${own.fingerprint}`,
  ])('takes a fingerprint as programs print it: %j', (fingerprint) => {
    expect(resolveTrust({ fingerprint }).fingerprint).toBe(digits);
  });

  it('takes certificates and keys as text and as bytes', () => {
    const bytes = {
      rootCertificates: Buffer.from(own.pem),
      clientCertificate: new Uint8Array(Buffer.from(own.pem)),
    };

    expect(() => resolveTrust({ ...bytes, clientKey: Buffer.from(own.keyPem) })).not.toThrow();
    expect(() => resolveTrust({ rootCertificates: `${own.pem}\n${other.pem}` })).not.toThrow();
  });

  it.each<[string, Partial<Trust>, RegExp]>([
    [
      'a fingerprint that is none',
      { fingerprint: 'abc' },
      /fingerprint must be a SHA-256 fingerprint of 64 hex/,
    ],
    ['an empty fingerprint', { fingerprint: '' }, /fingerprint must be a SHA-256/],
    ['a SHA-1 fingerprint', { fingerprint: 'AB'.repeat(20) }, /40 digits are a SHA-1 fingerprint/],
    [
      'a path in the place of a certificate',
      { rootCertificates: '/etc/x.pem' },
      /rootCertificates has no .*not its path/,
    ],
    ['an empty root', { rootCertificates: '' }, /rootCertificates has no "-----BEGIN CERTIFICATE/],
    ['a key as root', { rootCertificates: own.keyPem }, /rootCertificates has no "-----BEGIN CERTIFICATE/],
    [
      'a harmed certificate',
      { rootCertificates: own.pem.replace(/^MII/m, 'AAA') },
      /rootCertificates .*cannot be read/,
    ],
    [
      'a certificate without key',
      { clientCertificate: own.pem },
      /clientCertificate is given without clientKey/,
    ],
    ['a key without certificate', { clientKey: own.keyPem }, /clientKey is given without clientCertificate/],
    [
      'the key of another',
      { clientCertificate: own.pem, clientKey: other.keyPem },
      /clientKey is not the key of/,
    ],
    ['a certificate as key', { clientCertificate: own.pem, clientKey: own.pem }, /clientKey has no/],
    [
      'a harmed key',
      { clientCertificate: own.pem, clientKey: own.keyPem.replace(/^MI/m, 'AA') },
      /clientKey cannot be read/,
    ],
    ['a name with a port', { serverName: 'a.example:443' }, /serverName must be a host name without a port/],
    [
      'plain text and a root',
      { insecure: true, rootCertificates: own.pem },
      /insecure .*with rootCertificates;/,
    ],
    [
      'plain text and all else',
      {
        insecure: true,
        fingerprint: own.fingerprint,
        serverName: 'a',
        clientCertificate: own.pem,
        clientKey: own.keyPem,
      },
      /insecure cannot be true together with fingerprint, serverName, clientCertificate, clientKey/,
    ],
    [
      'an unknown field',
      { rejectUnauthorized: false } as Partial<Trust>,
      /rejectUnauthorized is not an option/,
    ],
    ['what is no PEM', { rootCertificates: 7 as unknown as string }, /rootCertificates must be PEM text/],
  ])('refuses %s', (_title, given, expected) => {
    expect(() => resolveTrust(given)).toThrow(expected);
    expect(() => resolveTrust(given)).toThrow(/^\[OPTION_INVALID\] trust: /);
  });

  it('refuses an encrypted key, and never shows a key', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    });

    expect(() => resolveTrust({ clientCertificate: own.pem, clientKey: privateKey })).toThrow(/is encrypted/);
    const secret = own.keyPem.split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(32);
    expect(() =>
      resolveTrust({ clientCertificate: other.pem, clientKey: own.keyPem, insecure: true }),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining(secret) }));
  });

  it('names every bad field at once', () => {
    expect(() => resolveTrust({ rootCertificates: 'x', clientKey: own.keyPem })).toThrow(
      /rootCertificates .*clientKey is given without/,
    );
  });
});

describe('certificatesIn', () => {
  it('reads a whole bundle with comments in it, in order', () => {
    const names = certificatesIn(`# first\n${own.pem}# second\r\n${other.pem.replaceAll('\n', '\r\n')}`);

    expect(names.map(({ subject }) => subject)).toEqual(['CN=kiosk', 'CN=other']);
  });
});
