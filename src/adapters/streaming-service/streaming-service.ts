import { randomUUID } from 'node:crypto';
import type { Client } from '@grpc/grpc-js';
import { defer, map, Observable, tap } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { UpstreamError } from '../../core/errors.js';
import { integerIn, nonEmptyString, resolveOptions } from '../../core/options.js';
import { acknowledgedCall } from './acknowledged-call.js';
import { type Connection, createConnection } from './connection.js';
import { createFailureReasons } from './failure-reasons.js';
import { createInterruptMemory } from './interrupt-memory.js';
import { securityFor } from './secure-channel.js';
import { sendInterrupt } from './send-interrupt.js';
import type { ServiceContext } from './service-context.js';
import { streamingServiceDefinition } from './service-definition.js';
import { createServiceEvents } from './service-events.js';
import type { StreamingService, Usage } from './service-interface.js';
import { createSession } from './session.js';
import type { StreamingServiceInit } from './streaming-service-options.js';
import { resolveStreamingServiceOptions } from './streaming-service-options.js';
import { resolveTrust } from './trust.js';
import { speakWelcome, welcomeSynthesizer } from './welcome.js';

/** Of no use to an upstream that accepts text; the rate that speech is transcribed at everywhere. */
const format: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/**
 * The gRPC backend `streaming.StreamingService`: as an upstream that accepts text, and whole.
 *
 * @remarks
 * Each turn is one StreamAudio call with a session id of its own, made when the turn ends; where that comes to nothing
 * in a way that may pass, it is made again, see `maxRetries`.
 * Order: the events of one turn are in the order of the wire; those of turns whose calls overlap may alternate.
 * `timestampMs` of reply audio counts from 0 at the first sample of the reply.
 * Timing: connects on subscription, so that the first turn need not, and again with back-off when the connection is lost.
 * `session-opened` comes when the service can be reached, and again after a `session-lost`; its id is ours, since the
 * protocol has no session beyond one call. An attempt ends within `deadlineMs`, and within `firstMessageMs` or
 * `betweenMessagesMs` of silence.
 * Backpressure: a reply that is more than `maxAheadMs` ahead of what was heard is paused on the wire. On top of that the
 * transport holds up to 16 messages and its own window.
 * Cancellation: a `reply-cancelled`, a higher revision of the turn and unsubscribing cancel the call, or the wait for
 * the next one, at once, and nothing that is still under way is emitted. That the user heard only a part cannot be told
 * to this service.
 * Errors: none but that of `close`; what a turn failed with comes as `turn-failed`, also where trying again is of no
 * use, because the next turn may be allowed what this one was not.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function streamingService(options: StreamingServiceInit): StreamingService {
  const settings = resolveStreamingServiceOptions(options);
  const { trust, insecure } = settings;
  const resolvedTrust = resolveTrust(insecure ? { ...trust, insecure } : trust);
  const security = securityFor(settings.target, resolvedTrust);
  const context: ServiceContext = {
    settings,
    events: createServiceEvents(),
    interrupts: createInterruptMemory(settings.scheduler),
    reasons: createFailureReasons(settings.target, resolvedTrust, settings.useProxy),
    newSessionId: randomUUID,
    random: Math.random,
  };
  const { events } = context;
  /** What is under way, to be ended by `close`. */
  const running = new Set<() => void>();
  /** For what belongs to no session; connects when it is first needed. */
  let ownConnection: Connection | undefined;
  let closed = false;

  function client(): Client {
    ownConnection ??= createConnection(context, security);
    return ownConnection.client();
  }

  /** Ends with an error when the service is closed. */
  function whileOpen<T>(source$: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const end = (): void => subscriber.error(closedError(settings.target));
      if (closed) return end();
      running.add(end);
      subscriber.add(() => running.delete(end));
      subscriber.add(source$.subscribe(subscriber));
    });
  }

  return {
    accepts: 'text',
    acceptsPartials: settings.partialTranscripts,
    format,
    events$: events.events$,
    openSession: (requests$) =>
      whileOpen(
        new Observable((subscriber) => {
          const connection = createConnection(context, security);
          // On the connection that is open: whoever closes the session after a cut does not wait for another one. It outlives the session.
          const interrupt = (over: () => void): void =>
            void whileOpen(sendInterrupt(connection.client, context)).subscribe({
              error: over,
              complete: over,
            });
          const session = createSession(connection, context, interrupt, subscriber);
          subscriber.add(() => {
            session.cancelAll();
            connection.close();
          });
          subscriber.add(
            requests$.subscribe({
              next: (request) => session.take(request),
              error: (error) => subscriber.error(error),
              complete: () => session.finish(),
            }),
          );
        }),
      ),
    greet: (text) => whileOpen(speakWelcome(client, text === undefined ? {} : { text }, context)),
    synthesizer(choice = {}) {
      const synthesizer = welcomeSynthesizer(client, choice, context);
      return { ...synthesizer, synthesize: (text) => whileOpen(synthesizer.synthesize(text)) };
    },
    interruptSession: () => whileOpen(sendInterrupt(client, context)),
    reportUsage: (usage) =>
      whileOpen(
        defer(() => {
          const message = { hardwareId: settings.hardwareId, ...resolveUsage(usage) };
          return acknowledgedCall(client, streamingServiceDefinition.reportUsage, message, context);
        }).pipe(
          map(({ success, message }) => ({ success, message })),
          tap((answer) => events.tell({ type: 'usage-reported', ...answer })),
        ),
      ),
    close() {
      if (closed) return;
      closed = true;
      for (const end of running) end();
      ownConnection?.close();
      context.reasons.close();
      events.close();
    },
  };
}

function closedError(target: string): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_ABORTED',
    `the client of ${target} was closed; make a new one to go on talking`,
  );
}

const maxTokens = 2 ** 31 - 1;
const noUsage: Usage = { sessionId: '', source: '', inputTokens: 0, outputTokens: 0, model: '' };

function resolveUsage(given: Usage): Usage {
  return resolveOptions<Usage>('reportUsage', noUsage, given, {
    sessionId: nonEmptyString,
    inputTokens: integerIn(0, maxTokens),
    outputTokens: integerIn(0, maxTokens),
  });
}
