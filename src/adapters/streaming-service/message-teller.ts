import type { StreamResponse } from './generated/streaming_pb.js';
import { BrowserEventType } from './generated/streaming_pb.js';
import { isCommandText } from './read-action.js';
import type { ServiceContext } from './service-context.js';
import type { ServiceEvent } from './service-event.js';

type Kind = Extract<ServiceEvent, { type: 'first-message' }>['kind'];

/** Tells of the messages of one attempt, as they came. */
export function createMessageTeller(
  sessionId: string,
  { events, settings }: ServiceContext,
): (content: StreamResponse['content']) => void {
  const startedAtMs = settings.scheduler.now();
  const seen = new Set<Kind>();

  function first(kind: Kind): void {
    if (seen.has(kind)) return;
    seen.add(kind);
    const afterMs = Math.max(0, settings.scheduler.now() - startedAtMs);
    events.tell({ type: 'first-message', sessionId, kind, afterMs });
  }

  return (content) => {
    switch (content.case) {
      case 'textChunk':
        if (content.value !== '') first(isCommandText(content.value) ? 'action' : 'text');
        return;
      case 'audioChunk': {
        const { audioData, dtype, sampleRate: sampleRateHz, channels, shape } = content.value;
        if (audioData.length === 0) return;
        first('audio');
        if (!events.observed) return;
        // A view of the network buffer, which the stream uses again.
        const bytes = Uint8Array.from(audioData);
        events.tell({
          type: 'audio-received',
          sessionId,
          bytes,
          dtype,
          sampleRateHz,
          channels,
          shape: [...shape],
        });
        return;
      }
      case 'actionMessage':
        first('action');
        return;
      case 'browserProgress': {
        first('progress');
        const { type, taskId, stepNumber, description, url, action, error, timestamp } = content.value;
        events.tell({
          type: 'progress',
          sessionId,
          kind: nameOf(type),
          taskId,
          stepNumber: stepNumber ?? null,
          description: description ?? null,
          url: url ?? null,
          action: action ?? null,
          error: error ?? null,
          timestamp,
        });
      }
    }
  };
}

const progressKinds = new Map<number, string>(
  Object.entries(BrowserEventType).map(([name, number]) => [number, name]),
);

/** As on the wire; a number that is not in the contract stays one. */
const nameOf = (type: number): string => progressKinds.get(type) ?? String(type);
