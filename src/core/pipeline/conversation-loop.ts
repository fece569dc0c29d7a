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
  /** Do something that looks at the state, once that what has come so far is decided: at once, unless this is called from within. */
  afterwards(work: () => void): void;
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
  let working = false;
  const queued: ConversationEvent[] = [];
  const later: (() => void)[] = [];

  const decide = (cause: ConversationEvent) => {
    const previous = state;
    const next = transition(previous, cause);
    state = next.state;
    const change = { previous, state, cause };
    if (state !== previous) entering(change);
    // Whoever is told of any of this may leave.
    for (const effect of next.effects) if (!stopped) perform(effect);
    if (state !== previous && !stopped) entered(change);
  };

  const decideAll = () => {
    busy = true;
    try {
      for (let next = queued.shift(); next && !stopped; next = queued.shift()) decide(next);
    } finally {
      busy = false;
    }
  };
  /** One after the other; what one of them dispatches is decided within it. */
  const workAll = () => {
    if (working) return;
    working = true;
    try {
      for (let next = later.shift(); next && !stopped; next = later.shift()) next();
    } finally {
      working = false;
    }
  };

  return {
    get state() {
      return state;
    },
    dispatch(event) {
      queued.push(event);
      if (busy) return;
      decideAll();
      workAll();
    },
    afterwards(work) {
      later.push(work);
      if (!busy) workAll();
    },
    stop() {
      stopped = true;
    },
  };
}
