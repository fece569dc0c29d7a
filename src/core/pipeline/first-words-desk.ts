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

/**
 * Listens to the first words of an utterance over what the agent says. The last words of one that is over are still listened to
 * while the next is judged: whichever says more than a backchannel first cuts for both.
 */
export interface FirstWordsDesk {
  /** An utterance is being judged, or still listened to. */
  readonly isJudging: boolean;
  /** An utterance was confirmed. @returns false when its words cannot be judged. */
  hold(onsetMs: number): boolean;
  /** The one that was confirmed last is over. */
  utteranceEnded(): void;
  /** Nobody asks any more. */
  stop(): void;
}

/** One utterance, as far as its words are known. */
interface Judgement {
  state: FirstWords;
  text: string;
  readonly listening: Subscription;
  timer: Subscription;
}

export function createFirstWordsDesk(input: FirstWordsDeskInput): FirstWordsDesk {
  const { scheduler, options } = input;
  const isBackchannel = backchannelsOf(options.languages, options.additional);
  /** The utterances that are not decided. Each lets go within `maxHoldMs`, its own length and `transcriptTimeoutMs`. */
  const judged = new Set<Judgement>();
  /** The one that was confirmed last. */
  let present: Judgement | undefined;

  const drop = (judgement: Judgement) => {
    judgement.state = { name: 'decided' };
    judgement.timer.unsubscribe();
    judgement.listening.unsubscribe();
    judged.delete(judgement);
  };
  const stop = () => {
    for (const judgement of judged) drop(judgement);
  };
  const lookAt = (judgement: Judgement, atMs: number) => {
    judgement.timer.unsubscribe();
    judgement.timer = scheduler.schedule(
      () => take(judgement, { type: 'looked', atMs: Math.max(atMs, scheduler.now()) }),
      Math.max(0, atMs - scheduler.now()),
    );
  };
  const take = (judgement: Judgement, event: FirstWordsInput) => {
    const before = judgement.state;
    const { state, verdict } = stepFirstWords(before, event);
    judgement.state = state;
    if (state.name !== 'decided' && (before.name === 'decided' || before.untilMs !== state.untilMs)) {
      if (Number.isFinite(state.untilMs)) lookAt(judgement, state.untilMs);
      else {
        judgement.timer.unsubscribe();
        judgement.timer = scheduler.schedule(() => drop(judgement), input.transcriptTimeoutMs);
      }
    }
    // Before it is let go of, so that the turn that begins with this utterance finds it.
    if (verdict === 'cut') input.cut();
    if (verdict === 'restore') input.restore(judgement.text);
    if (judgement.state.name === 'decided') drop(judgement);
  };

  return {
    get isJudging() {
      return judged.size > 0;
    },
    hold(onsetMs) {
      if (!input.tellsPartials || options.maxHoldMs === 0) return false;
      const transcripts$ = input.overhear();
      if (!transcripts$) return false;
      const state = holdFirstWords(onsetMs, scheduler.now(), input.silenceMs, options);
      // Its subscription is there before it is whole: what is known already comes while this is still being subscribed.
      const listening = new Subscription();
      const judgement: Judgement = { state, text: '', listening, timer: Subscription.EMPTY };
      present = judgement;
      judged.add(judgement);
      if (state.name !== 'decided') lookAt(judgement, state.untilMs);
      listening.add(
        transcripts$.subscribe({
          next: ({ text, final }) => {
            judgement.text = text.trim();
            take(judgement, {
              type: 'transcribed',
              isBackchannel: isBackchannel(judgement.text),
              isEmpty: judgement.text === '',
              final,
            });
          },
          error: () => take(judgement, { type: 'transcription-failed' }),
        }),
      );
      return true;
    },
    utteranceEnded() {
      if (present) take(present, { type: 'utterance-ended' });
    },
    stop,
  };
}
