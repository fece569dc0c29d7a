import type { Subscriber } from 'rxjs';
import { Subscription } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import type { TurnRevision, UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import type { Connection } from './connection.js';
import type { Question, ReplySettings } from './stream-reply.js';
import { streamReply } from './stream-reply.js';

/** Turns whose text came and whose end did not. More than one is rare; older ones are forgotten. */
const maxUnfinishedTurns = 8;

/** Turns requests into calls. */
export interface Session {
  take(request: UpstreamRequest): void;
  /** No request will follow: completes the subscriber when the last call is over. */
  finish(): void;
  /** Cancel every call; nothing is emitted any more. */
  cancelAll(): void;
}

interface Call extends TurnRevision {
  readonly sessionId: string;
  /** How much of its reply was emitted. */
  progress: 'asked' | 'started' | 'over';
  readonly subscription: Subscription;
}

/**
 * The requests of one session.
 *
 * @remarks
 * Order: one call for each turn at a time, a higher revision takes the place of a lower one; calls of different turns
 * run side by side, because only the pipeline knows whether the older answer is still wanted.
 * @param newSessionId - gives a fresh version-4 UUID each time.
 */
export function createSession(
  connection: Connection,
  settings: ReplySettings,
  newSessionId: () => string,
  subscriber: Subscriber<UpstreamEvent>,
): Session {
  const unfinished = new Map<string, { readonly revision: number; readonly text: string }>();
  /** Calls that are not over on the wire, an ended reply's included. */
  const calls = new Set<Call>();
  const noted = new Set<string>();
  let open = false;
  let finishing = false;

  function opened(): void {
    if (open || subscriber.closed) return;
    open = true;
    subscriber.next({ type: 'session-opened', sessionId: newSessionId() });
  }

  /** Facts about requests come once a session: the same mistake is made with every request of a kind. */
  function noteOnce(fact: string, detail: string): void {
    if (noted.has(fact)) return;
    noted.add(fact);
    subscriber.next({ type: 'upstream-fact', fact, detail });
  }

  /** The newest revision of a turn that is being asked for or was begun; 0 for none. */
  function newestRevision(turnId: string): number {
    const asked = [...calls].filter((call) => call.turnId === turnId && call.progress !== 'over');
    return Math.max(unfinished.get(turnId)?.revision ?? 0, ...asked.map((call) => call.revision));
  }

  function takeText({ turnId, revision }: TurnRevision, text: string): void {
    if (newestRevision(turnId) >= revision) {
      noteStale('turn-text', { turnId, revision });
      return;
    }
    cancelUpTo({ turnId, revision: revision - 1 });
    unfinished.set(turnId, { revision, text });
    const [oldest] = unfinished.keys();
    if (unfinished.size <= maxUnfinishedTurns || oldest === undefined) return;
    unfinished.delete(oldest);
    subscriber.next({
      type: 'upstream-fact',
      fact: 'turn-text-dropped',
      detail: `turn ${oldest} was never ended, and ${maxUnfinishedTurns} others were begun after it`,
    });
  }

  function endTurn({ turnId, revision }: TurnRevision): void {
    const begun = unfinished.get(turnId);
    if (begun?.revision !== revision && newestRevision(turnId) >= revision) {
      noteStale('turn-ended', { turnId, revision });
      return;
    }
    unfinished.delete(turnId);
    const text = begun?.revision === revision ? begun.text : '';
    if (text.trim() !== '') {
      ask({ turnId, revision, text, sessionId: newSessionId() });
      return;
    }
    const error = new UpstreamError(
      'UPSTREAM_REJECTED',
      `turn ${turnId} has no text to ask with; send turn-text with words in it before turn-ended`,
    );
    subscriber.next({ type: 'turn-failed', turnId, revision, error });
  }

  function noteStale(what: string, { turnId, revision }: TurnRevision): void {
    noteOnce(`${what}-stale`, `revision ${revision} of turn ${turnId} came again, or after a newer one`);
  }

  function ask(question: Question): void {
    const { turnId, revision, sessionId } = question;
    const client = connection.client();
    const subscription = new Subscription();
    const call: Call = { turnId, revision, sessionId, progress: 'asked', subscription };
    calls.add(call);
    const reply$ = streamReply(client, question, settings, {
      onAnswering: opened,
      onConnectionSuspect: () => connection.replace(client),
    });
    subscription.add(
      reply$.subscribe({
        next: (event) => {
          // Before it is emitted: a request made in answer to the event has to find the call as the event leaves it.
          note(call, event);
          subscriber.next(event);
        },
        complete: () => {
          calls.delete(call);
          completeWhenFinished();
        },
      }),
    );
  }

  function note(call: Call, event: UpstreamEvent): void {
    if (event.type === 'reply-started') call.progress = 'started';
    else if (event.type === 'reply-ended' || event.type === 'turn-failed') call.progress = 'over';
    else if (event.type === 'session-lost') open = false;
  }

  /** Cancels what was asked or begun for a turn up to this revision. */
  function cancelUpTo({ turnId, revision }: TurnRevision): void {
    if ((unfinished.get(turnId)?.revision ?? Number.POSITIVE_INFINITY) <= revision) unfinished.delete(turnId);
    for (const call of [...calls]) {
      if (call.turnId !== turnId || call.revision > revision || call.progress === 'over') continue;
      calls.delete(call);
      call.subscription.unsubscribe();
      if (call.progress === 'started') {
        subscriber.next({ type: 'reply-ended', replyId: call.sessionId, reason: 'cancelled' });
      }
      completeWhenFinished();
    }
  }

  function completeWhenFinished(): void {
    if (finishing && calls.size === 0) subscriber.complete();
  }

  connection.warmUp(opened);

  return {
    take(request) {
      switch (request.type) {
        case 'turn-text':
          return takeText(request, request.text);
        case 'turn-ended':
          return endTurn(request);
        case 'reply-cancelled':
          return cancelUpTo(request);
        case 'turn-audio':
          return noteOnce('turn-audio-ignored', 'this service takes text; put a transcriber in front of it');
        case 'tool-result':
          return noteOnce('tool-result-ignored', 'this service calls no tools');
      }
    },
    finish() {
      finishing = true;
      unfinished.clear();
      completeWhenFinished();
    },
    cancelAll() {
      for (const call of calls) call.subscription.unsubscribe();
      calls.clear();
    },
  };
}
