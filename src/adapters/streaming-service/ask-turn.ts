import type { Subscription } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import type { UpstreamEvent } from '../../core/ports/upstream.js';
import { createRetryPlan } from './ask-again.js';
import type { Attempt, Question } from './attempt.js';
import { startAttempt } from './attempt.js';
import type { Connection } from './connection.js';
import type { ServiceContext } from './service-context.js';
import type { ServiceEvent } from './service-event.js';
import type { Ending } from './terminal-state.js';

/** Who a turn tells what happens. */
export interface TurnListener {
  event(event: UpstreamEvent): void;
  /** The service has sent something. */
  answering(): void;
  /** Nothing is under way for this turn any more. Not after `cancel`. */
  over(): void;
}

/** One revision of a turn that is being asked, in as many attempts as it takes. */
export interface AskedTurn {
  /** At once, also while waiting for the next attempt. Nothing is told any more. Idempotent. */
  cancel(): void;
  /** So much of its reply left the loudspeaker. */
  heard(heardMs: number): void;
}

type AttemptEnded = Extract<ServiceEvent, { type: 'attempt-ended' }>;

/**
 * Ask a question, and again when that may help: to the port it is one turn.
 *
 * @remarks
 * Order: `reply-started`, the reply, `reply-ended`; or `turn-failed` alone; then, when the connection broke,
 * `session-lost`. Each attempt has a session id of its own, and only the last one's ending is told through the port.
 */
export function askTurn(
  first: Question,
  connection: Connection,
  context: ServiceContext,
  listener: TurnListener,
): AskedTurn {
  const { settings, events, interrupts } = context;
  const { turnId, revision } = first;
  const plan = createRetryPlan(settings, context.random);
  let attempts = 0;
  let attempt: Attempt | undefined;
  let waiting: Subscription | undefined;
  let cancelled = false;
  /** Tells how the attempt under way ended, once. */
  let tellEnded: ((how: HowItEnded) => void) | undefined;

  function ask(question: Question): void {
    attempts += 1;
    const { sessionId } = question;
    const about = { turnId, revision, sessionId, attempt: attempts };
    const atMs = settings.scheduler.now();
    tellEnded = (how) => {
      tellEnded = undefined;
      const afterMs = Math.max(0, settings.scheduler.now() - atMs);
      events.tell({ type: 'attempt-ended', ...about, afterMs, ...how });
    };
    events.tell({ type: 'attempt-started', ...about, atMs });
    // Whoever was told may have cancelled.
    if (cancelled) return;
    const client = connection.client();
    let again = false;
    attempt = startAttempt(client, question, context, {
      event(event) {
        // Of one message more than one event is made, and the first may be answered with a cancellation.
        if (!cancelled) listener.event(event);
      },
      answering: listener.answering,
      ended(ending, begun) {
        // First, so that a call made in answer to the ending has a new one.
        if (ending.connectionSuspect) connection.replace(client, ending.tooManyPings);
        const retryInMs = plan.after(ending.again, interrupts.blockedForMs());
        again = retryInMs !== undefined;
        tellEnded?.(howItEnded(ending, retryInMs));
        if (cancelled) return;
        if (retryInMs === undefined) tellPort(sessionId, ending, begun);
        else waiting = settings.scheduler.schedule(askAgain, retryInMs);
      },
      over() {
        if (!again && !cancelled) listener.over();
      },
    });
  }

  function askAgain(): void {
    attempt?.cancel();
    ask({ ...first, sessionId: context.newSessionId(), commit: false });
  }

  function tellPort(replyId: string, { outcome, error, message, lost }: Ending, begun: boolean): void {
    if (begun) {
      const reason = outcome === 'complete' || outcome === 'truncated' ? outcome : 'failed';
      listener.event({ type: 'reply-ended', replyId, reason, ...(message !== '' && { message }) });
    } else if (error !== undefined) {
      listener.event({ type: 'turn-failed', turnId, revision, error });
    }
    if (lost !== undefined && !cancelled) listener.event({ type: 'session-lost', error: lost });
  }

  ask(first);
  return {
    cancel() {
      if (cancelled) return;
      cancelled = true;
      waiting?.unsubscribe();
      attempt?.cancel();
      tellEnded?.(cancelledByUs);
    },
    heard: (heardMs) => attempt?.heard(heardMs),
  };
}

type HowItEnded = Omit<AttemptEnded, 'type' | 'turnId' | 'revision' | 'sessionId' | 'attempt' | 'afterMs'>;

const cancelledByUs: HowItEnded = {
  outcome: 'cancelled',
  code: null,
  grpcStatus: null,
  retryable: false,
  message: null,
  decision: 'done',
  retryInMs: null,
};

function howItEnded(ending: Ending, retryInMs: number | undefined): HowItEnded {
  const { outcome, error, message } = ending;
  const isDone = outcome === 'complete' || outcome === 'truncated';
  return {
    outcome,
    code: error?.code ?? null,
    grpcStatus: (error instanceof UpstreamError ? error.grpcStatus : undefined) ?? null,
    retryable: error?.retryable ?? false,
    message: message === '' ? null : message,
    decision: retryInMs !== undefined ? 'retry' : isDone ? 'done' : 'give-up',
    retryInMs: retryInMs ?? null,
  };
}
