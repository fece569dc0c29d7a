import type { ConversationState, PipelineEvent } from 'earshot';

/** After the floor became free, a loss of the session that is told within this is why the answer broke off. Units: ms. */
const sameCauseMs = 1000;

const refusals = [
  'UPSTREAM_REJECTED',
  'UPSTREAM_FORBIDDEN',
  'UPSTREAM_UNAUTHENTICATED',
  'UPSTREAM_INCOMPATIBLE',
];

const under = (state: ConversationState): ConversationState =>
  state.name === 'ducking' ? state.over : state;

/**
 * To whom an apology is owed, and when it is to be spoken, going by nothing but what the loop tells: whoever has asked, and is left
 * without the end of an answer by the loss of the service, once the floor is free; unless they speak again first, or the service is back.
 */
export function expectedApologies(events: readonly PipelineEvent[]): readonly string[] {
  const apologies: string[] = [];
  let state: ConversationState = { name: 'idle' };
  let asked: { readonly turnId: string; readonly revision: number } | undefined;
  let replyId: string | undefined;
  let brokeOff = false;
  let isOwed = false;
  let isAway = false;
  let freeSinceMs = 0;

  const settle = (index: number, atMs: number) => {
    if (!asked || !isOwed || !isAway || state.name !== 'idle') return;
    const next = events
      .slice(index + 1)
      .filter((event) => event.atMs <= atMs + 1e-6)
      .find(
        ({ type, ...event }) =>
          type === 'turn-opened' || (type === 'filler-spoken' && 'nth' in event && event.nth === 0),
      );
    if (next?.type === 'turn-opened') return;
    apologies.push(`${asked.turnId} at ${atMs}`);
    isOwed = false;
    brokeOff = false;
    asked = undefined;
  };

  events.forEach((event, index) => {
    const { atMs } = event;
    switch (event.type) {
      case 'turn-opened':
        asked = event;
        replyId = undefined;
        brokeOff = false;
        isOwed = false;
        break;
      case 'reply-started':
        isAway = false;
        if (asked?.turnId === event.turnId && asked.revision === event.revision) replyId = event.replyId;
        break;
      case 'session-opened':
        isAway = false;
        brokeOff ||= isOwed;
        isOwed = false;
        break;
      case 'reply-ended':
        if (event.replyId !== replyId) break;
        if (event.reason === 'complete') asked = undefined;
        else if (event.reason !== 'cancelled') brokeOff = true;
        break;
      case 'turn-failed': {
        const { name } = under(state);
        const isOwn = asked?.turnId === event.turnId && asked.revision === event.revision;
        // The service was there, and said no.
        if (refusals.includes(event.error.code)) break;
        isAway = true;
        if (isOwn && (name === 'awaiting-reply' || name === 'filling')) isOwed = true;
        break;
      }
      case 'session-lost': {
        isAway = true;
        const { name } = under(state);
        if (name === 'awaiting-reply' || name === 'filling' || name === 'replying')
          isOwed = asked !== undefined;
        else if (name === 'idle' && brokeOff && atMs - freeSinceMs <= sameCauseMs)
          isOwed = asked !== undefined;
        settle(index, atMs);
        break;
      }
      case 'state-changed':
        state = event.state;
        if (state.name !== 'idle') break;
        freeSinceMs = atMs;
        settle(index, atMs);
    }
  });
  return apologies;
}
