import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import {
  type StreamingServiceHandlers,
  type StreamRequest,
  streamingServiceDefinition,
} from '../../src/adapters/streaming-service/index.js';

/** One StreamAudio call, as a server sees it. */
export type StreamCall = Parameters<StreamingServiceHandlers['streamAudio']>[0];

/** What the server does with a call; `nth` counts them from 0. */
export type StreamBehaviour = (call: StreamCall, nth: number) => void;

/** A StreamingService that does what a test says, over real sockets. */
export interface StreamServer {
  readonly port: number;
  readonly target: string;
  readonly requests: readonly StreamRequest[];
  /** Calls that were neither ended by the server nor given up by the client. */
  openCalls(): number;
  cancelledCalls(): number;
  /** Connections ever accepted. */
  connections(): number;
  openSockets(): ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** How a server differs from one that does what a test says in plain text. */
export interface StreamServerInit {
  readonly port?: number;
  /** Makes the bytes of a message, for a server that sends what is none. */
  readonly serialize?: (message: unknown) => Buffer;
  readonly credentials?: ServerCredentials;
  /** The methods besides StreamAudio; one that is missing is unimplemented. */
  readonly others?: Partial<Omit<StreamingServiceHandlers, 'streamAudio'>>;
}

export async function startStreamServer(
  behaviour: StreamBehaviour,
  {
    port = 0,
    serialize,
    credentials = ServerCredentials.createInsecure(),
    others = {},
  }: StreamServerInit = {},
): Promise<StreamServer> {
  const requests: StreamRequest[] = [];
  const open = new Set<StreamCall>();
  const sockets = new Set<Socket>();
  let cancelled = 0;
  let connections = 0;
  const streamAudio: StreamingServiceHandlers['streamAudio'] = (call) => {
    requests.push(call.request);
    open.add(call);
    call.on('finish', () => open.delete(call));
    call.on('cancelled', () => {
      cancelled += 1;
      open.delete(call);
    });
    behaviour(call, requests.length - 1);
  };

  const method = streamingServiceDefinition.streamAudio;
  const service: ServiceDefinition = {
    ...streamingServiceDefinition,
    streamAudio: serialize === undefined ? method : { ...method, responseSerialize: serialize },
  };
  const grpc = new Server();
  grpc.addService(service, { streamAudio, ...others });
  const injector = grpc.createConnectionInjector(credentials);
  const tcp = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  const bound = (tcp.address() as AddressInfo).port;
  return {
    port: bound,
    target: `127.0.0.1:${bound}`,
    requests,
    openCalls: () => open.size,
    cancelledCalls: () => cancelled,
    connections: () => connections,
    openSockets: () => sockets,
    async close() {
      const closed = once(tcp, 'close');
      tcp.close();
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
