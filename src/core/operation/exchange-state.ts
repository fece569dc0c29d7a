import { type ConversationState, turnOf } from '../conversation/conversation-state.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';

/** What is going on between user and agent, as the events tell. */
export interface ExchangeState {
  readonly state: ConversationState;
  /** Somebody perhaps speaks, or presses the button, and has not got the floor by it yet. */
  readonly isSomebodySpeaking: boolean;
  /** Since when neither. Units: ms. */
  readonly quietSinceMs: number;
}

export const exchangeStart = (nowMs: number): ExchangeState => ({
  state: { name: 'idle' },
  isSomebodySpeaking: false,
  quietSinceMs: nowMs,
});

const speaking = (exchange: ExchangeState, isSomebodySpeaking: boolean, nowMs: number): ExchangeState => ({
  ...exchange,
  isSomebodySpeaking,
  quietSinceMs: nowMs,
});

export function followExchange(exchange: ExchangeState, event: PipelineEvent, nowMs: number): ExchangeState {
  switch (event.type) {
    case 'state-changed':
      return { ...exchange, state: event.state, quietSinceMs: nowMs };
    case 'speech-started':
      return speaking(exchange, true, nowMs);
    case 'speech-misfired':
    case 'speech-ended':
      return speaking(exchange, false, nowMs);
    case 'talk-button':
      return speaking(exchange, event.pressed, nowMs);
    case 'device-lost':
    case 'detector-lost':
      // What was begun is never ended by a microphone that is gone.
      return exchange.isSomebodySpeaking && !('device' in event && event.device === 'loudspeaker')
        ? speaking(exchange, false, nowMs)
        : exchange;
    default:
      return exchange;
  }
}

export const isIdle = ({ state }: ExchangeState): boolean => state.name === 'idle' || state.name === 'closed';

/** How much longer nobody must speak until it is a moment between two turns; 0 when it is one, null while it cannot be. Units: ms. */
export function untilQuietMs(exchange: ExchangeState, nowMs: number, quietMs: number): number | null {
  if (!isIdle(exchange) || exchange.isSomebodySpeaking) return null;
  return Math.max(0, exchange.quietSinceMs + quietMs - nowMs);
}

/** The turn that is under way, or whose answer is; an apology counts with the turn that is not answered. */
export function exchangeIdOf({ state }: ExchangeState): string | undefined {
  const of = state.name === 'ducking' ? state.over : state;
  return of.name === 'apologising' ? of.turnId : turnOf(of)?.turnId;
}
