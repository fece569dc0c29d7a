import type { ConversationEffect } from './conversation-effect.js';
import type { ConversationEvent } from './conversation-event.js';
import type { ConversationState, Interruptible } from './conversation-state.js';
import { go, idle, stay, type Transition } from './transition-result.js';

// What `transition` does while the agent is awaited or speaks, and when it gives way to the user.

export function whileAwaiting(
  state: Extract<Interruptible, { name: 'awaiting-reply' | 'filling' }>,
  event: ConversationEvent,
): Transition {
  const { turnId, revision, reopenUntilMs } = state;
  switch (event.type) {
    case 'speech-started':
      return go({ name: 'ducking', over: state }, { type: 'duck' });
    case 'speech-confirmed':
    case 'floor-taken':
      return yieldFloor(state, event);
    case 'filler-due':
      if (state.name === 'filling' || event.turnId !== turnId || event.revision !== revision)
        return stay(state);
      return go(
        { name: 'filling', turnId, revision, reopenUntilMs, fillerId: event.fillerId },
        { type: 'speak-filler', turnId, fillerId: event.fillerId },
      );
    case 'filler-ended':
      return state.name === 'filling' && event.fillerId === state.fillerId
        ? go({ name: 'awaiting-reply', turnId, revision, reopenUntilMs })
        : stay(state);
    case 'reply-started':
      if (event.turnId !== turnId || event.revision !== revision) return stay(state);
      return go(
        {
          name: 'replying',
          turnId,
          revision,
          replyId: event.replyId,
          interruptible: event.interruptible,
          progress: 'receiving',
        },
        { type: 'play-reply', replyId: event.replyId },
      );
    case 'session-lost':
      return go(idle, { type: 'flush-playout' }, { type: 'abandon-turn', turnId }, ...cancelOf(state));
    case 'playout-lost':
      return state.name === 'filling'
        ? go({ name: 'awaiting-reply', turnId, revision, reopenUntilMs })
        : stay(state);
    default:
      return stay(state);
  }
}

export function whileReplying(
  state: Extract<Interruptible, { name: 'replying' }>,
  event: ConversationEvent,
): Transition {
  switch (event.type) {
    case 'speech-started':
      return state.interruptible ? go({ name: 'ducking', over: state }, { type: 'duck' }) : stay(state);
    case 'speech-confirmed':
    case 'floor-taken':
      return state.interruptible ? yieldFloor(state, event) : stay(state);
    case 'reply-ended':
      return event.replyId === state.replyId ? drain(state) : stay(state);
    case 'reply-stalled':
      return event.replyId === state.replyId ? drain(state, 'stalled') : stay(state);
    case 'session-lost':
      return drain(state);
    case 'playout-drained':
      if (event.replyId !== state.replyId || state.progress === 'receiving') return stay(state);
      return state.progress === 'stalled' ? go(idle, ...cancelOf(state)) : go(idle);
    case 'playout-lost':
      return go(idle, ...cancelOf(state));
    default:
      return stay(state);
  }
}

/** What was received is worth hearing: let it be heard, then be idle. */
function drain(
  state: Extract<Interruptible, { name: 'replying' }>,
  progress: 'sent' | 'stalled' = 'sent',
): Transition {
  if (state.progress !== 'receiving') return stay(state);
  return go({ ...state, progress }, { type: 'drain-playout', replyId: state.replyId });
}

export function whileApologising(
  state: Extract<Interruptible, { name: 'apologising' }>,
  event: ConversationEvent,
): Transition {
  switch (event.type) {
    case 'speech-started':
      return go({ name: 'ducking', over: state }, { type: 'duck' });
    case 'speech-confirmed':
    case 'floor-taken':
      return yieldFloor(state, event);
    case 'filler-ended':
      return event.fillerId === state.fillerId ? go(idle) : stay(state);
    case 'playout-lost':
      return go(idle);
    default:
      return stay(state);
  }
}

/**
 * The user has the floor: drop whatever the agent was saying or about to say. Speech that starts soon after the turn
 * was sent goes on with it, and so does a press of the button; what comes later, or over a reply, is a new turn.
 */
export function yieldFloor(
  state: Interruptible,
  event: Extract<ConversationEvent, { type: 'speech-confirmed' | 'floor-taken' }>,
): Transition {
  const sinceMs = event.type === 'floor-taken' ? event.atMs : event.onsetMs;
  const dropped: ConversationEffect[] = [{ type: 'flush-playout' }, ...cancelOf(state)];
  const goesOn = state.name === 'awaiting-reply' || state.name === 'filling';
  if (goesOn && sinceMs <= state.reopenUntilMs) {
    const next = { turnId: state.turnId, revision: state.revision + 1 };
    return go({ name: 'listening', ...next }, ...dropped, { type: 'open-turn', ...next });
  }
  const opened = openTurn(event.nextTurnId);
  return { state: opened.state, effects: [...dropped, ...opened.effects] };
}

export function openTurn(turnId: string): Transition {
  return go({ name: 'listening', turnId, revision: 1 }, { type: 'open-turn', turnId, revision: 1 });
}

export function cancelOf(state: ConversationState): readonly ConversationEffect[] {
  if (state.name !== 'awaiting-reply' && state.name !== 'filling' && state.name !== 'replying') return [];
  const { turnId, revision } = state;
  return [
    { type: 'cancel-reply', turnId, revision, replyId: state.name === 'replying' ? state.replyId : null },
  ];
}
