import type { ConversationEffect } from '../conversation/conversation-effect.js';
import type { ConversationEvent } from '../conversation/conversation-event.js';
import type { ConversationState } from '../conversation/conversation-state.js';
import { transition } from '../conversation/transition.js';

/** One change of the conversation, with what caused it. */
export interface ConversationChange {
  readonly previous: ConversationState;
  readonly state: ConversationState;
  readonly cause: ConversationEvent;
}

export interface ConversationLoop {
  readonly state: ConversationState;
  dispatch(event: ConversationEvent): void;
  /** Nothing is decided any more. */
  stop(): void;
}

/**
 * Feeds events to `transition` and its effects to `perform`.
 *
 * Effects may bring events at once; each is decided only after the one before it was done with, so that no effect of
 * an older decision follows an effect of a newer one.
 */
export function createConversationLoop(
  perform: (effect: ConversationEffect) => void,
  entering: (change: ConversationChange) => void,
  entered: (change: ConversationChange) => void,
): ConversationLoop {
  let state: ConversationState = { name: 'idle' };
  let busy = false;
  let stopped = false;
  const queued: ConversationEvent[] = [];

  const decide = (cause: ConversationEvent) => {
    const previous = state;
    const next = transition(previous, cause);
    state = next.state;
    const change = { previous, state, cause };
    if (state !== previous) entering(change);
    for (const effect of next.effects) perform(effect);
    if (state !== previous) entered(change);
  };

  return {
    get state() {
      return state;
    },
    dispatch(event) {
      queued.push(event);
      if (busy) return;
      busy = true;
      try {
        for (let next = queued.shift(); next && !stopped; next = queued.shift()) decide(next);
      } finally {
        busy = false;
      }
    },
    stop() {
      stopped = true;
    },
  };
}
