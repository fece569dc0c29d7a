import { Subject, type Subscription } from 'rxjs';
import { audioFrame } from '../../core/audio/audio-frame.js';
import type { TurnRevision, Upstream, UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';

/** Waiting goes in steps of this, so that a real-time implementation is not waited for longer than needed. */
const stepMs = 5;

/** One open session of an upstream, written down. */
export interface ObservedSession {
  readonly events: readonly UpstreamEvent[];
  readonly completed: boolean;
  readonly error: unknown;
  send(request: UpstreamRequest): void;
  /** Everything of one turn, in what this upstream accepts. */
  ask(turnId: string, revision?: number): void;
  completeRequests(): void;
  failRequests(error: unknown): void;
  unsubscribe(): void;
  /** Wait until something is so. @throws Error that says what was waited for, and what had come by then. */
  until(what: string, isSo: () => boolean, limitMs: number): Promise<void>;
  /** The events of one kind. */
  of<Type extends UpstreamEvent['type']>(type: Type): Extract<UpstreamEvent, { type: Type }>[];
  /** The id of the reply to a turn, once it has begun. */
  replyTo(turnId: string, revision?: number): string | undefined;
  /** Whether a turn is over, in one way or the other. */
  isOver(turnId: string, revision?: number): boolean;
}

/** Subscribe to a session and write down what it emits. */
export function observeSession(
  upstream: Upstream,
  advance: (ms: number) => void | Promise<void>,
): ObservedSession {
  const requests$ = new Subject<UpstreamRequest>();
  const events: UpstreamEvent[] = [];
  let completed = false;
  let error: unknown;
  const subscription: Subscription = upstream.openSession(requests$).subscribe({
    next: (event) => events.push(event),
    error: (cause) => {
      error = cause;
    },
    complete: () => {
      completed = true;
    },
  });

  function of<Type extends UpstreamEvent['type']>(type: Type): Extract<UpstreamEvent, { type: Type }>[] {
    return events.filter((event): event is Extract<UpstreamEvent, { type: Type }> => event.type === type);
  }

  function replyTo(turnId: string, revision = 1): string | undefined {
    return of('reply-started').find((event) => isOf(event, { turnId, revision }))?.replyId;
  }

  return {
    events,
    get completed() {
      return completed;
    },
    get error() {
      return error;
    },
    send: (request) => requests$.next(request),
    ask(turnId, revision = 1) {
      if (upstream.accepts === 'text') {
        requests$.next({ type: 'turn-text', turnId, revision, text: `question ${turnId}` });
      } else {
        const { sampleRateHz, channels } = upstream.format;
        const samples = new Float32Array((sampleRateHz / 50) * channels).fill(0.1);
        for (let k = 0; k < 10; k++) {
          const frame = audioFrame(upstream.format, samples, k * 20);
          requests$.next({ type: 'turn-audio', turnId, revision, frame });
        }
      }
      requests$.next({ type: 'turn-ended', turnId, revision });
    },
    completeRequests: () => requests$.complete(),
    failRequests: (cause) => requests$.error(cause),
    unsubscribe: () => subscription.unsubscribe(),
    async until(what, isSo, limitMs) {
      for (let waitedMs = 0; !isSo(); waitedMs += stepMs) {
        if (waitedMs >= limitMs) {
          const seen = events.map(({ type }) => type).join(', ') || 'nothing';
          throw new Error(`waited ${limitMs} ms for ${what}; until then came ${seen}`);
        }
        await advance(stepMs);
      }
    },
    of,
    replyTo,
    isOver(turnId, revision = 1) {
      const replyId = replyTo(turnId, revision);
      const ended = of('reply-ended').some((event) => event.replyId === replyId);
      return ended || of('turn-failed').some((event) => isOf(event, { turnId, revision }));
    },
  };
}

function isOf(event: TurnRevision, { turnId, revision }: TurnRevision): boolean {
  return event.turnId === turnId && event.revision === revision;
}
