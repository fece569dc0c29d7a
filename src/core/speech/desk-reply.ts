import { Subscription } from 'rxjs';
import { isVoiceError } from '../errors.js';
import type { TurnRevision, UpstreamEvent } from '../ports/upstream.js';
import type { ReplySpeech } from './reply-speech.js';

export type Started = Extract<UpstreamEvent, { type: 'reply-started' }>;
export type Ended = Extract<UpstreamEvent, { type: 'reply-ended' }>;
export type Text = Extract<UpstreamEvent, { type: 'reply-text' }>;
export type SessionChange = Extract<UpstreamEvent, { type: 'session-lost' | 'session-opened' }>;

/** A reply of the service. */
export interface DeskReply {
  readonly turn: TurnRevision;
  readonly replyId: string;
  /**
   * `undecided`: no audio has come, and none of it is spoken yet. `voiced`: the service speaks it. `spoken`: we do. `cut`: nobody wants it,
   * the service has yet to end it.
   */
  phase: 'undecided' | 'voiced' | 'spoken' | 'cut';
  /** Text that came before it was decided. */
  readonly held: Text[];
  grace: Subscription;
  speech: ReplySpeech | undefined;
  /** How the service ended it. */
  ended: Ended | undefined;
  /** Its end was told already. */
  isEndTold: boolean;
  /** Audio of the service that came too late. Units: pieces. */
  lateAudio: number;
  droppedLetters: number;
}

export const deskReply = ({ turnId, revision, replyId }: Started): DeskReply => ({
  turn: { turnId, revision },
  replyId,
  phase: 'undecided',
  held: [],
  grace: Subscription.EMPTY,
  speech: undefined,
  ended: undefined,
  isEndTold: false,
  lateAudio: 0,
  droppedLetters: 0,
});

/** What is to be said of the whole reply: the first of each was told when it happened. */
export function countsOf({ replyId, lateAudio, droppedLetters }: DeskReply): readonly UpstreamEvent[] {
  const facts: UpstreamEvent[] = [];
  if (lateAudio > 1) {
    const detail = `reply ${replyId}: ${lateAudio} pieces in all`;
    facts.push({ type: 'upstream-fact', fact: 'speech-audio-dropped', detail });
  }
  if (droppedLetters > 0) {
    const detail = `reply ${replyId}: ${droppedLetters} letters in all were not spoken`;
    facts.push({ type: 'upstream-fact', fact: 'speech-text-dropped', detail });
  }
  return facts;
}

/** The end of a reply that could not be spoken. */
export function asFailed({ replyId, message }: Ended, error: unknown): Ended {
  const why = isVoiceError(error) ? error.message : String(error);
  return {
    type: 'reply-ended',
    replyId,
    reason: 'failed',
    message: message === undefined ? why : `${message}; ${why}`,
  };
}
