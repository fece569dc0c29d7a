import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { OptionError } from 'earshot';
import { streamingServiceDefinition } from 'earshot/adapters/streaming-service';
import { espeakVoice, isEspeakInstalled } from './espeak-voice.js';
import { createHandlers } from './handlers.js';
import { promptVoice } from './prompt-voice.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import { resolveReferenceServerOptions } from './reference-server-options.js';
import type { Voice } from './speech.js';
import { keepSpeech, voiceWithFallback } from './speech.js';

/** A StreamingService that is running. */
export interface ReferenceServer {
  readonly port: number;
  /** What it speaks with. */
  readonly voiceName: string;
  /** Streamed calls that are not over. */
  openStreams(): number;
  /** TCP connections that are open. */
  openConnections(): number;
  /** Close every TCP connection at once, and go on listening. */
  dropConnections(): void;
  /** Cut every call and stop listening. Idempotent. */
  close(): Promise<void>;
}

/**
 * Start a StreamingService that behaves like the real one.
 *
 * @throws OptionError `OPTION_INVALID` with one sentence: a value out of range, an unknown voice, a port in use.
 */
export async function startReferenceServer(
  given: Partial<ReferenceServerOptions> = {},
): Promise<ReferenceServer> {
  const options = resolveReferenceServerOptions(given);
  const voice = keepSpeech(await chooseVoice(options));
  const closed = new AbortController();
  const sockets = new Set<Socket>();
  const handlers = createHandlers({
    options,
    voice,
    closed: closed.signal,
    dropConnection(peer) {
      for (const socket of sockets)
        if (`${socket.remoteAddress}:${socket.remotePort}` === peer) socket.destroy();
    },
  });

  // The sockets are ours, so that a test can close one under the protocol.
  const grpc = new Server();
  grpc.addService(streamingServiceDefinition, handlers);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  tcp.listen(options.port, options.host);
  try {
    await once(tcp, 'listening');
  } catch (cause) {
    throw new OptionError('OPTION_INVALID', listenProblem(options, cause), { cause });
  }
  const address = tcp.address();
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    voiceName: voice.name,
    openStreams: handlers.openStreams,
    openConnections: () => sockets.size,
    dropConnections,
    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      const stopped = [once(tcp, 'close'), ...[...sockets].map((socket) => once(socket, 'close'))];
      tcp.close();
      // The connections first, as when the process dies: a call then ends as it would for a user.
      dropConnections();
      grpc.forceShutdown();
      await Promise.all(stopped);
    },
  };
}

async function chooseVoice({ voice, promptsFolder }: ReferenceServerOptions): Promise<Voice> {
  switch (voice) {
    case 'prompts':
      return promptVoice(promptsFolder);
    case 'espeak-ng':
      return espeakVoice();
    case 'auto':
      return (await isEspeakInstalled())
        ? voiceWithFallback(await espeakVoice(), promptVoice(promptsFolder))
        : promptVoice(promptsFolder);
    default:
      return espeakVoice(voice);
  }
}

function listenProblem({ host, port }: ReferenceServerOptions, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is in use; take another, or 0 for a free one`;
  if (code === 'EACCES') return `port ${port} of ${host} is not allowed to this user; take one above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine`;
  return `cannot listen at ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
