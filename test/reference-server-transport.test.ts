import { request } from 'node:https';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import type { ReferenceServerOptions } from '../examples/reference-server/reference-server-options.js';
import { streamingServiceDefinition } from '../src/adapters/streaming-service/index.js';
import { makeCertificate } from './support/certificates.js';

const authority = makeCertificate({ commonName: 'authority', authority: true });
const own = makeCertificate({ commonName: 'server', names: ['localhost'], issuer: authority });
const visitor = makeCertificate({ commonName: 'visitor', issuer: authority });
const tls = { certificate: own.pem, key: own.keyPem };
const pem = (text: string) => Buffer.from(text);

async function withServer(
  options: Partial<ReferenceServerOptions>,
  body: (server: ReferenceServer) => Promise<void>,
): Promise<void> {
  const server = await startReferenceServer({ voice: 'prompts', ...options });
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

/** @returns the status of a ReportUsage. */
function report(port: number, channel: ReturnType<typeof credentials.createSsl>, metadata = new Metadata()) {
  const client = new Client(`localhost:${port}`, channel);
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.reportUsage;
  return new Promise<{ code: number; details: string }>((resolve) => {
    client
      .makeUnaryRequest(path, requestSerialize, responseDeserialize, { hardwareId: 'd' }, metadata, () => {})
      .on('status', ({ code, details }) => {
        client.close();
        resolve({ code, details });
      });
  });
}

function get(
  port: number,
  path: string,
  ca?: string,
): Promise<{ status: number; body: unknown; cache: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port, path, ...(ca !== undefined && { ca }) }, (response) => {
      let text = '';
      response.on('data', (bytes: Buffer) => {
        text += bytes;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(text),
          cache: response.headers['cache-control'] ?? '',
        }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the reference server', () => {
  it('talks TLS to those who trust it, and to nobody else', () =>
    withServer({ tls }, async ({ port }) => {
      expect((await report(port, credentials.createSsl(pem(authority.pem)))).code).toBe(0);
      expect((await report(port, credentials.createSsl())).code).toBe(14);
      expect((await report(port, credentials.createInsecure())).code).toBe(14);
    }));

  it('asks for certificates of clients where it is told to', () =>
    withServer({ tls: { ...tls, clientCa: authority.pem } }, async ({ port }) => {
      const known = credentials.createSsl(pem(authority.pem), pem(visitor.keyPem), pem(visitor.pem));
      expect((await report(port, known)).code).toBe(0);
      expect((await report(port, credentials.createSsl(pem(authority.pem)))).code).toBe(14);
    }));

  it('serves the probes with the same TLS', () =>
    withServer({ tls, httpPort: 0 }, async ({ httpPort }) => {
      const health = await get(httpPort ?? 0, '/health', authority.pem);
      expect(health).toMatchObject({
        status: 200,
        body: { status: 'OK', ffmpeg_available: true },
        cache: 'max-age=30',
      });
      const status = await get(httpPort ?? 0, '/status', authority.pem);
      expect(status).toMatchObject({ status: 200, body: { status: 'running', service: 'voice-assistant' } });
      expect((await get(httpPort ?? 0, '/other', authority.pem)).status).toBe(404);
      await expect(get(httpPort ?? 0, '/health')).rejects.toThrow(/certificate/);
    }));

  it('says that it is not well where it is told to', () =>
    withServer({ tls, httpPort: 0, isHealthy: false }, async ({ httpPort }) => {
      const health = await get(httpPort ?? 0, '/health', authority.pem);
      expect(health).toMatchObject({ status: 500, body: { status: 'unhealthy', error: expect.any(String) } });
    }));

  it.each([
    ['502', 14, /HTTP status code 502/],
    ['504', 14, /HTTP status code 504/],
    ['reset', 13, /Received RST_STREAM with code 2/],
  ] as const)('is a proxy without its service: %s', (gateway, code, details) =>
    withServer({ gateway }, async ({ port }) => {
      const seen = await report(port, credentials.createInsecure());
      expect(seen).toEqual({ code, details: expect.stringMatching(details) });
    }),
  );

  it('remembers who called with what', () =>
    withServer({}, async (server) => {
      const metadata = new Metadata();
      metadata.set('authorization', 'Bearer 123');
      await report(server.port, credentials.createInsecure(), metadata);

      expect(server.calls()).toMatchObject([
        {
          method: 'ReportUsage',
          hardwareId: 'd',
          metadata: { authorization: 'Bearer 123' },
          state: 'answered',
        },
      ]);
      expect(server.counts()).toEqual({ open: 0, begun: 1, answered: 1, cancelled: 0 });
    }));

  it.each<[Partial<ReferenceServerOptions>, string]>([
    [{ profile: 'v99' as 'v54' }, 'profile must be one of jan, main, v54, docs, but is "v99"'],
    [{ gateway: '503' as '502' }, 'gateway must be none or one of 502, 504, reset, but is "503"'],
    [{ httpPort: -1 }, 'httpPort must be a whole number from 0 to 65535, but is -1'],
    [{ tls: { certificate: 'x', key: 'y' } }, 'tls: certificate and key cannot be used'],
  ])('refuses %j', async (options, said) => {
    await expect(startReferenceServer({ voice: 'prompts', ...options })).rejects.toThrow(said);
  });
});
