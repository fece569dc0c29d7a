import type { PipelineEvent, PlayoutOwner } from 'earshot';
import type { TimelineEvent } from './data.js';

/** What deserves a mark in the drawing. A filler that was chosen for something says so. */
export function marksOf(events: readonly PipelineEvent[]): readonly TimelineEvent[] {
  const purposes = new Map(
    events.flatMap((event) =>
      event.type === 'filler-spoken' && event.context !== null ? [[event.fillerId, event.context]] : [],
    ),
  );
  return events.flatMap((event) => markOf(event, purposes));
}

function markOf(event: PipelineEvent, purposes: ReadonlyMap<string, string>): readonly TimelineEvent[] {
  const { atMs } = event;
  const as = (type: string, label: string): readonly TimelineEvent[] => [{ atMs, type, label }];
  switch (event.type) {
    case 'playout-started':
      return as(event.owner.kind, heardLabel(event.owner, purposes));
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
    case 'engine-in-use':
      // Who speaks first is said above.
      return event.before === null ? [] : as('voice', `${event.part}: ${event.name}`);
    case 'engine-down':
      return as('voice', `${event.name} down`);
    default:
      return [];
  }
}

function heardLabel({ kind, id }: PlayoutOwner, purposes: ReadonlyMap<string, string>): string {
  const purpose = purposes.get(id);
  return purpose === undefined ? `${kind} heard` : `${kind}: ${purpose}`;
}
