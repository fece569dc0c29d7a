import { integerIn, resolveOptions } from '../options.js';
import { type BackchannelLanguage, backchannelLanguages } from './backchannels.js';

/**
 * The check of first words: speech over a filler or a reply that is only "mm-hm" or "okay" does not cut it. It needs a transcriber
 * that tells partial transcripts (`Transcriber.tellsPartials`), and is off without one.
 * @public
 */
export interface FirstWordsOptions {
  /**
   * How long a confirmed barge-in waits for the first partial transcript, ducked; then it cuts. No cut comes later than by
   * this. Units: ms. Range: 0..2000; 0 switches the check off. With the 160 ms of confirmation and the delay of a detector, silence
   * then comes at the latest where agents in the field that want 500 ms of speech begin to stop. @defaultValue 300
   */
  readonly maxHoldMs: number;
  /**
   * The longest backchannel; who speaks for longer, pauses included, wants the floor, whatever was understood of it. Units: ms.
   * Range: 200..10000. A peer that tells backchannels by a model draws the same line. @defaultValue 1000
   */
  readonly maxBackchannelMs: number;
  /** Whose backchannels are known; each list is short, and they do not get in each other's way. @defaultValue ["en", "ru"] */
  readonly languages: readonly BackchannelLanguage[];
  /** Further phrases, of these languages or another. Case and marks do not matter. @defaultValue none */
  readonly additional: readonly string[];
}

/** @public */
export const defaultFirstWordsOptions = {
  maxHoldMs: 300,
  maxBackchannelMs: 1000,
  languages: ['en', 'ru'],
  additional: [],
} as const satisfies FirstWordsOptions;

/** @internal */
export function resolveFirstWordsOptions(given: Partial<FirstWordsOptions> = {}): FirstWordsOptions {
  const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
  return resolveOptions<FirstWordsOptions>('bargeIn.firstWords', defaultFirstWordsOptions, given, {
    maxHoldMs: integerIn(0, 2000, 'ms'),
    maxBackchannelMs: integerIn(200, 10_000, 'ms'),
    languages: (value) =>
      isList(value) && value.every((item) => backchannelLanguages.some((known) => known === item))
        ? undefined
        : `must be a list of ${backchannelLanguages.map((known) => `"${known}"`).join(' and ')}`,
    additional: (value) =>
      isList(value) && value.every((item) => typeof item === 'string' && /[\p{Letter}\p{Number}]/u.test(item))
        ? undefined
        : 'must be a list of phrases with at least one letter each',
  });
}

/**
 * What the first words of an utterance that could cut the agent have come to.
 *
 * `holding`: ducked, nothing known. `let-be`: only a backchannel so far; full volume, and it is listened to on. `decided`: nothing more to judge.
 * @internal
 */
export type FirstWords =
  | { readonly name: 'holding' | 'let-be'; readonly untilMs: number; readonly longestMs: number }
  | { readonly name: 'decided' };

/** @internal */
export type FirstWordsInput =
  | {
      readonly type: 'transcribed';
      readonly isBackchannel: boolean;
      readonly isEmpty: boolean;
      readonly final: boolean;
    }
  /** Time passed and the utterance goes on. */
  | { readonly type: 'looked'; readonly atMs: number }
  /** The utterance is over; its final transcript may still come. */
  | { readonly type: 'utterance-ended' }
  /** No transcript will come. */
  | { readonly type: 'transcription-failed' };

/** What follows at once. @internal */
export interface FirstWordsStep {
  readonly state: FirstWords;
  readonly verdict?: 'cut' | 'restore';
}

/**
 * An utterance over what the agent says was confirmed.
 *
 * @param silenceMs - how long after its last sound an utterance is known to be over. Units: ms.
 * @internal
 */
export function holdFirstWords(
  onsetMs: number,
  nowMs: number,
  silenceMs: number,
  options: FirstWordsOptions,
): FirstWords {
  const longestMs = onsetMs + options.maxBackchannelMs + silenceMs;
  return { name: 'holding', untilMs: nowMs + options.maxHoldMs, longestMs };
}

const decided = { name: 'decided' } as const;
const cut: FirstWordsStep = { state: decided, verdict: 'cut' };

/** One input against what is known. Pure: this is the whole decision. @internal */
export function stepFirstWords(state: FirstWords, input: FirstWordsInput): FirstWordsStep {
  if (state.name === 'decided') return { state };
  switch (input.type) {
    case 'transcribed': {
      // A recogniser that has heard the whole and found no word has heard no bid for the floor.
      const means = input.isEmpty
        ? input.final
          ? 'nothing'
          : 'unknown'
        : input.isBackchannel
          ? 'nothing'
          : 'words';
      if (means === 'unknown') return { state };
      if (means === 'words') return cut;
      const next: FirstWords = input.final ? decided : { ...state, name: 'let-be', untilMs: state.longestMs };
      return state.name === 'holding' ? { state: next, verdict: 'restore' } : { state: next };
    }
    case 'looked':
      return input.atMs >= state.untilMs ? cut : { state };
    case 'utterance-ended':
      // A backchannel that is over cannot be too long any more; only its last words can still tell otherwise.
      return state.name === 'holding' ? cut : { state: { ...state, untilMs: Number.POSITIVE_INFINITY } };
    case 'transcription-failed':
      return state.name === 'holding' ? cut : { state: decided };
  }
}
