import type { ConversationEffect } from './conversation-effect.js';
import type { ConversationState } from './conversation-state.js';

/** A state and what must be done on the way into it. @public */
export interface Transition {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
}

export const idle = { name: 'idle' } as const;
export const stay = (state: ConversationState): Transition => ({ state, effects: [] });
export const go = (state: ConversationState, ...effects: ConversationEffect[]): Transition => ({
  state,
  effects,
});
