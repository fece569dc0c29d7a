import { type Observable, type SchedulerLike, Subscription } from 'rxjs';
import type { Transcript } from '../ports/transcriber.js';

export interface TurnWordsInput {
  readonly scheduler: SchedulerLike;
  /** Something was understood; with it so much is known of the turn. */
  readonly heard: (transcript: Transcript, soFar: string) => void;
  /** The words of one more utterance are known, or given up. */
  readonly known: () => void;
  /** The words of an utterance will not come, and the turn can do without them. */
  readonly missing: (reason: string) => void;
  readonly failed: (error: unknown) => void;
}

/** What the utterances of a turn say, in order. */
export interface TurnWords {
  /** All of it; undefined while a final transcript is awaited. */
  readonly text: string | undefined;
  /**
   * Another utterance.
   *
   * @param dueMs - when its words are given up; undefined if the turn is nothing without them.
   */
  add(transcripts$: Observable<Transcript>, dueMs: number | undefined): void;
  close(): void;
}

export function createTurnWords(input: TurnWordsInput): TurnWords {
  const { scheduler, heard, known, missing, failed } = input;
  /** Of each utterance; undefined while not final. */
  const texts: (string | undefined)[] = [];
  const listening = new Subscription();

  const join = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' ');

  return {
    get text() {
      return texts.includes(undefined) ? undefined : join(texts);
    },
    add(transcripts$, dueMs) {
      const index = texts.push(undefined) - 1;
      const giveUp = (reason: string) => {
        if (texts[index] !== undefined) return;
        texts[index] = '';
        missing(reason);
        known();
      };
      listening.add(
        transcripts$.subscribe({
          next: (transcript) => {
            const text = transcript.text.trim();
            if (transcript.final) texts[index] = text;
            heard(transcript, join(texts.map((each, at) => (at === index ? text : each))));
            if (transcript.final) known();
          },
          error: (error) => (dueMs === undefined ? failed(error) : giveUp(String(error))),
          complete: () => {
            texts[index] ??= '';
            known();
          },
        }),
      );
      if (dueMs === undefined || texts[index] !== undefined) return;
      const late = () => giveUp('no final transcript in time');
      listening.add(scheduler.schedule(late, Math.max(0, dueMs - scheduler.now())));
    },
    close: () => listening.unsubscribe(),
  };
}
