import type { ConversationEffect } from './conversation-effect.js';
import type { ConversationEvent } from './conversation-event.js';
import { type ConversationState, type Interruptible, turnOf } from './conversation-state.js';

/** A state and what must be done on the way into it. @public */
export interface Transition {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
}

const idle = { name: 'idle' } as const;
const stay = (state: ConversationState): Transition => ({ state, effects: [] });
const go = (state: ConversationState, ...effects: ConversationEffect[]): Transition => ({ state, effects });

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
    return go({ name: 'closed' }, { type: 'flush-playout' }, ...cancelOf(state), { type: 'close-session' });
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

function whileAwaiting(
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

function whileReplying(
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

function whileApologising(
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

/** What was received is worth hearing: let it be heard, then be idle. */
function drain(
  state: Extract<Interruptible, { name: 'replying' }>,
  progress: 'sent' | 'stalled' = 'sent',
): Transition {
  if (state.progress !== 'receiving') return stay(state);
  return go({ ...state, progress }, { type: 'drain-playout', replyId: state.replyId });
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

function openTurn(turnId: string): Transition {
  return go({ name: 'listening', turnId, revision: 1 }, { type: 'open-turn', turnId, revision: 1 });
}

/**
 * The user has the floor: drop whatever the agent was saying or about to say. Speech that starts soon after the turn
 * was sent goes on with it, and so does a press of the button; what comes later, or over a reply, is a new turn.
 */
function yieldFloor(
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

function cancelOf(state: ConversationState): readonly ConversationEffect[] {
  if (state.name !== 'awaiting-reply' && state.name !== 'filling' && state.name !== 'replying') return [];
  const { turnId, revision } = state;
  return [
    { type: 'cancel-reply', turnId, revision, replyId: state.name === 'replying' ? state.replyId : null },
  ];
}

function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
