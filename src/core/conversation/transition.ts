import {
  cancelOf,
  openTurn,
  whileApologising,
  whileAwaiting,
  whileReplying,
  yieldFloor,
} from './agent-transitions.js';
import type { ConversationEvent } from './conversation-event.js';
import { type ConversationState, turnOf } from './conversation-state.js';
import { go, idle, stay, type Transition } from './transition-result.js';

/**
 * Decides what happens next in the conversation.
 *
 * @remarks
 * Pure: no clock, no I/O, no randomness; ids and times arrive in events. An event that changes nothing returns the
 * very same state object. docs/reference/conversation-table.md holds the table, and a test holds the table against this function.
 * @public
 */
export function transition(state: ConversationState, event: ConversationEvent): Transition {
  switch (state.name) {
    case 'closed':
      return stay(state);
    case 'ducking':
      return whileDucking(state, event);
    case 'idle':
    case 'listening':
    case 'awaiting-reply':
    case 'filling':
    case 'replying':
    case 'apologising':
      break;
    default:
      return assertNever(state);
  }
  if (event.type === 'close-requested') {
    const turn = turnOf(state);
    return go(
      { name: 'closed' },
      { type: 'flush-playout' },
      // What was said of it is not sent any more, nor told as if it were.
      ...(turn ? [{ type: 'abandon-turn', turnId: turn.turnId } as const] : []),
      ...cancelOf(state),
      { type: 'close-session' },
    );
  }
  if (event.type === 'turn-failed' || event.type === 'turn-empty') {
    const turn = turnOf(state);
    if (state.name === 'replying' || turn?.turnId !== event.turnId || turn.revision !== event.revision)
      return stay(state);
    return go(
      idle,
      { type: 'flush-playout' },
      { type: 'abandon-turn', turnId: event.turnId },
      ...cancelOf(state),
    );
  }
  switch (state.name) {
    case 'idle':
      return fromIdle(state, event);

    case 'listening': {
      const { turnId, revision } = state;
      // What was said before the microphone was muted stays said, as if the person had fallen silent.
      if (event.type === 'turn-ended' || event.type === 'muted') {
        return go(
          { name: 'awaiting-reply', turnId, revision, reopenUntilMs: event.reopenUntilMs },
          { type: 'end-turn', turnId, revision },
        );
      }
      return event.type === 'capture-lost' ? go(idle, { type: 'abandon-turn', turnId }) : stay(state);
    }
    case 'awaiting-reply':
    case 'filling':
      return whileAwaiting(state, event);

    case 'replying':
      return whileReplying(state, event);

    case 'apologising':
      return whileApologising(state, event);
  }
}

function fromIdle(state: Extract<ConversationState, { name: 'idle' }>, event: ConversationEvent): Transition {
  switch (event.type) {
    case 'speech-confirmed':
    case 'floor-taken':
      return openTurn(event.nextTurnId);
    case 'apology-due': {
      const { turnId, fillerId } = event;
      return go({ name: 'apologising', turnId, fillerId }, { type: 'speak-filler', turnId, fillerId });
    }
    default:
      return stay(state);
  }
}

/** The turn under the suspicion moves on as if there were none; the suspicion stays until speech says otherwise. */
function whileDucking(
  state: Extract<ConversationState, { name: 'ducking' }>,
  event: ConversationEvent,
): Transition {
  const { over } = state;
  switch (event.type) {
    case 'speech-started':
      return stay(state);
    case 'speech-misfired':
    case 'backchannel-heard':
    case 'muted':
    case 'capture-lost':
      return go(over, { type: 'restore' });
    case 'speech-confirmed':
    case 'floor-taken':
      return yieldFloor(over, event);
    default: {
      const next = transition(over, event);
      if (next.state === over) return stay(state);
      switch (next.state.name) {
        case 'awaiting-reply':
        case 'filling':
        case 'apologising':
          return { state: { name: 'ducking', over: next.state }, effects: next.effects };
        case 'replying':
          return next.state.interruptible
            ? { state: { name: 'ducking', over: next.state }, effects: next.effects }
            : { state: next.state, effects: [...next.effects, { type: 'restore' }] };
        case 'closed':
          return next;
        default:
          return { state: next.state, effects: [...next.effects, { type: 'restore' }] };
      }
    }
  }
}

function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
