import { once, setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { OptionError } from 'earshot';
import { streamingServiceDefinition } from 'earshot/adapters/streaming-service';
import { type CallCounts, type CallRecord, createCallLog } from './call-log.js';
import { espeakVoice, isEspeakInstalled } from './espeak-voice.js';
import { createGateway } from './gateway.js';
import { createHandlers } from './handlers.js';
import { type HttpProbes, startHttpProbes } from './http-probes.js';
import { promptVoice } from './prompt-voice.js';
import type { ReferenceServerOptions, TlsFiles } from './reference-server-options.js';
import { resolveReferenceServerOptions } from './reference-server-options.js';
import type { Message, RawMessage } from './reply.js';
import type { Voice } from './speech.js';
import { keepSpeech, voiceWithFallback } from './speech.js';
import { startWires, type Wire, type Wires } from './wire.js';

/** A StreamingService that is running. */
export interface ReferenceServer {
  readonly port: number;
  /** Of `/health` and `/status`; null where they are not served. */
  readonly httpPort: number | null;
  /** What it speaks with. */
  readonly voiceName: string;
  /** Streamed calls that are not over. */
  openStreams(): number;
  /** TCP connections that are open. */
  openConnections(): number;
  /** The last 1000 calls, the newest last. */
  calls(): readonly CallRecord[];
  /** How many calls there were. */
  counts(): CallCounts;
  /** Close every TCP connection at once, and go on listening. */
  dropConnections(): void;
  /** Cut every call and stop listening. Idempotent. */
  close(): Promise<void>;
}

/** For how long calls may go on after a GOAWAY. Units: ms. */
const goAwayGraceMs = 10_000;

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
  // Each call listens for it.
  setMaxListeners(0, closed.signal);
  const calls = createCallLog();
  const noWire: Wire = {
    ...{ drop() {}, reset() {}, closeTowardsClient() {}, blackHole() {}, drip() {} },
    quiet: () => Promise.resolve(),
  };
  const handlers = createHandlers({
    options,
    voice,
    calls,
    closed: closed.signal,
    // A call whose connection is gone has no wire, and nothing can happen to it any more.
    wireOf: (peer) => wires.of(Number(peer.split(':').at(-1))) ?? noWire,
    goAway: () => injector.drain(goAwayGraceMs),
  });

  const grpc = new Server();
  grpc.addService(serviceWithRawMessages, handlers);
  const injector = openInjector(grpc, options.tls);
  const gateway = options.gateway === 'none' ? undefined : createGateway(options.gateway);
  // Clients do not connect here but to the wires in front of it, so that a test can spoil one under the protocol.
  const inner = createServer({ noDelay: true }, (socket) => {
    if (gateway === undefined) injector.injectConnection(socket);
    else gateway.take(socket);
  });
  inner.listen(0, '127.0.0.1');
  await once(inner, 'listening');
  let wires: Wires;
  let probes: HttpProbes | undefined;
  try {
    wires = await startWires(options.host, options.port, (inner.address() as AddressInfo).port);
  } catch (cause) {
    inner.close();
    throw new OptionError('OPTION_INVALID', listenProblem(options.host, options.port, cause), { cause });
  }
  try {
    probes = await startProbes(options);
  } catch (cause) {
    inner.close();
    await wires.close();
    throw new OptionError('OPTION_INVALID', listenProblem(options.host, options.httpPort ?? 0, cause), {
      cause,
    });
  }

  return {
    port: wires.port,
    httpPort: probes?.port ?? null,
    voiceName: voice.name,
    openStreams: () => calls.counts().open,
    openConnections: wires.open,
    calls: calls.records,
    counts: calls.counts,
    dropConnections: wires.dropAll,
    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      // The connections first, as when the process dies: a call then ends as it would for a user.
      const stopped = [wires.close(), once(inner, 'close'), probes?.close()];
      inner.close();
      gateway?.close();
      grpc.forceShutdown();
      await Promise.all(stopped);
    },
  };
}

/** The service, with a way around the schema for what it cannot say. */
const serviceWithRawMessages = {
  ...streamingServiceDefinition,
  streamAudio: {
    ...streamingServiceDefinition.streamAudio,
    responseSerialize: (message: Message | RawMessage): Buffer =>
      'rawBytes' in message
        ? message.rawBytes
        : streamingServiceDefinition.streamAudio.responseSerialize(message as never),
  },
};

function openInjector(grpc: Server, tls: TlsFiles | null): ConnectionInjector {
  try {
    return grpc.createConnectionInjector(grpcCredentials(tls));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new OptionError('OPTION_INVALID', `tls: certificate and key cannot be used (${said})`, { cause });
  }
}

type ConnectionInjector = ReturnType<Server['createConnectionInjector']>;

function grpcCredentials(tls: TlsFiles | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  const pairs = [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) }];
  return tls.clientCa === undefined
    ? ServerCredentials.createSsl(null, pairs)
    : ServerCredentials.createSsl(Buffer.from(tls.clientCa), pairs, true);
}

async function startProbes({
  host,
  httpPort,
  isHealthy,
  tls,
}: ReferenceServerOptions): Promise<HttpProbes | undefined> {
  if (httpPort === null) return undefined;
  const clients = tls?.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true };
  const secure = tls === null ? undefined : { cert: tls.certificate, key: tls.key, ...clients };
  return startHttpProbes(host, httpPort, { isHealthy, tls: secure });
}

async function chooseVoice({ voice, promptsFolder }: ReferenceServerOptions): Promise<Voice> {
  if (typeof voice !== 'string') return voice;
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

function listenProblem(host: string, port: number, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is in use; take another, or 0 for a free one`;
  if (code === 'EACCES') return `port ${port} of ${host} is not allowed to this user; take one above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine`;
  return `cannot listen at ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
