import { createServer as createSecureServer } from 'node:https';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { type Listener, listen } from '../../../test/support/listener.js';
import { createFailureReasons } from './failure-reasons.js';
import { resolveTrust } from './trust.js';

const started: Listener[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

/** Answers TLS with plain text. */
async function startPlain(): Promise<Listener> {
  const listener = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  started.push(listener);
  return listener;
}

const trust = resolveTrust({ serverName: 'localhost' });
const notConnected = (why: string) => ({
  code: 14,
  details: `No connection established. Last error: ${why}`,
});

describe('reasons of failures', () => {
  it('are found out once for each connection', async () => {
    const { target, connections } = await startPlain();
    const reasons = createFailureReasons(target, trust, false);
    const [first, second] = [{}, {}];

    const errors = await Promise.all([
      reasons.of(first, notConnected('Failed to connect')),
      reasons.of(first, notConnected('Failed to connect')),
      reasons.of(second, notConnected('Failed to connect')),
    ]);

    expect(errors.map((error) => error?.code)).toEqual(Array(3).fill('UPSTREAM_TLS_UNEXPECTED'));
    expect(errors[0]).toBe(errors[1]);
    expect(connections()).toBe(2);
  });

  it.each([
    ['an answer', { code: 0, details: '' }],
    ['a refusal', { code: 7, details: 'No connection established' }],
    ['a connection that broke', { code: 14, details: 'Connection dropped' }],
    ['a proxy without a service behind it', { code: 14, details: 'Received HTTP status code 502' }],
    ['a name that nobody knows', { code: 14, details: 'Name resolution failed for target dns:nowhere:1' }],
  ])('are not looked for after %s', async (_title, status) => {
    const { target, connections } = await startPlain();

    expect(createFailureReasons(target, trust, false).of({}, status)).toBeUndefined();
    expect(connections()).toBe(0);
  });

  it('are only read, not looked for, where there may be a proxy in between', async () => {
    const { target, connections } = await startPlain();
    const reasons = createFailureReasons(target, trust, true);

    expect((await reasons.of({}, notConnected('Error: certificate has expired')))?.code).toBe(
      'UPSTREAM_TLS_EXPIRED',
    );
    expect(await reasons.of({}, notConnected('Failed to connect'))).toBeUndefined();
    expect(connections()).toBe(0);
  });

  describe('where a web server in front answered', () => {
    const certificate = makeCertificate({ commonName: 'front', names: ['127.0.0.1'] });
    const secured = resolveTrust({ rootCertificates: certificate.pem });
    const badRequest = { code: 13, details: 'Received HTTP status code 400' };
    const startFront = async (page: string): Promise<string> => {
      const front = await listen(
        createSecureServer({ cert: certificate.pem, key: certificate.keyPem }, (_request, response) =>
          response.writeHead(400).end(page),
        ),
      );
      started.push(front);
      return front.target;
    };

    it('are read from its page, when it wants a certificate of the caller', async () => {
      // As nginx 1.22 says it.
      const target = await startFront('<h1>400 Bad Request</h1>No required SSL certificate was sent');

      const error = await createFailureReasons(target, secured, false).of({}, badRequest);

      expect(error).toMatchObject({ code: 'UPSTREAM_TLS_CLIENT_REFUSED', retryable: false, grpcStatus: 13 });
    });

    it('are none that have to do with TLS, when it says anything else', async () => {
      const target = await startFront('<h1>400 Bad Request</h1>');

      expect(await createFailureReasons(target, secured, false).of({}, badRequest)).toBeUndefined();
      expect(createFailureReasons(target, resolveTrust({}), false).of({}, badRequest)).toBeUndefined();
    });
  });

  it('come to nothing when closed', async () => {
    const mute = await listen(createServer());
    started.push(mute);
    const reasons = createFailureReasons(mute.target, trust, false);

    const reason = reasons.of({}, notConnected('Failed to connect'));
    reasons.close();

    expect(await reason).toBeUndefined();
  });
});
