import type { PipelineEvent } from '../pipeline/pipeline-event.js';

/** How a turn came out. */
export type TurnOutcome = 'answered' | 'failed' | 'empty' | 'reopened' | 'left';

/** What is found out about a turn. Units: ms. */
export type TurnFinding =
  | { readonly type: 'heard'; readonly of: 'reply-heard' | 'filler-heard'; readonly afterMs: number }
  /** Its answer is not there yet, and should be. Told once a turn. */
  | { readonly type: 'overdue'; readonly afterMs: number }
  | {
      readonly type: 'over';
      readonly outcome: TurnOutcome;
      readonly hadFiller: boolean;
      readonly hadFallback: boolean;
    };

interface WatchedTurn {
  readonly turnId: string;
  readonly revision: number;
  endOfSpeechMs: number | undefined;
  isSent: boolean;
  replyId: string | undefined;
  fillerId: string | undefined;
  isOverdue: boolean;
  hadFiller: boolean;
  hadFallback: boolean;
  outcome: 'answered' | 'failed' | 'empty' | undefined;
}

/** Follows the turn of the moment; what comes of an earlier one is stale by then. Keeps one turn. */
export interface TurnWatch {
  next(event: PipelineEvent): readonly TurnFinding[];
}

const nothing: readonly TurnFinding[] = [];

/** @param maxReplyHeardMs - from the end of speech; an answer that takes longer is overdue. */
export function createTurnWatch(maxReplyHeardMs: number): TurnWatch {
  let turn: WatchedTurn | undefined;

  const close = (unfinished: 'reopened' | 'left'): readonly TurnFinding[] => {
    if (!turn) return nothing;
    const { outcome = unfinished, hadFiller, hadFallback } = turn;
    turn = undefined;
    return [{ type: 'over', outcome, hadFiller, hadFallback: hadFallback || outcome === 'failed' }];
  };
  const isPresent = (of: { readonly turnId: string; readonly revision?: number }): boolean =>
    turn?.turnId === of.turnId && (of.revision === undefined || of.revision === turn.revision);
  const heard = (of: 'reply-heard' | 'filler-heard', atMs: number): readonly TurnFinding[] =>
    turn?.endOfSpeechMs === undefined ? nothing : [{ type: 'heard', of, afterMs: atMs - turn.endOfSpeechMs }];

  const follow = (event: PipelineEvent): readonly TurnFinding[] => {
    switch (event.type) {
      case 'turn-opened': {
        const { turnId, revision } = event;
        const closed = close(turn?.turnId === turnId ? 'reopened' : 'left');
        turn = {
          ...{ turnId, revision, endOfSpeechMs: undefined, isSent: false },
          ...{ replyId: undefined, fillerId: undefined, isOverdue: false },
          ...{ hadFiller: false, hadFallback: false, outcome: undefined },
        };
        return closed;
      }
      case 'state-changed':
        return event.state.name === 'idle' ? close('left') : nothing;
      case 'engine-fell-back':
        if (turn) turn.hadFallback = true;
        return nothing;
    }
    if (!turn) return nothing;
    switch (event.type) {
      case 'turn-ended':
        if (isPresent(event)) turn.endOfSpeechMs = event.endOfSpeechMs;
        return nothing;
      case 'turn-sent':
        if (isPresent(event)) turn.isSent = true;
        return nothing;
      case 'turn-empty':
        if (isPresent(event)) turn.outcome = 'empty';
        return nothing;
      case 'turn-failed':
        // An answer that was heard in part was one.
        if (isPresent(event)) turn.outcome ??= 'failed';
        return nothing;
      case 'reply-started':
        if (isPresent(event)) turn.replyId ??= event.replyId;
        return nothing;
      case 'filler-spoken':
        if (!isPresent(event)) return nothing;
        if (event.nth === 0) turn.hadFallback = true;
        else turn.fillerId ??= event.fillerId;
        return nothing;
      case 'playout-started': {
        const { kind, id } = event.owner;
        if (kind === 'filler') {
          if (turn.hadFiller || id !== turn.fillerId) return nothing;
          turn.hadFiller = true;
          return heard('filler-heard', event.atMs);
        }
        if (turn.outcome === 'answered' || id !== turn.replyId) return nothing;
        turn.outcome = 'answered';
        return heard('reply-heard', event.atMs);
      }
      default:
        return nothing;
    }
  };

  /** There are events many times a second, from the levels alone; no clock is needed. */
  const overdue = (atMs: number): readonly TurnFinding[] => {
    if (turn?.endOfSpeechMs === undefined || turn.isOverdue || !turn.isSent || turn.outcome) return nothing;
    const afterMs = atMs - turn.endOfSpeechMs;
    if (afterMs <= maxReplyHeardMs) return nothing;
    turn.isOverdue = true;
    return [{ type: 'overdue', afterMs }];
  };

  return {
    next(event) {
      const found = follow(event);
      const late = overdue(event.atMs);
      return late === nothing ? found : [...found, ...late];
    },
  };
}
