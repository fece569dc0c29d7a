import { connect, createServer } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Certificate, longAgo, makeCertificate } from '../../../test/support/certificates.js';
import { listen } from '../../../test/support/listener.js';
import { type StreamServer, startStreamServer } from '../../../test/support/stream-server.js';
import { UpstreamError } from '../../core/errors.js';
import type { UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import type { ServiceEvent } from './service-event.js';
import { streamingService } from './streaming-service.js';
import type { StreamingServiceInit } from './streaming-service-options.js';

const authority = makeCertificate({ commonName: 'authority', authority: true });
const server = makeCertificate({
  commonName: 'server',
  names: ['localhost', '127.0.0.1'],
  issuer: authority,
});
const client = makeCertificate({ commonName: 'kiosk', issuer: authority });
const nameless = makeCertificate({ commonName: 'nameless' });
const stranger = makeCertificate({ commonName: 'stranger' });
const elsewhere = makeCertificate({ commonName: 'elsewhere', names: ['voice.example.com'] });
const expired = makeCertificate({
  commonName: 'expired',
  names: ['127.0.0.1'],
  validFrom: longAgo(40),
  validTo: longAgo(10),
});
const pinned = { rootCertificates: nameless.pem, fingerprint: nameless.fingerprint };
const own = { clientCertificate: client.pem, clientKey: client.keyPem };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Answers every question, over TLS with this certificate or in plain text. */
async function serve(certificate?: Certificate, callersSignedBy?: Certificate): Promise<StreamServer> {
  const pair = certificate && {
    private_key: Buffer.from(certificate.keyPem),
    cert_chain: Buffer.from(certificate.pem),
  };
  const roots = callersSignedBy === undefined ? null : Buffer.from(callersSignedBy.pem);
  const started = await startStreamServer(
    (call) => {
      call.write({ content: { case: 'textChunk', value: 'hello' } });
      call.write({ content: { case: 'endMessage', value: 'done' } });
      call.end();
    },
    pair && { credentials: ServerCredentials.createSsl(roots, [pair], callersSignedBy !== undefined) },
  );
  cleanUps.push(started.close);
  return started;
}

interface Asked {
  readonly last: UpstreamEvent;
  readonly error: UpstreamError | undefined;
  readonly attempts: readonly Extract<ServiceEvent, { type: 'attempt-ended' }>[];
  readonly events: readonly UpstreamEvent[];
}

/** Ask one question and wait until it is answered, or has failed. */
async function ask(target: string, options: Partial<StreamingServiceInit>): Promise<Asked> {
  const service = streamingService({ target, hardwareId: 'kiosk-7', ...options });
  const requests$ = new Subject<UpstreamRequest>();
  const events: UpstreamEvent[] = [];
  const attempts: Asked['attempts'][number][] = [];
  service.events$.subscribe((event) => {
    if (event.type === 'attempt-ended') attempts.push(event);
  });
  const last = await new Promise<UpstreamEvent>((resolve, reject) => {
    const subscription = service.openSession(requests$).subscribe({
      next(event) {
        events.push(event);
        if (event.type === 'reply-ended' || event.type === 'turn-failed') resolve(event);
      },
      error: reject,
    });
    cleanUps.push(() => {
      subscription.unsubscribe();
      service.close();
    });
    requests$.next({ type: 'turn-text', turnId: 't1', revision: 1, text: 'hi' });
    requests$.next({ type: 'turn-ended', turnId: 't1', revision: 1 });
  });
  const error = last.type === 'turn-failed' && last.error instanceof UpstreamError ? last.error : undefined;
  return { last, error, attempts, events };
}

describe('streamingService over TLS', () => {
  it.each<[string, Certificate, NonNullable<StreamingServiceInit['trust']>]>([
    ['a root of our own', server, { rootCertificates: authority.pem }],
    ['the certificate itself as root', server, { rootCertificates: server.pem }],
    ['a root and a pin', server, { rootCertificates: authority.pem, fingerprint: server.fingerprint }],
    ['a pinned self-signed certificate without any name in it', nameless, pinned],
    ['another name', elsewhere, { rootCertificates: elsewhere.pem, serverName: 'voice.example.com' }],
    ['roots as bytes', server, { rootCertificates: new TextEncoder().encode(authority.pem) }],
  ])('is answered with %s', async (_title, certificate, trust) => {
    const { target } = await serve(certificate);

    const { last, attempts } = await ask(target, { trust });

    expect(last).toMatchObject({ type: 'reply-ended', reason: 'complete' });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['complete']);
  });

  it('shows a certificate of its own', async () => {
    const { target } = await serve(server, authority);

    const { last } = await ask(target, { trust: { rootCertificates: authority.pem, ...own } });

    expect(last).toMatchObject({ type: 'reply-ended', reason: 'complete' });
  });

  /** Each with the words that only this failure has. */
  const failures: readonly [
    string,
    string,
    Certificate | undefined,
    Partial<StreamingServiceInit>,
    RegExp,
  ][] = [
    [
      'a wrong pin',
      'UPSTREAM_TLS_WRONG_PIN',
      nameless,
      { trust: { ...pinned, fingerprint: stranger.fingerprint } },
      /trust\.fingerprint pins/,
    ],
    [
      'another certificate than the pinned one',
      'UPSTREAM_TLS_WRONG_PIN',
      stranger,
      { trust: pinned },
      /trust\.fingerprint pins/,
    ],
    [
      'an expired certificate',
      'UPSTREAM_TLS_EXPIRED',
      expired,
      { trust: { rootCertificates: expired.pem } },
      /the clock of this device says/,
    ],
    [
      'a wrong name',
      'UPSTREAM_TLS_WRONG_NAME',
      elsewhere,
      { trust: { rootCertificates: elsewhere.pem } },
      /not for 127\.0\.0\.1 but for/,
    ],
    [
      'a certificate without a name',
      'UPSTREAM_TLS_WRONG_NAME',
      nameless,
      { trust: { rootCertificates: nameless.pem } },
      /without any host name/,
    ],
    [
      'a certificate from nobody',
      'UPSTREAM_TLS_UNTRUSTED',
      nameless,
      { trust: { serverName: 'localhost' } },
      /nobody trusted has signed/,
    ],
    [
      'a certificate that our root did not sign',
      'UPSTREAM_TLS_UNTRUSTED',
      server,
      { trust: { rootCertificates: stranger.pem } },
      /none of trust\.rootCertificates/,
    ],
    [
      'plain text to a TLS port',
      'UPSTREAM_TLS_EXPECTED',
      server,
      { insecure: true },
      /was called in plain text/,
    ],
    [
      'plain text to a TLS port of this machine',
      'UPSTREAM_TLS_EXPECTED',
      server,
      {},
      /was called in plain text/,
    ],
    [
      'TLS to a plain port',
      'UPSTREAM_TLS_UNEXPECTED',
      undefined,
      { trust: { serverName: 'localhost' } },
      /does not speak TLS/,
    ],
  ];

  it.each(failures)(
    'tells of %s in one sentence, and asks only once',
    async (_title, code, certificate, options, words) => {
      const started = await serve(certificate);

      const { error, attempts, events } = await ask(started.target, options);

      expect(error).toMatchObject({ code, retryable: false, grpcStatus: 14 });
      expect(error?.message).toMatch(words);
      expect(error?.message).toMatch(/^\[UPSTREAM_TLS_\w+\] 127\.0\.0\.1:\d+ [^;]+; [^\n]+$/);
      expect(attempts).toMatchObject([{ outcome: 'failed', code, decision: 'give-up', retryable: false }]);
      expect(events.filter(({ type }) => type === 'session-opened')).toEqual([]);
      expect(started.requests).toEqual([]);
    },
  );

  it.each([
    ['none', {}, /was shown no certificate of the caller/],
    [
      'another',
      { clientCertificate: stranger.pem, clientKey: stranger.keyPem },
      /does not accept trust\.clientCertificate/,
    ],
  ])('tells that a certificate of the caller is wanted, when given %s', async (_title, given, words) => {
    const { target } = await serve(server, authority);

    const { error } = await ask(target, { trust: { rootCertificates: authority.pem, ...given } });

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_CLIENT_REFUSED', retryable: false });
    expect(error?.message).toMatch(words);
  });

  it('has a sentence of its own for each', () => {
    const codes = new Set(failures.map(([, code]) => code));
    expect(codes.size).toBe(6);
  });

  it('asks the certificate once for each connection that failed', async () => {
    const started = await serve(stranger);

    const { attempts } = await ask(started.target, { trust: pinned });

    expect(attempts).toHaveLength(1);
    // The one of the session, at most one more for the call, and one look for each.
    expect(started.connections()).toBeLessThanOrEqual(4);
  });

  it('does not take a port where nobody listens for a trouble with TLS', async () => {
    const nobody = await listen(createServer());
    await nobody.close();

    for (const trust of [{}, pinned]) {
      const { error } = await ask(nobody.target, { trust, maxRetries: 0 });
      expect(error).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', retryable: true });
    }
  });

  it('is answered again, without a new start, once the service shows the right certificate', async () => {
    const wrong = await serve(stranger);
    const service = streamingService({ target: wrong.target, hardwareId: 'kiosk-7', trust: pinned });
    const requests$ = new Subject<UpstreamRequest>();
    const ends: string[] = [];
    let settled = (): void => {};
    const subscription = service.openSession(requests$).subscribe((event) => {
      if (event.type === 'turn-failed') ends.push(event.error.code);
      else if (event.type === 'reply-ended') ends.push(event.reason);
      else return;
      settled();
    });
    cleanUps.push(() => {
      subscription.unsubscribe();
      service.close();
    });
    const turn = async (turnId: string): Promise<void> => {
      const over = new Promise<void>((resolve) => {
        settled = resolve;
      });
      requests$.next({ type: 'turn-text', turnId, revision: 1, text: 'hi' });
      requests$.next({ type: 'turn-ended', turnId, revision: 1 });
      await over;
    };

    await turn('t1');
    await wrong.close();
    const right = await startStreamServer(
      (call) => {
        call.write({ content: { case: 'textChunk', value: 'hello' } });
        call.write({ content: { case: 'endMessage', value: 'done' } });
        call.end();
      },
      {
        port: wrong.port,
        credentials: ServerCredentials.createSsl(null, [
          { private_key: Buffer.from(nameless.keyPem), cert_chain: Buffer.from(nameless.pem) },
        ]),
      },
    );
    cleanUps.push(right.close);
    await turn('t2');

    expect(ends).toEqual(['UPSTREAM_TLS_WRONG_PIN', 'complete']);
  });

  it('says nothing readable on the way', async () => {
    const behind = await serve(server);
    let said = '';
    const tap = await listen(
      createServer((near) => {
        const far = connect(behind.port, '127.0.0.1');
        far.on('error', () => near.destroy());
        near.on('close', () => far.destroy());
        near.on('data', (bytes) => {
          said += bytes.toString('latin1');
          far.write(bytes);
        });
        far.pipe(near);
      }),
    );
    cleanUps.push(tap.close);

    const { last } = await ask(tap.target, { trust: { rootCertificates: authority.pem } });

    expect(last).toMatchObject({ type: 'reply-ended', reason: 'complete' });
    expect(said.length).toBeGreaterThan(200);
    for (const readable of ['PRI * HTTP', 'kiosk-7', 'StreamAudio']) expect(said).not.toContain(readable);
  });

  describe('in an environment that switches the checks of Node.js off', () => {
    const name = 'NODE_TLS_REJECT_UNAUTHORIZED';
    afterEach(() => {
      delete process.env[name];
    });

    it.each(failures.slice(0, 7))('still refuses %s', async (_title, code, certificate, options) => {
      process.env[name] = '0';
      const started = await serve(certificate);

      const { error } = await ask(started.target, options);

      expect(error?.code).toBe(code);
      expect(started.requests).toEqual([]);
    });
  });
});
