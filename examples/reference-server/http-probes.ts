import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';

/** What the probes of the real service say about its build. */
const version = '2.0.0.54';

export interface HttpProbes {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `GET /health` and `GET /status`, which say nothing about the gRPC server: the real ones do not ask it.
 *
 * @throws the error of `listen` as it comes.
 */
export async function startHttpProbes(
  host: string,
  port: number,
  {
    isHealthy,
    tls,
  }: { readonly isHealthy: boolean; readonly tls: (SecureContextOptions & TlsOptions) | undefined },
): Promise<HttpProbes> {
  const answer: RequestListener = (request, response) => {
    const [code, body] = answerTo(request.method ?? '', request.url ?? '', isHealthy);
    response.writeHead(code, {
      'content-type': 'application/json',
      ...(code === 200 && { 'cache-control': 'max-age=30' }),
    });
    response.end(JSON.stringify(body));
  };
  const server = tls === undefined ? createPlainServer(answer) : createTlsServer(tls, answer);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerTo(method: string, url: string, isHealthy: boolean): readonly [number, object] {
  if (method !== 'GET') return [405, { error: 'Method Not Allowed' }];
  const build = { latest_version: version, latest_build: version };
  switch (url.split('?')[0]) {
    case '/health':
      return isHealthy
        ? [200, { status: 'OK', ...build, ffmpeg_available: true }]
        : [500, { status: 'unhealthy', error: 'the update server cannot be read' }];
    case '/status': {
      const endpoints = { health: '/health', status: '/status', grpc: 'port 50051', updates: 'disabled' };
      return [
        200,
        { status: 'running', service: 'voice-assistant', ...build, update_server: 'disabled', endpoints },
      ];
    }
    default:
      return [404, { error: 'Not Found' }];
  }
}
