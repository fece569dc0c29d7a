import { constants, createServer, type Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a proxy does to every call when the service behind it is gone. */
export const gatewayFaults = {
  '502': 'HTTP status 502, as from a proxy whose service refuses the connection',
  '504': 'HTTP status 504, as from a proxy whose service did not answer in time',
  reset: 'the headers of an answer, then RST_STREAM, as from a proxy whose service vanished',
} as const;

export type GatewayFault = keyof typeof gatewayFaults;

/** Answers every call as a proxy does that cannot reach its service. */
export function createGateway(fault: GatewayFault): { take(connection: Socket): void; close(): void } {
  const server: Http2Server = createServer();
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    if (fault === 'reset') {
      // Trailers that are waited for and do not come: otherwise the stream would be ended before it is reset.
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
      stream.end();
      return;
    }
    stream.respond({ ':status': Number(fault), 'content-type': 'text/html' });
    stream.end(`<html><title>${fault}</title></html>`);
  });
  return {
    take: (connection: Duplex) => {
      server.emit('connection', connection);
    },
    close: () => server.close(),
  };
}
