import type { TurnRevision } from '../../core/ports/upstream.js';
import type { Question } from './attempt.js';
import type { Connection } from './connection.js';
import type { PartialTranscripts } from './partial-transcripts.js';
import { createPartialTranscripts } from './partial-transcripts.js';
import type { ServiceContext } from './service-context.js';

/** Turns that were begun and not ended. More than one is rare; older ones are forgotten. */
const maxUnfinishedTurns = 8;

interface Unfinished {
  readonly revision: number;
  text: string | undefined;
  readonly partials: PartialTranscripts | undefined;
}

/** What to ask with. */
export type FinishedTurn = Pick<Question, 'text' | 'sessionId' | 'commit'>;

/** What is known of turns whose end has not come. */
export interface UnfinishedTurns {
  /** @returns false when the same or a newer revision is known already. */
  takeText(turn: TurnRevision, text: string): boolean;
  takePartial(turn: TurnRevision, text: string): void;
  /** The newest revision whose text came; 0 for none. */
  newestText(turnId: string): number;
  /** Undefined when nothing is known of it. */
  end(turn: TurnRevision): FinishedTurn | undefined;
  cancelUpTo(turn: TurnRevision): void;
  cancelAll(): void;
}

/**
 * @param dropped - is told in words that a turn was forgotten.
 */
export function createUnfinishedTurns(
  connection: Connection,
  context: ServiceContext,
  noteOnce: (fact: string, detail: string) => void,
  dropped: (detail: string) => void,
): UnfinishedTurns {
  const turns = new Map<string, Unfinished>();
  let partialsRefused = !context.settings.partialTranscripts;

  function begin({ turnId, revision }: TurnRevision): Unfinished {
    const known = turns.get(turnId);
    if (known?.revision === revision) return known;
    known?.partials?.cancel();
    const begun: Unfinished = {
      revision,
      text: undefined,
      partials: partialsRefused ? undefined : partials(),
    };
    turns.set(turnId, begun);
    const [oldest] = turns.keys();
    if (turns.size > maxUnfinishedTurns && oldest !== undefined) {
      turns.get(oldest)?.partials?.cancel();
      turns.delete(oldest);
      dropped(`turn ${oldest} was never ended, and ${maxUnfinishedTurns} others were begun after it`);
    }
    return begun;
  }

  function partials(): PartialTranscripts {
    return createPartialTranscripts(connection, context, (why) => {
      partialsRefused = true;
      noteOnce('partial-transcripts-refused', `none is sent ahead any more: ${why}`);
    });
  }

  return {
    takeText(turn, text) {
      const known = turns.get(turn.turnId);
      if (known !== undefined && known.revision >= turn.revision && known.text !== undefined) return false;
      if (known !== undefined && known.revision > turn.revision) return false;
      begin(turn).text = text;
      return true;
    },
    takePartial(turn, text) {
      if (partialsRefused || (turns.get(turn.turnId)?.revision ?? 0) > turn.revision) return;
      begin(turn).partials?.add(text);
    },
    newestText(turnId) {
      const known = turns.get(turnId);
      return known?.text === undefined ? 0 : known.revision;
    },
    end({ turnId, revision }) {
      const known = turns.get(turnId);
      if (known === undefined || known.revision !== revision) {
        if (known !== undefined && known.revision < revision) {
          known.partials?.cancel();
          turns.delete(turnId);
        }
        return undefined;
      }
      turns.delete(turnId);
      const text = known.text ?? '';
      const collected = known.partials?.finish(text) ?? { sessionId: context.newSessionId(), commit: false };
      return { text, ...collected };
    },
    cancelUpTo({ turnId, revision }) {
      const known = turns.get(turnId);
      if (known === undefined || known.revision > revision) return;
      known.partials?.cancel();
      turns.delete(turnId);
    },
    cancelAll() {
      for (const { partials: sentAhead } of turns.values()) sentAhead?.cancel();
      turns.clear();
    },
  };
}
