import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import type { SchedulerLike, Subscription } from 'rxjs';
import { Observable } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import type { TurnRevision, UpstreamEvent } from '../../core/ports/upstream.js';
import type { StreamResponse } from './generated/streaming_pb.js';
import type { CallStatus, Closing, Watchdog } from './reply-ending.js';
import { decideEnding } from './reply-ending.js';
import { createReplyReader } from './reply-reader.js';
import { streamingServiceDefinition } from './service-definition.js';

/** How long a status may come after an announced error, to be merged into it. A server sends both together. */
const statusGraceMs = 100;
/**
 * How long the service may take to close a call whose answer is complete. Then it is cancelled. On a healthy
 * connection the status travels with the last message.
 */
const closeGraceMs = 1000;

/** What every call of a session has in common. */
export interface ReplySettings {
  /** Who is called, for messages. */
  readonly target: string;
  readonly hardwareId: string;
  readonly firstMessageMs: number;
  readonly betweenMessagesMs: number;
  readonly deadlineMs: number;
  readonly scheduler: SchedulerLike;
}

/** One question. */
export interface Question extends TurnRevision {
  readonly text: string;
  /** A fresh version-4 UUID: a session id that was used before kills both calls on the server. */
  readonly sessionId: string;
}

/** What a call tells the session besides its events. */
export interface ReplyObserver {
  /** The service has sent something. Before any event of it. */
  onAnswering(): void;
  /** The connection may be dead. Before any event of the ending, so that a call made in answer to it has a new one. */
  onConnectionSuspect(): void;
}

/**
 * Ask one question in one StreamAudio call.
 *
 * @remarks
 * Cold: subscribing calls.
 * Order: `reply-started`, then text, audio and action as they come, then `reply-ended`; or `turn-failed` alone; then,
 * when the connection broke, `session-lost`. Facts in between.
 * Timing: ends within `deadlineMs`, and within `firstMessageMs` or `betweenMessagesMs` of silence. Completes when the
 * call is over, at most one second after the ending.
 * Cancellation: unsubscribing cancels the call at once and nothing is emitted any more.
 * Never errors.
 */
export function streamReply(
  client: Client,
  question: Question,
  settings: ReplySettings,
  observer: ReplyObserver,
): Observable<UpstreamEvent> {
  return new Observable((subscriber) => {
    const { turnId, revision, sessionId } = question;
    const emit = (event: UpstreamEvent): void => subscriber.next(event);
    const reader = createReplyReader(sessionId, { turnId, revision }, emit);
    /** 'status' comes before the messages that are still in the stream's queue; 'end' comes behind them. */
    let status: CallStatus | undefined;
    let announcedError: string | undefined;
    let settled = false;
    let call: ClientReadableStream<StreamResponse> | undefined;

    const timers = createTimers(settings.scheduler);
    timers.start('deadline', settings.deadlineMs, () => expire('deadline', settings.deadlineMs));
    timers.start('patience', settings.firstMessageMs, () => expire('first-message', settings.firstMessageMs));
    // Not destroy(): it would leave the call open on the server.
    subscriber.add(() => {
      timers.stop();
      call?.cancel();
    });

    function settle(closing: Closing): void {
      if (settled || subscriber.closed) return;
      settled = true;
      timers.stop();
      reader.end();
      const ending = decideEnding(closing, reader.dataSeen(), settings.target);
      if (ending.connectionSuspect) observer.onConnectionSuspect();
      const { outcome, lost } = ending;
      if (outcome.type === 'failed') emit({ type: 'turn-failed', turnId, revision, error: outcome.error });
      else {
        const { reason, message } = outcome;
        emit({ type: 'reply-ended', replyId: sessionId, reason, ...(message !== '' && { message }) });
      }
      if (lost !== undefined) emit({ type: 'session-lost', error: lost });
      if (status !== undefined || closing.type === 'watchdog' || closing.type === 'unusable') {
        subscriber.complete();
      } else {
        timers.start('patience', closeGraceMs, () => subscriber.complete());
      }
    }

    function expire(watchdog: Watchdog, limitMs: number): void {
      settle({ type: 'watchdog', watchdog, limitMs });
    }

    function onMessage({ content }: StreamResponse): void {
      if (settled || announcedError !== undefined || subscriber.closed) return;
      timers.start('patience', settings.betweenMessagesMs, () =>
        expire('between-messages', settings.betweenMessagesMs),
      );
      observer.onAnswering();
      // The acknowledgement of a partial transcript looks like an end and is none.
      if (content.case === 'endMessage' && content.value !== 'COLLECT_ACCEPTED') {
        settle({ type: 'end-message', message: content.value });
      } else if (content.case === 'errorMessage') {
        onErrorMessage(content.value);
      } else {
        const error = reader.read(content);
        if (error !== undefined) settle({ type: 'unusable', error });
      }
    }

    function onErrorMessage(message: string): void {
      if (reader.dataSeen()) {
        settle({ type: 'error-message', message, status });
        return;
      }
      announcedError = message;
      timers.start('patience', statusGraceMs, () => settle({ type: 'error-message', message, status }));
    }

    function onEnd(): void {
      if (subscriber.closed) return;
      const last = status ?? { code: 0, details: '' };
      status = last;
      settle(
        announcedError === undefined
          ? { type: 'status', status: last }
          : { type: 'error-message', message: announcedError, status: last },
      );
      subscriber.complete();
    }

    /** An exception in a listener of a stream would end the whole program. */
    function guarded<Value>(listener: (value: Value) => void): (value: Value) => void {
      return (value) => {
        try {
          listener(value);
        } catch (cause) {
          settle({ type: 'unusable', error: unreadable(settings.target, cause) });
        }
      };
    }

    try {
      const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
      call = client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { prompt: question.text, hardwareId: settings.hardwareId, sessionId },
        new Metadata(),
      );
      call.on('data', guarded(onMessage));
      // Without a listener any failure ends the program; what it says comes again as 'status'.
      call.on('error', () => {});
      call.on('status', ({ code, details }: CallStatus) => {
        status = { code, details };
      });
      call.on('end', guarded(onEnd));
    } catch (cause) {
      settle({ type: 'unusable', error: unreadable(settings.target, cause) });
    }
  });
}

function unreadable(target: string, cause: unknown): UpstreamError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new UpstreamError('UPSTREAM_FAULT', `the call to ${target} broke: ${said}; try again`, {
    retryable: true,
    cause,
  });
}

interface Timers {
  /** Starts a timer, in the place of the one with the same name. */
  start(name: 'deadline' | 'patience', afterMs: number, work: () => void): void;
  stop(): void;
}

/** Restarted timers, and no reading of a clock: a device without one of its own jumps by years when it gets the time. */
function createTimers(scheduler: SchedulerLike): Timers {
  const running = new Map<string, Subscription>();
  return {
    start(name, afterMs, work) {
      running.get(name)?.unsubscribe();
      running.set(
        name,
        scheduler.schedule(() => work(), afterMs),
      );
    },
    stop() {
      for (const timer of running.values()) timer.unsubscribe();
      running.clear();
    },
  };
}
