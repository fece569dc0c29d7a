import { resolveUtteranceOptions, type UtteranceOptions } from '../operators/detect-utterances.js';
import { integerIn, resolveOptions } from '../options.js';
import type { ConversationState } from './conversation-state.js';
import { defaultFirstWordsOptions, type FirstWordsOptions, resolveFirstWordsOptions } from './first-words.js';

/** How hard it is to be taken for a speaker, depending on what the agent is doing. @public */
export interface BargeInOptions {
  /** While nothing is heard and the answer is awaited. Changes the utterance options. @defaultValue {} */
  readonly awaiting: Partial<UtteranceOptions>;
  /** While a filler is spoken: nothing worth hearing is lost by stopping early. @defaultValue \{ startThreshold: 0.4 \} */
  readonly filling: Partial<UtteranceOptions>;
  /**
   * While a reply is heard. Ducking is cheap, so suspicion comes early (0.4 instead of 0.5 brings the duck forward by
   * up to one window of 32 ms on soft onsets); the cut still wants sustained speech. @defaultValue \{ startThreshold: 0.4 \}
   */
  readonly replying: Partial<UtteranceOptions>;
  /** Whether "mm-hm" over a filler or a reply is told from a bid for the floor by its words. */
  readonly firstWords: Partial<FirstWordsOptions>;
  /**
   * A press of the button shorter than this only stops the agent: it is no turn. With push-to-talk. Units: ms. Range: 0..2000.
   * Nobody says a word in less. @defaultValue 150
   */
  readonly minPressMs: number;
}

/** The same, resolved and checked. */
export interface BargeInSettings extends BargeInOptions {
  readonly firstWords: FirstWordsOptions;
}

/** @public */
export const defaultBargeInOptions = {
  awaiting: {},
  filling: { startThreshold: 0.4 },
  replying: { startThreshold: 0.4 },
  firstWords: defaultFirstWordsOptions,
  minPressMs: 150,
} as const satisfies BargeInOptions;

/** @internal */
export function resolveBargeInOptions(
  given: { readonly [K in keyof BargeInOptions]?: BargeInOptions[K] | undefined },
  utterances: UtteranceOptions,
): BargeInSettings {
  const resolved = resolveOptions<BargeInOptions>('bargeIn', defaultBargeInOptions, given, {
    minPressMs: integerIn(0, 2000, 'ms'),
  });
  for (const name of ['awaiting', 'filling', 'replying'] as const) {
    resolveUtteranceOptions(`bargeIn.${name}`, resolved[name], utterances);
  }
  return { ...resolved, firstWords: resolveFirstWordsOptions(resolved.firstWords) };
}

/** What counts as speech in a state. Pure. @internal */
export function profileFor(state: ConversationState, options: BargeInOptions): Partial<UtteranceOptions> {
  switch (state.name) {
    case 'ducking':
      return profileFor(state.over, options);
    case 'awaiting-reply':
      return options.awaiting;
    case 'filling':
      return options.filling;
    case 'replying':
      return options.replying;
    default:
      return {};
  }
}

/** What the user's speech would have to cut, if anything can be; with a suspicion, what lies under it. Pure. @internal */
export function cuttableSpeechOf(state: ConversationState): 'filler' | 'reply' | undefined {
  switch (state.name) {
    case 'ducking':
      return cuttableSpeechOf(state.over);
    case 'filling':
      return 'filler';
    case 'replying':
      return state.interruptible ? 'reply' : undefined;
    default:
      return undefined;
  }
}
