import type { StreamRequest } from 'earshot/adapters/streaming-service';

/** Devices that collect at the same time; the oldest is forgotten beyond it. */
const maxCollections = 1000;

interface Collection {
  text: string;
  lastSeq: number;
}

/** Partial transcripts that wait for their COMMIT, by device and session. */
export interface CollectedPrompts {
  /** Take one part; one that is not newer than the last is dropped, and acknowledged all the same. */
  collect(request: StreamRequest): void;
  /** Everything collected for this request, with its own prompt behind it. Forgets it. */
  commit(request: StreamRequest): string;
}

export function createCollectedPrompts(): CollectedPrompts {
  const collections = new Map<string, Collection>();
  const keyOf = ({ hardwareId, sessionId }: StreamRequest): string => JSON.stringify([hardwareId, sessionId]);

  return {
    collect(request) {
      const key = keyOf(request);
      const collection = collections.get(key) ?? { text: '', lastSeq: -1 };
      if (request.chunkSeq <= collection.lastSeq) return;
      collection.lastSeq = request.chunkSeq;
      collection.text = joinTranscripts(collection.text, request.chunkText ?? '');
      collections.set(key, collection);
      const [oldest] = collections.keys();
      if (collections.size > maxCollections && oldest !== undefined) collections.delete(oldest);
    },
    commit(request) {
      const key = keyOf(request);
      const collected = collections.get(key)?.text ?? '';
      collections.delete(key);
      return joinTranscripts(collected, request.prompt);
    },
  };
}

/** A longer version takes the place of the old one, a repeated part adds nothing, words that overlap come once. */
export function joinTranscripts(before: string, after: string): string {
  const [old, next] = [before.trim(), after.trim()];
  if (old === '' || next.startsWith(old)) return next;
  if (next === '' || old.includes(next)) return old;
  const [oldWords, nextWords] = [old.split(/\s+/), next.split(/\s+/)];
  for (let overlap = Math.min(oldWords.length, nextWords.length); overlap > 0; overlap -= 1) {
    if (oldWords.slice(-overlap).join(' ') !== nextWords.slice(0, overlap).join(' ')) continue;
    return [...oldWords, ...nextWords.slice(overlap)].join(' ');
  }
  return `${old} ${next}`;
}
