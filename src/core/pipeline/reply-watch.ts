import { type SchedulerLike, Subscription } from 'rxjs';
import { type ConversationState, turnOf } from '../conversation/conversation-state.js';
import { UpstreamError, type VoiceError } from '../errors.js';
import type { TurnRevision } from '../ports/upstream.js';
import type { ConversationChange } from './conversation-loop.js';
import type { FillerDesk } from './filler-desk.js';

/** Whether an answer is awaited, suspicion of speech or not. */
function isAwaiting(state: ConversationState): boolean {
  if (state.name === 'ducking') return isAwaiting(state.over);
  return state.name === 'awaiting-reply' || state.name === 'filling';
}

/** While an answer is awaited: the filler policy looks at the clock, and the wait has an end. */
export function createReplyWatch(
  scheduler: SchedulerLike,
  replyTimeoutMs: number,
  fillers: FillerDesk,
  failTurn: (turn: TurnRevision, error: VoiceError) => void,
): { changed(change: ConversationChange): void; stop(): void } {
  let timer = Subscription.EMPTY;
  return {
    changed({ previous, state }) {
      const turn = turnOf(state);
      if (isAwaiting(state) && !isAwaiting(previous) && turn) {
        fillers.await(turn);
        timer = scheduler.schedule(() => {
          const error = new UpstreamError(
            'UPSTREAM_TIMEOUT',
            `no answer within ${replyTimeoutMs} ms; the turn is dropped, speak again`,
            { retryable: true },
          );
          failTurn(turn, error);
        }, replyTimeoutMs);
      }
      if (!isAwaiting(state) && isAwaiting(previous)) {
        timer.unsubscribe();
        if (state.name !== 'replying' && state.name !== 'ducking') fillers.abandon();
      }
    },
    stop: () => timer.unsubscribe(),
  };
}
