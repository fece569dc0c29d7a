import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { longAgo, makeCertificate } from '../../../test/support/certificates.js';
import { type Listener, listen } from '../../../test/support/listener.js';
import { probeHealth, probeStatus } from './probes.js';

const started: Listener[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function keep(listening: Promise<Listener>): Promise<string> {
  const listener = await listening;
  started.push(listener);
  return listener.target;
}

const serve = (answer: RequestListener) => keep(listen(createServer(answer)));
const json =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const health = { status: 'OK', latest_version: '1.6.1.36', latest_build: '1.6.1.36', ffmpeg_available: true };
const status = {
  status: 'running',
  service: 'voice-assistant',
  latest_version: '1.6.1.36',
  latest_build: '10136',
  update_server: 'disabled',
  endpoints: { health: '/health', status: '/status', grpc: 'port 50051', updates: 'disabled' },
};

describe('probeHealth', () => {
  it('asks for /health and reads all that it says', async () => {
    const asked: string[] = [];
    const target = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.accept}`);
      json(200, health)(request, response);
    });

    expect(await probeHealth(target)).toEqual({
      healthy: true,
      httpStatus: 200,
      status: 'OK',
      latestVersion: '1.6.1.36',
      latestBuild: '1.6.1.36',
      ffmpegAvailable: true,
      error: null,
    });
    expect(asked).toEqual(['GET /health application/json']);
  });

  it('takes a service that says that it is not well as an answer, and no failure', async () => {
    const target = await serve(json(500, { status: 'unhealthy', error: 'no disk' }));

    expect(await probeHealth(target)).toMatchObject({ healthy: false, httpStatus: 500, error: 'no disk' });
  });

  it('leaves null what is missing or of another type, and takes other letters for the same', async () => {
    const target = await serve(
      json(200, { status: 'ok', latest_version: 7, ffmpeg_available: 'yes', error: {} }),
    );

    expect(await probeHealth(target)).toEqual({
      healthy: true,
      httpStatus: 200,
      status: 'ok',
      latestVersion: '7',
      latestBuild: null,
      ffmpegAvailable: null,
      error: null,
    });
  });

  it.each<[string, RequestListener, object]>([
    [
      'a page for people',
      (_, response) => response.end('<html>'),
      { code: 'UPSTREAM_INCOMPATIBLE', retryable: false },
    ],
    ['JSON that is no object', json(200, ['OK']), { code: 'UPSTREAM_FAULT', retryable: false }],
    ['status 404', json(404, {}), { code: 'UPSTREAM_INCOMPATIBLE', retryable: false }],
    ['status 401', json(401, {}), { code: 'UPSTREAM_UNAUTHENTICATED', retryable: false }],
    ['status 403', json(403, {}), { code: 'UPSTREAM_FORBIDDEN', retryable: false }],
    ['status 400', json(400, {}), { code: 'UPSTREAM_INCOMPATIBLE', retryable: false }],
    [
      'the page of a proxy',
      (_, r) => r.writeHead(502).end('<html>Bad Gateway'),
      { code: 'UPSTREAM_FAULT', retryable: true },
    ],
    [
      'a redirection',
      (_, r) => r.writeHead(301, { location: 'https://elsewhere.example/health' }).end(),
      {
        code: 'UPSTREAM_INCOMPATIBLE',
        message: expect.stringContaining('HTTP status 301 to https://elsewhere'),
      },
    ],
    ['too many bytes', (_, r) => r.end(`{"status":"${'O'.repeat(70_000)}"}`), { code: 'UPSTREAM_FAULT' }],
    [
      'half an answer',
      (_, r) => r.writeHead(200, { 'content-length': 99 }).write('{') && setImmediate(() => r.destroy()),
      { code: 'UPSTREAM_UNREACHABLE' },
    ],
  ])('fails with a clear error on %s', async (_title, answer, expected) => {
    await expect(probeHealth(await serve(answer))).rejects.toMatchObject(expected);
  });

  it('waits no longer than it was told to, also in the middle of an answer', async () => {
    const mute = await serve(() => {});
    const drips = await serve((_, response) => void response.write('{'));

    for (const target of [mute, drips]) {
      await expect(probeHealth(target, { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'UPSTREAM_TIMEOUT',
        retryable: true,
        message: expect.stringContaining('did not answer /health within 100 ms'),
      });
    }
  });

  it('tells when nobody listens', async () => {
    const listener = await listen(createTcpServer());
    await listener.close();

    await expect(probeHealth(listener.target)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each([
    [
      'a target that is none',
      'https://voice.example.com/health',
      {},
      /probeHealth: target must be host:port/,
    ],
    ['a wait out of range', 'a:1', { timeoutMs: 1 }, /timeoutMs must be a whole number from 100 to 60000 ms/],
    ['trust that is none', 'a:1', { trust: null as never }, /trust must be an object/],
    ['a bad pin', 'a:1', { trust: { fingerprint: 'x' } }, /trust: fingerprint must be/],
  ])('refuses %s', async (_title, target, options, expected) => {
    await expect(probeHealth(target, options)).rejects.toThrow(expected);
  });
});

describe('probeStatus', () => {
  it('asks for /status and reads all that it says', async () => {
    const target = await serve((request, response) =>
      json(request.url === '/status' ? 200 : 404, status)(request, response),
    );

    expect(await probeStatus(target)).toEqual({
      running: true,
      httpStatus: 200,
      status: 'running',
      service: 'voice-assistant',
      latestVersion: '1.6.1.36',
      latestBuild: '10136',
      updateServer: 'disabled',
      endpoints: status.endpoints,
    });
  });

  it('is content with less', async () => {
    const target = await serve(json(200, { status: 'starting', endpoints: { grpc: 50051, updates: null } }));

    expect(await probeStatus(target)).toMatchObject({
      running: false,
      service: null,
      endpoints: { grpc: '50051' },
    });
  });
});

describe('a probe over TLS', () => {
  const authority = makeCertificate({ commonName: 'authority', authority: true });
  const own = makeCertificate({ commonName: 'kiosk', issuer: authority });
  const server = makeCertificate({ commonName: 'server', names: ['127.0.0.1'], issuer: authority });
  const nameless = makeCertificate({ commonName: 'nameless' });
  const elsewhere = makeCertificate({ commonName: 'elsewhere', names: ['voice.example.com'] });
  const expired = makeCertificate({
    commonName: 'old',
    names: ['127.0.0.1'],
    validFrom: longAgo(9),
    validTo: longAgo(2),
  });

  const serveSecured = ({ pem, keyPem }: { pem: string; keyPem: string }, options = {}) =>
    keep(listen(createSecureServer({ cert: pem, key: keyPem, ...options }, json(200, health))));

  it('believes a root of its own, a pin, another name, and shows a certificate of its own', async () => {
    const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.pem };
    const ok: [string, object][] = [
      [await serveSecured(server), { rootCertificates: authority.pem }],
      [await serveSecured(nameless), { rootCertificates: nameless.pem, fingerprint: nameless.fingerprint }],
      [await serveSecured(elsewhere), { rootCertificates: elsewhere.pem, serverName: 'voice.example.com' }],
      [
        await serveSecured(server, mutual),
        { rootCertificates: authority.pem, clientCertificate: own.pem, clientKey: own.keyPem },
      ],
    ];
    for (const [target, trust] of ok)
      expect(await probeHealth(target, { trust })).toMatchObject({ healthy: true });
  });

  it.each([
    ['UPSTREAM_TLS_UNTRUSTED', server, { rootCertificates: nameless.pem }],
    ['UPSTREAM_TLS_EXPIRED', expired, { rootCertificates: expired.pem }],
    ['UPSTREAM_TLS_WRONG_NAME', elsewhere, { rootCertificates: elsewhere.pem }],
    ['UPSTREAM_TLS_WRONG_PIN', nameless, { rootCertificates: nameless.pem, fingerprint: server.fingerprint }],
    ['UPSTREAM_TLS_EXPECTED', server, { insecure: true }],
  ])('fails with %s', async (code, shown, trust) => {
    await expect(probeHealth(await serveSecured(shown), { trust })).rejects.toMatchObject({
      code,
      retryable: false,
    });
  });

  it('is not talked out of it by the environment', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const trust = { rootCertificates: nameless.pem };
      await expect(probeHealth(await serveSecured(server), { trust })).rejects.toMatchObject({
        code: 'UPSTREAM_TLS_UNTRUSTED',
      });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('knows a plain port', async () => {
    const target = await serve(json(200, health));

    await expect(probeHealth(target, { trust: { serverName: 'localhost' } })).rejects.toMatchObject({
      code: 'UPSTREAM_TLS_UNEXPECTED',
    });
  });

  it('knows a port for TLS by the page that a web server answers plain text with', async () => {
    const tls = createSecureServer({ cert: server.pem, key: server.keyPem });
    const secured = tls.listeners('connection') as ((socket: unknown) => void)[];
    tls.removeAllListeners('connection');
    const target = await keep(
      listen(
        tls.on('connection', (socket) =>
          socket.once('readable', () => {
            const first = socket.read(1) as Buffer | null;
            if (first?.[0] === 0x16) {
              socket.unshift(first);
              for (const accept of secured) accept.call(tls, socket);
            } else
              socket.end(
                'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nThe plain HTTP request was sent to HTTPS port',
              );
          }),
        ),
      ),
    );

    await expect(probeHealth(target)).rejects.toMatchObject({ code: 'UPSTREAM_TLS_EXPECTED' });
  });
});
