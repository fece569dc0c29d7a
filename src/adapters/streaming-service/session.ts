import type { Subscriber } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import type {
  InterruptedReply,
  TurnRevision,
  TurnSending,
  UpstreamEvent,
  UpstreamRequest,
} from '../../core/ports/upstream.js';
import type { AskedTurn } from './ask-turn.js';
import { askTurn } from './ask-turn.js';
import type { Question } from './attempt.js';
import type { Connection } from './connection.js';
import type { ServiceContext } from './service-context.js';
import { createUnfinishedTurns } from './unfinished-turns.js';

/** Turns requests into calls. */
export interface Session {
  take(request: UpstreamRequest): void;
  /** No request will follow: completes the subscriber when the last call is over, and the service has answered every InterruptSession. */
  finish(): void;
  /** Cancel every call; nothing is emitted any more. */
  cancelAll(): void;
}

interface Call extends TurnRevision {
  /** Of the reply, once it has begun. */
  replyId: string | undefined;
  isOver: boolean;
  asked: AskedTurn | undefined;
}

/**
 * The requests of one session.
 *
 * @remarks
 * Order: one question for each turn at a time, a higher revision takes the place of a lower one; those of different turns
 * run side by side, because only the pipeline knows whether the older answer is still wanted.
 * @param interrupt - sends an InterruptSession, and tells when that was answered or has failed.
 */
export function createSession(
  connection: Connection,
  context: ServiceContext,
  interrupt: (over: () => void) => void,
  subscriber: Subscriber<UpstreamEvent>,
): Session {
  const { settings, newSessionId } = context;
  /** Calls that are not over on the wire, an ended reply's included. */
  const calls = new Set<Call>();
  const noted = new Set<string>();
  const unfinished = createUnfinishedTurns(connection, context, noteOnce, (dropped) =>
    subscriber.next({ type: 'upstream-fact', fact: 'turn-text-dropped', detail: dropped }),
  );
  let open = false;
  /** InterruptSessions on their way. */
  let interrupts = 0;
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

  function noteStale(what: string, { turnId, revision }: TurnRevision): void {
    noteOnce(`${what}-stale`, `revision ${revision} of turn ${turnId} came again, or after a newer one`);
  }

  /** The newest revision of a turn that is being asked for or was answered in part; 0 for none. */
  function newestAsked(turnId: string): number {
    const asked = [...calls].filter((call) => call.turnId === turnId && !call.isOver);
    return Math.max(0, ...asked.map((call) => call.revision));
  }

  function takeText(turn: TurnRevision, text: string): void {
    if (newestAsked(turn.turnId) >= turn.revision || !unfinished.takeText(turn, text)) {
      noteStale('turn-text', turn);
      return;
    }
    cancelUpTo({ ...turn, revision: turn.revision - 1 });
  }

  function endTurn(turn: TurnSending): void {
    const { turnId, revision, interrupted } = turn;
    const stale = Math.max(newestAsked(turnId), unfinished.newestText(turnId)) >= revision;
    const found = unfinished.end(turn);
    if (found === undefined && stale) {
      noteStale('turn-ended', turn);
      return;
    }
    if (found !== undefined && found.text.trim() !== '') {
      const text = interrupted && promptAfterCut(found.text, interrupted);
      // The service merges a prompt with what it has collected by their words, and these begin differently.
      const asked = text === undefined ? found : { text, sessionId: newSessionId(), commit: false };
      ask({ turnId, revision, ...asked });
      return;
    }
    const error = new UpstreamError(
      'UPSTREAM_REJECTED',
      `turn ${turnId} has no text to ask with; send turn-text with words in it before turn-ended`,
    );
    subscriber.next({ type: 'turn-failed', turnId, revision, error });
  }

  /** Undefined where what the user said is to be asked with. The caller's code must not leave a turn without an end. */
  function promptAfterCut(text: string, interrupted: InterruptedReply): string | undefined {
    try {
      const prompt = settings.promptAfterCut?.(text, interrupted);
      return prompt?.trim() === '' ? undefined : prompt;
    } catch (error) {
      noteOnce(
        'prompt-after-cut-failed',
        `promptAfterCut threw ${String(error)}; the turn was asked without`,
      );
      return undefined;
    }
  }

  function ask(question: Question): void {
    const { turnId, revision } = question;
    const call: Call = { turnId, revision, replyId: undefined, isOver: false, asked: undefined };
    calls.add(call);
    call.asked = askTurn(question, connection, context, {
      event(event) {
        // Before it is emitted: a request made in answer to the event has to find the call as the event leaves it.
        note(call, event);
        subscriber.next(event);
      },
      answering: opened,
      over() {
        calls.delete(call);
        completeWhenFinished();
      },
    });
  }

  function note(call: Call, event: UpstreamEvent): void {
    if (event.type === 'reply-started') call.replyId = event.replyId;
    else if (event.type === 'reply-ended' || event.type === 'turn-failed') call.isOver = true;
    else if (event.type === 'session-lost') open = false;
  }

  /** Cancels what was asked or begun for a turn up to this revision. @returns whether anything was being answered. */
  function cancelUpTo(turn: TurnRevision): boolean {
    unfinished.cancelUpTo(turn);
    let any = false;
    for (const call of [...calls]) {
      if (call.turnId !== turn.turnId || call.revision > turn.revision || call.isOver) continue;
      any = true;
      calls.delete(call);
      call.asked?.cancel();
      if (call.replyId !== undefined) {
        subscriber.next({ type: 'reply-ended', replyId: call.replyId, reason: 'cancelled' });
      }
      completeWhenFinished();
    }
    return any;
  }

  function sendInterrupt(): void {
    interrupts += 1;
    interrupt(() => {
      interrupts -= 1;
      completeWhenFinished();
    });
  }

  function completeWhenFinished(): void {
    if (finishing && calls.size === 0 && interrupts === 0) subscriber.complete();
  }

  connection.keepOpen(opened);

  return {
    take(request) {
      switch (request.type) {
        case 'turn-partial':
          if (newestAsked(request.turnId) < request.revision) unfinished.takePartial(request, request.text);
          return;
        case 'turn-text':
          return takeText(request, request.text);
        case 'turn-ended':
          return endTurn(request);
        case 'reply-cancelled':
          if (cancelUpTo(request) && settings.interruptOnCut) sendInterrupt();
          return;
        case 'reply-progress':
          for (const call of calls) if (call.replyId === request.replyId) call.asked?.heard(request.heardMs);
          return;
        case 'turn-audio':
          return noteOnce('turn-audio-ignored', 'this service takes text; put a transcriber in front of it');
        case 'tool-result':
          return noteOnce('tool-result-ignored', 'this service calls no tools');
      }
    },
    finish() {
      finishing = true;
      unfinished.cancelAll();
      completeWhenFinished();
    },
    cancelAll() {
      unfinished.cancelAll();
      for (const call of calls) call.asked?.cancel();
      calls.clear();
    },
  };
}
