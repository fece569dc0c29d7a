import { type Observable, type SchedulerLike, Subscription } from 'rxjs';
import { backchannelsOf } from '../conversation/backchannels.js';
import {
  type FirstWords,
  type FirstWordsInput,
  type FirstWordsOptions,
  holdFirstWords,
  stepFirstWords,
} from '../conversation/first-words.js';
import type { Transcript } from '../ports/transcriber.js';

export interface FirstWordsDeskInput {
  readonly scheduler: SchedulerLike;
  readonly options: FirstWordsOptions;
  /** There is a transcriber that tells what was said while it is being said. */
  readonly tellsPartials: boolean;
  /** How long after its last sound an utterance is known to be over. Units: ms. */
  readonly silenceMs: number;
  /** Longest wait for the last words of an utterance that is over. Units: ms. */
  readonly transcriptTimeoutMs: number;
  /** What is said in the present utterance; it can become a turn as long as this is subscribed. */
  readonly overhear: () => Observable<Transcript> | undefined;
  /** It wants the floor. */
  readonly cut: () => void;
  /** So far it is no more than this. */
  readonly restore: (text: string) => void;
}

/** Listens to the first words of an utterance over what the agent says: one utterance at a time. */
export interface FirstWordsDesk {
  /** An utterance is being judged, or still listened to. */
  readonly isJudging: boolean;
  /** An utterance was confirmed. @returns false when its words cannot be judged. */
  hold(onsetMs: number): boolean;
  utteranceEnded(): void;
  /** Nobody asks any more. */
  stop(): void;
}

export function createFirstWordsDesk(input: FirstWordsDeskInput): FirstWordsDesk {
  const { scheduler, options } = input;
  const isBackchannel = backchannelsOf(options.languages, options.additional);
  let state: FirstWords = { name: 'decided' };
  let text = '';
  let listening = Subscription.EMPTY;
  let timer = Subscription.EMPTY;

  const stop = () => {
    state = { name: 'decided' };
    timer.unsubscribe();
    listening.unsubscribe();
  };
  const lookAt = (atMs: number) => {
    timer.unsubscribe();
    timer = scheduler.schedule(
      () => take({ type: 'looked', atMs: Math.max(atMs, scheduler.now()) }),
      Math.max(0, atMs - scheduler.now()),
    );
  };
  const take = (event: FirstWordsInput) => {
    const before = state;
    const step = stepFirstWords(state, event);
    state = step.state;
    if (state.name !== 'decided' && (before.name === 'decided' || before.untilMs !== state.untilMs)) {
      if (Number.isFinite(state.untilMs)) lookAt(state.untilMs);
      else {
        timer.unsubscribe();
        timer = scheduler.schedule(stop, input.transcriptTimeoutMs);
      }
    }
    // Before it is let go of, so that the turn that begins with this utterance finds it.
    if (step.verdict === 'cut') input.cut();
    if (step.verdict === 'restore') input.restore(text);
    if (state.name === 'decided') stop();
  };

  return {
    get isJudging() {
      return state.name !== 'decided';
    },
    hold(onsetMs) {
      if (!input.tellsPartials || options.maxHoldMs === 0) return false;
      stop();
      const transcripts$ = input.overhear();
      if (!transcripts$) return false;
      const held = holdFirstWords(onsetMs, scheduler.now(), input.silenceMs, options);
      state = held;
      text = '';
      if (held.name !== 'decided') lookAt(held.untilMs);
      // Kept apart until it is whole: what is known already comes while this is still being subscribed.
      const overhearing = new Subscription();
      listening = overhearing;
      overhearing.add(
        transcripts$.subscribe({
          next: (transcript) => {
            text = transcript.text.trim();
            take({
              type: 'transcribed',
              isBackchannel: isBackchannel(text),
              isEmpty: text === '',
              final: transcript.final,
            });
          },
          error: () => take({ type: 'transcription-failed' }),
        }),
      );
      return true;
    },
    utteranceEnded: () => take({ type: 'utterance-ended' }),
    stop,
  };
}
