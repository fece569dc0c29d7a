import type { PipelineEvent } from 'earshot';
import type { VoiceEvent } from '../speech/open-voice.js';
import type { TimelineEvent } from './data.js';

/** What deserves a mark in the drawing. */
export function markOf(event: PipelineEvent | VoiceEvent): TimelineEvent[] {
  const { atMs } = event;
  const as = (type: string, label: string): TimelineEvent[] => [{ atMs, type, label }];
  switch (event.type) {
    case 'playout-started':
      return as(event.owner.kind, `${event.owner.kind} heard`);
    case 'ducked':
      return as('duck', 'ducked');
    case 'restored':
      return as('restore', 'restored');
    case 'barge-in':
      return event.replyId === null && event.fillerId === null ? [] : as('cut', 'cut');
    case 'filler-held-back':
      return as('held-back', 'no filler');
    case 'degraded-mode-entered':
      return as('lost', 'service lost');
    case 'degraded-mode-left':
      return as('back', 'service back');
    case 'rung-in-use':
      // Who speaks first is said above.
      return event.before === undefined ? [] : as('voice', `voice: ${event.rung}`);
    case 'text-passed-on':
      return as('voice', `${event.rung} passed on`);
    default:
      return [];
  }
}
