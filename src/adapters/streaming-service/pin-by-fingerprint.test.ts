import { createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { type Listener, listen } from '../../../test/support/listener.js';
import { diagnoseTls } from './diagnose-tls.js';
import { pinByFingerprint } from './pin-by-fingerprint.js';
import { resolveTrust } from './trust.js';

const authority = makeCertificate({ commonName: 'authority', authority: true });
const selfSigned = makeCertificate({ commonName: 'self' });
const issued = makeCertificate({ commonName: 'issued', issuer: authority });

const started: Listener[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function startTls({ pem, keyPem }: { pem: string; keyPem: string }): Promise<string> {
  const server = createServer({ cert: pem, key: keyPem, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => {});
    socket.write('hello');
  });
  server.on('tlsClientError', () => {});
  const listener = await listen(server);
  started.push(listener);
  return listener.target;
}

describe('pinByFingerprint', () => {
  it.each([
    ['signed by itself', selfSigned],
    ['signed by somebody unknown', issued],
  ])('makes the trust in a certificate %s, which it then suffices for', async (_title, certificate) => {
    const target = await startTls(certificate);

    const trust = await pinByFingerprint(target, certificate.fingerprint.toLowerCase());

    expect(trust.fingerprint).toBe(certificate.fingerprint.replaceAll(':', ''));
    expect(await diagnoseTls(target, resolveTrust(trust))).toBeUndefined();
  });

  it('trusts nobody else', async () => {
    await expect(pinByFingerprint(await startTls(selfSigned), issued.fingerprint)).rejects.toMatchObject({
      code: 'UPSTREAM_TLS_WRONG_PIN',
      retryable: false,
      message: expect.stringContaining(selfSigned.fingerprint),
    });
  });

  it.each(['', 'abc', undefined as never])('refuses %j as a fingerprint', async (fingerprint) => {
    await expect(pinByFingerprint('a:1', fingerprint)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
