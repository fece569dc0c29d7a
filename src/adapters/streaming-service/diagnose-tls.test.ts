import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { longAgo, makeCertificate } from '../../../test/support/certificates.js';
import { type Listener, listen } from '../../../test/support/listener.js';
import { diagnoseTls } from './diagnose-tls.js';
import { resolveTrust, type Trust } from './trust.js';

const authority = makeCertificate({ commonName: 'authority', authority: true });
const server = makeCertificate({
  commonName: 'server',
  names: ['localhost', '127.0.0.1'],
  issuer: authority,
});
const selfSigned = makeCertificate({ commonName: 'self', names: ['localhost', '127.0.0.1'] });
const nameless = makeCertificate({ commonName: 'nameless' });
const elsewhere = makeCertificate({ commonName: 'elsewhere', names: ['voice.example.com'] });
const expired = makeCertificate({
  commonName: 'expired',
  names: ['127.0.0.1'],
  validFrom: longAgo(40),
  validTo: longAgo(10),
});
const tomorrow = makeCertificate({ commonName: 'tomorrow', names: ['127.0.0.1'], validFrom: longAgo(-1) });
const stranger = makeCertificate({ commonName: 'stranger' });

const started: Listener[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function start(server: Server): Promise<string> {
  const listener = await listen(server);
  started.push(listener);
  return listener.target;
}

/** Says something as soon as a caller is accepted, as a server of HTTP/2 does. */
const startTls = (options: TlsOptions): Promise<string> => {
  const one = createTlsServer({ ALPNProtocols: ['h2'], ...options }, (socket) => {
    socket.on('error', () => {});
    socket.write('hello');
  });
  one.on('tlsClientError', () => {});
  return start(one);
};

const showing = ({ pem, keyPem }: { pem: string; keyPem: string }) => ({ cert: pem, key: keyPem });
const plain = (answer: (socket: Socket) => void) => start(createServer(answer));

/** Where nobody listens any more. */
async function unusedTarget(): Promise<string> {
  const listener = await listen(createServer());
  await listener.close();
  return listener.target;
}

const settingsFrame = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0);

const diagnose = (target: string, trust: Partial<Trust>, options = {}) =>
  diagnoseTls(target, resolveTrust(trust), options);

describe('diagnoseTls', () => {
  it('finds nothing wrong with a service that would accept us', async () => {
    const target = await startTls(showing(server));

    expect(await diagnose(target, { rootCertificates: authority.pem })).toBeUndefined();
    expect(
      await diagnose(target, { rootCertificates: server.pem, fingerprint: server.fingerprint }),
    ).toBeUndefined();
  });

  it('knows a certificate that nobody trusted has signed, and shows its fingerprint', async () => {
    const error = await diagnose(await startTls(showing(selfSigned)), { serverName: 'localhost' });

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_UNTRUSTED', retryable: false });
    expect(error?.message).toContain(`(CN=self, signed by itself, SHA-256 ${selfSigned.fingerprint})`);
    expect(error?.message).toContain('give it as trust.rootCertificates');
  });

  it('knows a certificate that no root of ours has signed', async () => {
    const error = await diagnose(await startTls(showing(server)), { rootCertificates: stranger.pem });

    expect(error?.code).toBe('UPSTREAM_TLS_UNTRUSTED');
    expect(error?.message).toContain(
      'none of trust.rootCertificates has signed (CN=server, signed by CN=authority',
    );
  });

  it('says of a fingerprint without its root that the certificate is missing', async () => {
    const error = await diagnose(await startTls(showing(selfSigned)), {
      fingerprint: selfSigned.fingerprint,
    });

    expect(error?.code).toBe('UPSTREAM_TLS_UNTRUSTED');
  });

  it.each([
    ['signed by the right authority', server, authority],
    ['signed by nobody', selfSigned, stranger],
    ['expired', expired, expired],
  ])('knows another certificate than the pinned one, which is %s', async (_title, shown, root) => {
    const target = await startTls(showing(shown));

    const error = await diagnose(target, { rootCertificates: root.pem, fingerprint: stranger.fingerprint });

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_WRONG_PIN', retryable: false });
    expect(error?.message).toContain(`the SHA-256 fingerprint ${shown.fingerprint}`);
    expect(error?.message).toContain(`pins ${stranger.fingerprint}`);
  });

  it('knows an expired certificate, also a pinned one, and tells the dates and the clock', async () => {
    const target = await startTls(showing(expired));

    for (const fingerprint of [null, expired.fingerprint]) {
      const error = await diagnose(target, { rootCertificates: expired.pem, fingerprint });
      expect(error).toMatchObject({ code: 'UPSTREAM_TLS_EXPIRED', retryable: false });
      expect(error?.message).toContain(`to ${longAgo(10).toISOString().slice(0, 10)}`);
      expect(error?.message).toContain(`this device says ${new Date().toISOString().slice(0, 10)}`);
    }
  });

  it('knows a certificate that is not valid yet, as a device without a clock of its own sees them all', async () => {
    const error = await diagnose(await startTls(showing(tomorrow)), { rootCertificates: tomorrow.pem });

    expect(error?.code).toBe('UPSTREAM_TLS_EXPIRED');
    expect(error?.message).toContain('set the clock');
  });

  it('knows a certificate for another name, and tells both', async () => {
    const error = await diagnose(await startTls(showing(elsewhere)), { rootCertificates: elsewhere.pem });

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_WRONG_NAME', retryable: false });
    expect(error?.message).toContain('not for 127.0.0.1 but for voice.example.com');
  });

  it('knows a certificate without any name, and says to pin it', async () => {
    const target = await startTls(showing(nameless));

    const error = await diagnose(target, { rootCertificates: nameless.pem });
    expect(error?.code).toBe('UPSTREAM_TLS_WRONG_NAME');
    expect(error?.message).toContain('trust.fingerprint');
    const pinned = { rootCertificates: nameless.pem, fingerprint: nameless.fingerprint };
    expect(await diagnose(target, pinned)).toBeUndefined();
  });

  it('takes the name of serverName in the place of the host', async () => {
    const target = await startTls(showing(elsewhere));
    const trust = { rootCertificates: elsewhere.pem };

    expect(await diagnose(target, { ...trust, serverName: 'voice.example.com' })).toBeUndefined();
    expect((await diagnose(target, { ...trust, serverName: 'other.example.com' }))?.code).toBe(
      'UPSTREAM_TLS_WRONG_NAME',
    );
  });

  it('knows plain text to a port that speaks TLS', async () => {
    const error = await diagnose(await startTls(showing(selfSigned)), {});

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_EXPECTED', retryable: false });
  });

  it('knows plain text to a port that speaks TLS and wants a certificate', async () => {
    const mutual = {
      ...showing(server),
      requestCert: true,
      ca: authority.pem,
      maxVersion: 'TLSv1.2',
    } as const;

    expect((await diagnose(await startTls(mutual), { insecure: true }))?.code).toBe('UPSTREAM_TLS_EXPECTED');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['speaks first, as a gRPC server does', (socket) => socket.write(settingsFrame)],
    [
      'answers what is no HTTP with an error page',
      (socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    ],
    [
      'hangs up on what is no HTTP/2',
      (socket) =>
        socket.on('data', (bytes) =>
          bytes.toString().startsWith('PRI') ? socket.write(settingsFrame) : socket.end(),
        ),
    ],
    [
      'waits for what is no HTTP/2 to go on',
      (socket) =>
        socket.on('data', (bytes) => bytes.toString().startsWith('PRI') && socket.write(settingsFrame)),
    ],
  ])('knows TLS to a plain port that %s', async (_title, answer) => {
    const error = await diagnose(await plain(answer), { serverName: 'localhost' }, { limitMs: 500 });

    expect(error).toMatchObject({ code: 'UPSTREAM_TLS_UNEXPECTED', retryable: false });
  });

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a service that wants a certificate of the caller, %s',
    (maxVersion) => {
      const mutual = { ...showing(server), requestCert: true, ca: authority.pem, maxVersion };
      const client = makeCertificate({ commonName: 'kiosk', issuer: authority });
      const trust = { rootCertificates: authority.pem };

      it('is known when it got none', async () => {
        const error = await diagnose(await startTls(mutual), trust);
        expect(error).toMatchObject({ code: 'UPSTREAM_TLS_CLIENT_REFUSED', retryable: false });
        expect(error?.message).toContain('set trust.clientCertificate and trust.clientKey');
      });

      it('is known when it got one that it does not accept', async () => {
        const error = await diagnose(await startTls(mutual), {
          ...trust,
          clientCertificate: stranger.pem,
          clientKey: stranger.keyPem,
        });
        expect(error?.code).toBe('UPSTREAM_TLS_CLIENT_REFUSED');
        expect(error?.message).toContain('does not accept trust.clientCertificate');
      });

      it('is content with the right one', async () => {
        const own = { clientCertificate: client.pem, clientKey: client.keyPem };
        expect(await diagnose(await startTls(mutual), { ...trust, ...own })).toBeUndefined();
      });
    },
  );

  it.each<[string, Partial<Trust>]>([
    ['plain text', {}],
    ['TLS', { serverName: 'localhost' }],
  ])(
    'finds no reason in TLS, called with %s, where nobody listens, hangs up or ever answers',
    async (_title, trust) => {
      const nobody = await unusedTarget();
      const hangsUp = await plain((socket) => socket.destroy());
      const mute = await plain(() => {});

      for (const target of [nobody, hangsUp, mute]) {
        expect(await diagnose(target, trust, { limitMs: 200 })).toBeUndefined();
      }
    },
  );

  it('reads what was said where it must not look', async () => {
    const options = {
      look: false,
      said: 'No connection established. Last error: Error: certificate has expired.',
    };

    expect((await diagnose('voice.example.com:1', {}, options))?.code).toBe('UPSTREAM_TLS_EXPIRED');
    expect(await diagnose('voice.example.com:1', { insecure: true }, options)).toBeUndefined();
  });

  it('leaves off at once when nobody wants to know any more', async () => {
    const mute = await plain(() => {});
    const abort = new AbortController();

    const found = diagnose(mute, { serverName: 'localhost' }, { limitMs: 600_000, signal: abort.signal });
    abort.abort();

    expect(await found).toBeUndefined();
    expect(await diagnose(mute, { serverName: 'localhost' }, { signal: abort.signal })).toBeUndefined();
  });
});
