import type { Subscriber } from 'rxjs';
import { Subscription } from 'rxjs';
import { durationMs } from '../core/audio/audio-frame.js';
import { UpstreamError } from '../core/errors.js';
import type { TurnRevision, UpstreamEvent, UpstreamRequest } from '../core/ports/upstream.js';
import { runScript } from './run-script.js';
import type { ScriptedTurn } from './script.js';
import type { ScriptedUpstreamOptions } from './scripted-upstream-options.js';

/** Counts the answers of all sessions. */
export interface CallCounts {
  /** @returns the id of the reply. */
  begun(): string;
  ended(): void;
}

/** The requests of one session of a scripted upstream. */
export interface ScriptedSession {
  readonly take: (request: UpstreamRequest) => void;
  readonly finish: () => void;
  readonly cancelAll: () => void;
}

interface Call extends TurnRevision {
  readonly replyId: string;
  progress: 'asked' | 'started' | 'over';
  readonly subscription: Subscription;
}

export function createScriptedSession(
  options: ScriptedUpstreamOptions,
  counts: CallCounts,
  subscriber: Subscriber<UpstreamEvent>,
): ScriptedSession {
  const begun = new Map<string, ScriptedTurn>();
  const calls = new Set<Call>();
  let finishing = false;
  let open = false;

  const opening = options.scheduler.schedule(opened);

  function opened(): void {
    if (open || subscriber.closed) return;
    open = true;
    subscriber.next({ type: 'session-opened', sessionId: 'scripted' });
  }

  function takePart({ turnId, revision }: TurnRevision, text: string, audioMs: number): void {
    cancelUpTo({ turnId, revision: revision - 1 });
    const turn = begun.get(turnId);
    const before = turn?.revision === revision ? turn.audioMs : 0;
    begun.set(turnId, { turnId, revision, text, audioMs: before + audioMs });
  }

  function endTurn({ turnId, revision }: TurnRevision): void {
    cancelUpTo({ turnId, revision: revision - 1 });
    const turn = begun.get(turnId);
    begun.delete(turnId);
    if (turn?.revision === revision) {
      answer(turn);
      return;
    }
    const error = new UpstreamError(
      'UPSTREAM_REJECTED',
      `turn ${turnId} holds nothing; send it before its end`,
    );
    subscriber.next({ type: 'turn-failed', turnId, revision, error });
  }

  function answer(turn: ScriptedTurn): void {
    const { turnId, revision } = turn;
    const replyId = counts.begun();
    const subscription = new Subscription(counts.ended);
    const call: Call = { turnId, revision, replyId, progress: 'asked', subscription };
    calls.add(call);
    subscription.add(
      runScript(options.answer(turn), { turnId, revision }, replyId, options).subscribe({
        next: (event) => {
          note(call, event);
          subscriber.next(event);
        },
        complete: () => {
          calls.delete(call);
          subscription.unsubscribe();
          completeWhenFinished();
        },
      }),
    );
  }

  function note(call: Call, { type }: UpstreamEvent): void {
    if (type === 'session-lost') open = false;
    else opened();
    if (type === 'reply-started') call.progress = 'started';
    else if (type === 'reply-ended' || type === 'turn-failed') call.progress = 'over';
  }

  function cancelUpTo({ turnId, revision }: TurnRevision): void {
    if ((begun.get(turnId)?.revision ?? Number.POSITIVE_INFINITY) <= revision) begun.delete(turnId);
    for (const call of [...calls]) {
      if (call.turnId !== turnId || call.revision > revision || call.progress === 'over') continue;
      calls.delete(call);
      call.subscription.unsubscribe();
      if (call.progress === 'started') {
        subscriber.next({ type: 'reply-ended', replyId: call.replyId, reason: 'cancelled' });
      }
      completeWhenFinished();
    }
  }

  function completeWhenFinished(): void {
    if (finishing && calls.size === 0) subscriber.complete();
  }

  return {
    take(request) {
      if (request.type === 'turn-text') takePart(request, request.text, 0);
      else if (request.type === 'turn-audio') takePart(request, '', durationMs(request.frame));
      else if (request.type === 'turn-ended') endTurn(request);
      else if (request.type === 'reply-cancelled') cancelUpTo(request);
    },
    finish() {
      finishing = true;
      begun.clear();
      completeWhenFinished();
    },
    cancelAll() {
      opening.unsubscribe();
      for (const call of calls) call.subscription.unsubscribe();
      calls.clear();
    },
  };
}
