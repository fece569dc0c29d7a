import { resolveUtteranceOptions, type UtteranceOptions } from '../operators/detect-utterances.js';
import { groupOf, integerIn, optionError, optionGroup, resolveOptions, resolvePart } from '../options.js';
import type { ConversationState } from './conversation-state.js';
import { defaultFirstWordsOptions, type FirstWordsOptions, resolveFirstWordsOptions } from './first-words.js';

/** How hard it is to be taken for a speaker, depending on what the agent is doing. @public */
export interface BargeInOptions {
  /** While nothing is heard and the answer is awaited. Changes the utterance options. @defaultValue {} */
  readonly awaiting: Partial<UtteranceOptions>;
  /** The same as `replying`, while a filler or an apology is spoken. @defaultValue \{ startThreshold: 0.4, stopThreshold: 0.15, uncertainShare: 0.2 \} */
  readonly filling: Partial<UtteranceOptions>;
  /**
   * While a reply is heard. Ducking is cheap, so suspicion comes early (0.4 instead of 0.5 brings the duck forward by
   * up to one window of 32 ms on soft onsets); the cut still wants sustained speech, and a cough is none: of 59 coughs over a
   * reply one cut, instead of 19 with an `uncertainShare` of 1, for 40 ms more from onset to silence. What is not given
   * stays as it is by default. @defaultValue \{ startThreshold: 0.4, stopThreshold: 0.15, uncertainShare: 0.2 \}
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

const speakingProfile = { startThreshold: 0.4, stopThreshold: 0.15, uncertainShare: 0.2 } as const;

/** @public */
export const defaultBargeInOptions = {
  awaiting: {},
  filling: speakingProfile,
  replying: speakingProfile,
  firstWords: defaultFirstWordsOptions,
  minPressMs: 150,
} as const satisfies BargeInOptions;

/**
 * @param utterances - what the profiles are changes of.
 * @throws OptionError `OPTION_INVALID` that names what is wrong with every profile.
 * @internal
 */
export function resolveBargeInOptions(
  given: { readonly [K in keyof BargeInOptions]?: BargeInOptions[K] | undefined } | undefined,
  utterances: UtteranceOptions,
): BargeInSettings {
  const problems: string[] = [];
  const resolved = resolvePart<BargeInOptions>(
    problems,
    '',
    () =>
      resolveOptions<BargeInOptions>('bargeIn', defaultBargeInOptions, given, {
        awaiting: optionGroup,
        filling: optionGroup,
        replying: optionGroup,
        firstWords: optionGroup,
        minPressMs: integerIn(0, 2000, 'ms'),
      }),
    defaultBargeInOptions,
  );
  const profile = (name: 'awaiting' | 'filling' | 'replying') => {
    const changed = { ...defaultBargeInOptions[name], ...groupOf(given, name) };
    return resolvePart(
      problems,
      name,
      () => {
        resolveUtteranceOptions(`bargeIn.${name}`, changed, utterances);
        return changed;
      },
      {},
    );
  };
  const settings = {
    ...resolved,
    awaiting: profile('awaiting'),
    filling: profile('filling'),
    replying: profile('replying'),
    firstWords: resolvePart(
      problems,
      'firstWords',
      () => resolveFirstWordsOptions(groupOf(given, 'firstWords')),
      defaultFirstWordsOptions,
    ),
  };
  if (problems.length > 0) throw optionError('bargeIn', problems);
  return settings;
}

/** What counts as speech in a state. Pure. @internal */
export function profileFor(state: ConversationState, options: BargeInOptions): Partial<UtteranceOptions> {
  switch (state.name) {
    case 'ducking':
      return profileFor(state.over, options);
    case 'awaiting-reply':
      return options.awaiting;
    case 'filling':
    case 'apologising':
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
    case 'apologising':
      return 'filler';
    case 'replying':
      return state.interruptible ? 'reply' : undefined;
    default:
      return undefined;
  }
}
