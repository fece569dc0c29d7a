import { fileURLToPath } from 'node:url';
import { type Client, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { Subject } from 'rxjs';
import { promptVoice } from '../../examples/reference-server/prompt-voice.js';
import type { ReferenceServer } from '../../examples/reference-server/reference-server.js';
import { startReferenceServer } from '../../examples/reference-server/reference-server.js';
import type { ReferenceServerOptions } from '../../examples/reference-server/reference-server-options.js';
import { keepSpeech } from '../../examples/reference-server/speech.js';
import {
  type ServiceEvent,
  type StreamingService,
  type StreamingServiceOptions,
  streamingService,
  streamingServiceDefinition,
} from '../../src/adapters/streaming-service/index.js';
import type { UpstreamEvent, UpstreamRequest } from '../../src/index.js';

/** What a user of the library saw of one turn. */
export interface Seen {
  /** What came, in order, equal neighbours once: `started text audio ended:complete`, or `failed:UPSTREAM_TIMEOUT`. */
  readonly events: string;
  readonly text: string;
  readonly audioMs: number;
  /** Rate and channels, equal neighbours once. */
  readonly formats: readonly string[];
  readonly actions: readonly unknown[];
  /** Kinds of facts, in order, once each. */
  readonly facts: readonly string[];
  /** Of the error of a turn that failed, or what the service said at the end of a reply. */
  readonly message: string;
  readonly retryable: boolean | undefined;
  readonly grpcStatus: number | undefined;
  /** Of the last attempt. */
  readonly outcome: string | undefined;
  readonly attempts: number;
  readonly sessionIds: readonly string[];
  /** `session-lost` events of the turn. */
  readonly losses: readonly string[];
  /** Kinds of progress. */
  readonly progress: readonly string[];
}

/** Longest wait for the end of a turn. */
const turnLimitMs = 20_000;
/** How soon after an ending a server has to be rid of the call. */
const releaseLimitMs = 1000;

/** One for all servers: rendering the same sentence for each would be most of what these tests do. */
const voice = keepSpeech(
  promptVoice(fileURLToPath(new URL('../../examples/reference-server/prompts', import.meta.url))),
);

export const hardwareId = 'conformance-kiosk';

/** A server, and a session with it. */
export interface Visit {
  readonly server: ReferenceServer;
  readonly service: StreamingService;
  readonly events: readonly UpstreamEvent[];
  readonly serviceEvents: readonly ServiceEvent[];
  send(request: UpstreamRequest): void;
  /** Begin a turn. @returns its id */
  ask(prompt: string): string;
  /** Wait for the end of a turn, and for the server to be rid of it. */
  ended(turnId: string): Promise<Seen>;
  /** A client that is not the library, such as another device. */
  readonly stranger: Client;
  /** Ends everything, and checks that nothing is left. */
  leave(): Promise<void>;
}

/** What stands between the library and the server. */
export interface Front {
  readonly options: Partial<StreamingServiceOptions>;
  close(): Promise<void>;
}

export async function visit(
  server: Partial<ReferenceServerOptions> = {},
  given: Partial<StreamingServiceOptions> = {},
  startFront?: (server: ReferenceServer) => Promise<Front>,
): Promise<Visit> {
  const reference = await startReferenceServer({
    voice,
    timeToFirstByteMs: 0,
    deliveryRate: 1000,
    ...server,
  });
  const front = await startFront?.(reference);
  const options = { ...given, ...front?.options };
  const target = options.target ?? `127.0.0.1:${reference.port}`;
  const service = streamingService({
    hardwareId,
    firstMessageMs: 1500,
    betweenMessagesMs: 1000,
    retryDelayMs: 20,
    maxRetryDelayMs: 40,
    ...options,
    target,
  });
  const stranger = new GrpcClient(`127.0.0.1:${reference.port}`, credentials.createInsecure());
  const events: UpstreamEvent[] = [];
  const serviceEvents: ServiceEvent[] = [];
  const requests$ = new Subject<UpstreamRequest>();
  const telling = service.events$.subscribe((event) => serviceEvents.push(event));
  const session = service.openSession(requests$).subscribe((event) => events.push(event));
  let turns = 0;

  return {
    server: reference,
    service,
    events,
    serviceEvents,
    stranger,
    send: (request) => requests$.next(request),
    ask(prompt) {
      turns += 1;
      const turnId = `turn-${turns}`;
      requests$.next({ type: 'turn-text', turnId, revision: 1, text: prompt });
      requests$.next({ type: 'turn-ended', turnId, revision: 1 });
      return turnId;
    },
    async ended(turnId) {
      await until(
        `the end of ${turnId}`,
        () => isOver(turnId, events),
        turnLimitMs,
        () => events,
      );
      await until(
        'the server to be rid of it',
        () => reference.openStreams() === 0,
        releaseLimitMs,
        () => reference.calls(),
      );
      return whatWasSeen(turnId, events, serviceEvents);
    },
    async leave() {
      session.unsubscribe();
      service.close();
      telling.unsubscribe();
      stranger.close();
      const rid = () => reference.openStreams() === 0 && reference.openConnections() === 0;
      try {
        await until('the server to be rid of its connections', rid, releaseLimitMs, () => reference.counts());
      } finally {
        await front?.close();
        await reference.close();
      }
    },
  };
}

/** Ask the stub of the wire, without the library. Resolves when the call is over. */
export function askBare(
  client: Client,
  request: { readonly prompt: string; readonly sessionId: string; readonly hardwareId: string },
): { readonly over: Promise<number>; cancel(): void } {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  call.on('error', () => {});
  call.on('data', () => {});
  return {
    over: new Promise((resolve) => call.on('status', ({ code }) => resolve(code))),
    cancel: () => call.cancel(),
  };
}

export function interruptBare(client: Client, device: string): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.interruptSession;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { hardwareId: device },
      (error, answer) => (error ? reject(error) : resolve(answer)),
    );
  });
}

/** @param state - shown when it does not come. */
export async function until(
  what: string,
  met: () => boolean,
  limitMs: number,
  state: () => unknown = () => '',
): Promise<void> {
  const startMs = performance.now();
  while (!met()) {
    if (performance.now() - startMs > limitMs) {
      throw new Error(`${what} did not come within ${limitMs} ms; there was ${JSON.stringify(state())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function firstEvent<Type extends UpstreamEvent['type']>(
  { events }: Visit,
  type: Type,
): Promise<Extract<UpstreamEvent, { type: Type }>> {
  const of = () => events.find((event) => event.type === type);
  await until(
    type,
    () => of() !== undefined,
    turnLimitMs,
    () => events,
  );
  return of() as Extract<UpstreamEvent, { type: Type }>;
}

function replyOf(turnId: string, events: readonly UpstreamEvent[]): string | undefined {
  const started = events.find((event) => event.type === 'reply-started' && event.turnId === turnId);
  return started?.type === 'reply-started' ? started.replyId : undefined;
}

function isOver(turnId: string, events: readonly UpstreamEvent[]): boolean {
  const replyId = replyOf(turnId, events);
  return events.some(
    (event) =>
      (event.type === 'turn-failed' && event.turnId === turnId) ||
      (event.type === 'reply-ended' && event.replyId === replyId),
  );
}

function whatWasSeen(
  turnId: string,
  events: readonly UpstreamEvent[],
  serviceEvents: readonly ServiceEvent[],
): Seen {
  const replyId = replyOf(turnId, events);
  const mine = events.filter(
    (event) =>
      ('turnId' in event && event.turnId === turnId) || ('replyId' in event && event.replyId === replyId),
  );
  const attempts = serviceEvents.filter(
    (event) => event.type === 'attempt-started' && event.turnId === turnId,
  );
  const ended = serviceEvents.filter((event) => event.type === 'attempt-ended' && event.turnId === turnId);
  const sessionIds = attempts.map((event) => (event.type === 'attempt-started' ? event.sessionId : ''));
  const audio = mine.flatMap((event) => (event.type === 'reply-audio' ? [event.frame] : []));
  const failure = mine.find((event) => event.type === 'turn-failed');
  const end = mine.find((event) => event.type === 'reply-ended');
  const last = ended.at(-1);
  const error = failure?.type === 'turn-failed' ? failure.error : undefined;
  return {
    events: withoutRepeats(mine.map(nameOf)).join(' '),
    text: mine.map((event) => (event.type === 'reply-text' ? event.text : '')).join(''),
    audioMs: audio.reduce(
      (sum, { samples, format }) => sum + (samples.length / format.channels / format.sampleRateHz) * 1000,
      0,
    ),
    formats: withoutRepeats(audio.map(({ format }) => `${format.sampleRateHz}/${format.channels}`)),
    actions: mine.flatMap((event) =>
      event.type === 'action' ? [{ command: event.command, args: event.args }] : [],
    ),
    facts: [...new Set(events.flatMap((event) => (event.type === 'upstream-fact' ? [event.fact] : [])))],
    message: error?.message ?? (end?.type === 'reply-ended' ? (end.message ?? '') : ''),
    retryable: error?.retryable,
    grpcStatus: error !== undefined && 'grpcStatus' in error ? (error.grpcStatus as number) : undefined,
    outcome: last?.type === 'attempt-ended' ? last.outcome : undefined,
    attempts: attempts.length,
    sessionIds,
    losses: events.flatMap((event) => (event.type === 'session-lost' ? [event.error.code] : [])),
    progress: serviceEvents.flatMap((event) =>
      event.type === 'progress' && sessionIds.includes(event.sessionId) ? [event.kind] : [],
    ),
  };
}

function nameOf(event: UpstreamEvent): string {
  switch (event.type) {
    case 'reply-started':
      return 'started';
    case 'reply-text':
      return 'text';
    case 'reply-audio':
      return 'audio';
    case 'reply-ended':
      return `ended:${event.reason}`;
    case 'turn-failed':
      return `failed:${event.error.code}`;
    default:
      return event.type;
  }
}

function withoutRepeats(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => name !== names[index - 1]);
}
