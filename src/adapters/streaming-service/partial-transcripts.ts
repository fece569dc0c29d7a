import type { Connection } from './connection.js';
import { RequestPhase } from './generated/streaming_pb.js';
import type { ServiceContext } from './service-context.js';
import { callMetadata } from './service-context.js';
import { streamingServiceDefinition } from './service-definition.js';
import type { WatchedCall } from './watched-call.js';
import { watchCall } from './watched-call.js';

/** What a turn is asked with when partial transcripts were sent ahead of it. */
export interface Collected {
  readonly sessionId: string;
  readonly commit: boolean;
}

/** The partial transcripts of one revision of a turn, sent ahead of it. */
export interface PartialTranscripts {
  /** All that the user has said so far in this turn, as far as it is known. */
  add(text: string): void;
  /** The turn ends with this text. Nothing is sent ahead any more. */
  finish(text: string): Collected;
  /** Idempotent. */
  cancel(): void;
}

/**
 * Send what the user says ahead, by COLLECT.
 *
 * @remarks
 * A recogniser corrects itself, and what the service has collected cannot be taken back: it would be asked with both.
 * So only words that two transcripts in a row begin with are sent, and when the final text begins differently all the
 * same, the turn is asked under another session id, where nothing was collected.
 * One call at a time, each with all that is certain by then.
 *
 * @param refused - the service does not take partial transcripts.
 */
export function createPartialTranscripts(
  connection: Connection,
  context: ServiceContext,
  refused: (why: string) => void,
): PartialTranscripts {
  const { settings, newSessionId } = context;
  const sessionId = newSessionId();
  let before: readonly string[] = [];
  let sent: readonly string[] = [];
  let sequence = 0;
  let accepted = false;
  let spoiled = false;
  let due: readonly string[] | undefined;
  let call: WatchedCall | undefined;

  function send(words: readonly string[]): void {
    due = undefined;
    sent = words;
    const client = connection.client();
    call = watchCall(
      {
        client,
        method: streamingServiceDefinition.streamAudio,
        message: {
          hardwareId: settings.hardwareId,
          sessionId,
          phase: RequestPhase.COLLECT,
          chunkSeq: sequence++,
          chunkText: words.join(' '),
        },
        metadata: callMetadata(settings),
        target: settings.target,
        explain: (status) => context.reasons.of(client, status),
      },
      { ...settings, deadlineMs: settings.firstMessageMs },
      {
        message({ content }) {
          if (content.case === 'endMessage') return { type: 'end-message', message: content.value };
          if (content.case === 'errorMessage') {
            return { type: 'error-message', message: content.value, status: undefined };
          }
          return undefined;
        },
        closed(closing) {
          if (closing.type === 'end-message') accepted = true;
          else {
            spoiled = true;
            refused(closing.type === 'error-message' ? closing.message : 'it did not acknowledge one');
          }
        },
        over() {
          call = undefined;
          if (due !== undefined && !spoiled) send(due);
        },
      },
    );
  }

  function cancel(): void {
    due = undefined;
    call?.cancel();
    call = undefined;
  }

  return {
    add(text) {
      const words = wordsOf(text);
      const certain = commonBeginning(before, words);
      before = words;
      if (spoiled || certain.length <= sent.length) return;
      if (!beginsWith(certain, sent)) spoiled = true;
      else if (call === undefined) send(certain);
      else due = certain;
    },
    finish(text) {
      cancel();
      const commit = accepted && !spoiled && beginsWith(wordsOf(text), sent);
      return { sessionId: commit ? sessionId : newSessionId(), commit };
    },
    cancel,
  };
}

const wordsOf = (text: string): readonly string[] => text.split(/\s+/u).filter((word) => word !== '');

function commonBeginning(a: readonly string[], b: readonly string[]): readonly string[] {
  const end = a.findIndex((word, index) => word !== b[index]);
  return end === -1 ? a : a.slice(0, end);
}

const beginsWith = (words: readonly string[], beginning: readonly string[]): boolean =>
  beginning.every((word, index) => word === words[index]);
