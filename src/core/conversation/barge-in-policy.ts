import { resolveUtteranceOptions, type UtteranceOptions } from '../operators/detect-utterances.js';
import type { ConversationState } from './conversation-state.js';

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
}

/** @public */
export const defaultBargeInOptions = {
  awaiting: {},
  filling: { startThreshold: 0.4 },
  replying: { startThreshold: 0.4 },
} as const satisfies BargeInOptions;

/** @internal */
export function resolveBargeInOptions(
  given: { readonly [K in keyof BargeInOptions]?: BargeInOptions[K] | undefined },
  utterances: UtteranceOptions,
): BargeInOptions {
  const resolved = {
    awaiting: given.awaiting ?? defaultBargeInOptions.awaiting,
    filling: given.filling ?? defaultBargeInOptions.filling,
    replying: given.replying ?? defaultBargeInOptions.replying,
  };
  for (const [name, profile] of Object.entries(resolved)) {
    resolveUtteranceOptions(`bargeIn.${name}`, profile, utterances);
  }
  return resolved;
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
