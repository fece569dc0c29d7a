import { createServer } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { type StreamServer, startStreamServer } from '../../../test/support/stream-server.js';
import { lookAtService } from './look-at-service.js';

const own = makeCertificate({ commonName: 'voice', names: ['localhost', '127.0.0.1'] });

let server: StreamServer | undefined;
afterEach(() => server?.close());

async function secured(): Promise<string> {
  const pair = { cert_chain: Buffer.from(own.pem), private_key: Buffer.from(own.keyPem) };
  server = await startStreamServer(() => {}, { credentials: ServerCredentials.createSsl(null, [pair]) });
  return server.target;
}

describe('a look at a service', () => {
  it('tells plain text on this machine, which needs no more', async () => {
    server = await startStreamServer(() => {});
    expect(await lookAtService(server.target, {})).toEqual({ type: 'answers', secured: false });
    expect(server.requests).toEqual([]);
  });

  it('tells a certificate that is not believed, and with it that it is', async () => {
    const target = await secured();
    const look = await lookAtService(target, {});
    expect(look).toMatchObject({ type: 'stranger', certificate: { fingerprint256: own.fingerprint } });

    const trust = { rootCertificates: own.pem, fingerprint: own.fingerprint };
    expect(await lookAtService(target, trust)).toEqual({ type: 'answers', secured: true });
    const other = makeCertificate({ commonName: 'other', names: ['127.0.0.1'] });
    expect(await lookAtService(target, { rootCertificates: other.pem })).toMatchObject({ type: 'stranger' });
    const pinned = { rootCertificates: own.pem, fingerprint: other.fingerprint };
    expect(await lookAtService(target, pinned)).toMatchObject({ type: 'refused', isOther: true });
  });

  it('tells that nothing is there', async () => {
    const port = await new Promise<number>((resolve) => {
      const free = createServer().listen(0, '127.0.0.1', () => {
        const { port: found } = free.address() as { readonly port: number };
        free.close(() => resolve(found));
      });
    });
    const look = await lookAtService(`127.0.0.1:${port}`, {});
    expect(look).toMatchObject({ type: 'away', why: expect.stringContaining('cannot be reached') });
  });
});
