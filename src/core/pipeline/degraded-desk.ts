import type { SchedulerLike } from 'rxjs';
import { type ConversationState, turnOf } from '../conversation/conversation-state.js';
import { type DegradedModeInput, stepDegradedMode, wellAndGood } from '../conversation/degraded-mode.js';
import { type ErrorCode, isVoiceError, type VoiceError } from '../errors.js';
import type { TurnRevision } from '../ports/upstream.js';
import type { UnstampedEvent } from './pipeline-event.js';

export interface DegradedDeskInput {
  readonly scheduler: SchedulerLike;
  readonly state: () => ConversationState;
  readonly tell: (event: UnstampedEvent) => void;
  /** @returns false when there is nothing to say it with. */
  readonly apologise: (turnId: string) => boolean;
}

/** Knows whether the service can be reached, and has whoever is left without an answer be told. */
export interface DegradedDesk {
  sessionLost(error: VoiceError): void;
  turnFailed(turn: TurnRevision, error: VoiceError): void;
  /** The service gave an answer up in the middle of it, or fell silent. */
  replyBrokeOff(replyId: string): void;
  /** A session was opened, or this reply has begun. */
  answered(reply?: { readonly turnId: string; readonly replyId: string }): void;
  turnOpened(): void;
  /** Nobody has the floor. @returns whether an apology is spoken. */
  floorFreed(): boolean;
}

/** The service was there, and said no to this turn or to this device: it is no use to wait. */
const refusals: readonly ErrorCode[] = [
  'UPSTREAM_REJECTED',
  'UPSTREAM_FORBIDDEN',
  'UPSTREAM_UNAUTHENTICATED',
  'UPSTREAM_INCOMPATIBLE',
];

const isNoAnswer = (error: VoiceError): boolean =>
  isVoiceError(error) && error.code.startsWith('UPSTREAM_') && !refusals.includes(error.code);

export function createDegradedDesk({ scheduler, state, tell, apologise }: DegradedDeskInput): DegradedDesk {
  let mode = wellAndGood;
  /** The one that has begun last. */
  let reply: { readonly turnId: string; readonly replyId: string } | undefined;

  const step = (input: DegradedModeInput, error?: VoiceError): boolean => {
    const next = stepDegradedMode(mode, input);
    mode = next.mode;
    let apologised = false;
    for (const output of next.outputs) {
      switch (output.type) {
        case 'entered':
          if (error) tell({ type: 'degraded-mode-entered', error });
          break;
        case 'left':
          tell({ type: 'degraded-mode-left', lastedMs: output.lastedMs, turnsLost: output.turnsLost });
          break;
        case 'apologise':
          apologised = apologise(output.turnId);
      }
    }
    return apologised;
  };
  /** The turn that is awaited, or answered and not to its end. */
  const unanswered = (now = state()): string | undefined => {
    if (now.name === 'ducking') return unanswered(now.over);
    if (now.name === 'replying') return now.progress === 'sent' ? undefined : now.turnId;
    return now.name === 'awaiting-reply' || now.name === 'filling' ? now.turnId : undefined;
  };

  return {
    sessionLost: (error) =>
      void step({ type: 'service-failed', turnId: unanswered(), atMs: scheduler.now() }, error),
    turnFailed({ turnId, revision }, error) {
      if (!isNoAnswer(error)) return;
      const turn = turnOf(state());
      const isOwn = turn?.turnId === turnId && turn.revision === revision;
      step({ type: 'service-failed', turnId: isOwn ? turnId : undefined, atMs: scheduler.now() }, error);
    },
    replyBrokeOff(replyId) {
      const turnId = unanswered();
      // What is left of an earlier reply says nothing of the turn that is awaited now.
      if (turnId === undefined || reply?.turnId !== turnId || reply.replyId !== replyId) return;
      step({ type: 'reply-broke-off', turnId });
    },
    answered(begun) {
      reply = begun ?? reply;
      step({ type: 'service-answered', atMs: scheduler.now() });
    },
    turnOpened: () => void step({ type: 'turn-opened' }),
    floorFreed: () => step({ type: 'floor-free', atMs: scheduler.now() }),
  };
}
