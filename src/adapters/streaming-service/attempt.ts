import type { Client } from '@grpc/grpc-js';
import type { TurnRevision, UpstreamEvent } from '../../core/ports/upstream.js';
import { RequestPhase } from './generated/streaming_pb.js';
import { createMessageTeller } from './message-teller.js';
import { createReplyPacing } from './reply-pacing.js';
import { createReplyReader } from './reply-reader.js';
import type { ServiceContext } from './service-context.js';
import { callMetadata } from './service-context.js';
import { streamingServiceDefinition } from './service-definition.js';
import type { Ending } from './terminal-state.js';
import { decideEnding } from './terminal-state.js';
import type { WatchedCall } from './watched-call.js';
import { watchCall } from './watched-call.js';

/** One question. */
export interface Question extends TurnRevision {
  readonly text: string;
  /** A fresh version-4 UUID: a session id that was used before kills both calls on the server. */
  readonly sessionId: string;
  /** True when partial transcripts were sent ahead with this session id. */
  readonly commit: boolean;
}

/** Who an attempt tells what happens. */
export interface AttemptListener {
  /** What the reply is made of; of the endings only what `ended` is about. */
  event(event: UpstreamEvent): void;
  /** The service has sent something. Before any event of it. */
  answering(): void;
  /** Exactly once, unless the attempt is cancelled before. `begun`: a `reply-started` was emitted. */
  ended(ending: Ending, begun: boolean): void;
  /** The call is over on the wire, too. After `ended`, at most half a second later. */
  over(): void;
}

/** One StreamAudio call. */
export interface Attempt {
  /** At once; nothing is told any more. Idempotent. */
  cancel(): void;
  /** So much of the reply left the loudspeaker. */
  heard(heardMs: number): void;
}

/**
 * Ask one question in one StreamAudio call.
 *
 * @remarks
 * Order: `reply-started`, then text, audio and action as they come, facts in between, then `ended`.
 * Timing: ends within `deadlineMs`, and within `firstMessageMs` or `betweenMessagesMs` of silence; time in which the call
 * was paused because the reply was too far ahead does not count.
 */
export function startAttempt(
  client: Client,
  { turnId, revision, text, sessionId, commit }: Question,
  context: ServiceContext,
  listener: AttemptListener,
): Attempt {
  const { settings, interrupts } = context;
  const interruptsBefore = interrupts.sent;
  const tellMessage = createMessageTeller(sessionId, context);
  let call: WatchedCall | undefined;
  const pacing = createReplyPacing({
    maxAheadMs: settings.maxAheadMs,
    scheduler: settings.scheduler,
    pause: () => call?.pause(),
    resume: (pausedMs) => call?.resume(pausedMs),
  });
  const reader = createReplyReader(sessionId, { turnId, revision }, listener.event, pacing.received);

  call = watchCall(
    {
      client,
      method: streamingServiceDefinition.streamAudio,
      message: {
        prompt: text,
        hardwareId: settings.hardwareId,
        sessionId,
        ...(commit && { phase: RequestPhase.COMMIT }),
      },
      metadata: callMetadata(settings),
      target: settings.target,
      explain: (status) => context.reasons.of(client, status),
    },
    settings,
    {
      message({ content }) {
        listener.answering();
        // The acknowledgement of a partial transcript looks like an end and is none.
        if (content.case === 'endMessage' && content.value !== 'COLLECT_ACCEPTED') {
          return { type: 'end-message', message: content.value };
        }
        if (content.case === 'errorMessage') {
          return { type: 'error-message', message: content.value, status: undefined };
        }
        tellMessage(content);
        const error = reader.read(content);
        return error && { type: 'unusable', error };
      },
      closed(closing) {
        pacing.stop();
        reader.end();
        const seen = reader.seen();
        const interrupted = interrupts.sent > interruptsBefore;
        listener.ended(
          decideEnding(closing, { seen, interrupted, target: settings.target }),
          seen === 'data',
        );
      },
      over: listener.over,
    },
  );
  const running = call;
  return {
    cancel() {
      pacing.stop();
      running.cancel();
    },
    heard: pacing.heard,
  };
}
