import { isVoiceError, SpeechError } from '../errors.js';
import type { LadderRung } from './ladder-rung.js';

/** A rung that could not say a text. */
export interface Failed {
  readonly rung: LadderRung;
  readonly error: unknown;
}

/** It came to the end of a text without a frame. */
export const soundless = ({ name }: LadderRung, text: string): SpeechError =>
  new SpeechError('SYNTHESIS_FAILED', `the voice ${name} gave no sound for ${shown(text)}; leave it out`);

/** Every rung with its reason. */
export function nobodyCan(
  what: string,
  ladder: readonly LadderRung[],
  errors: readonly Failed[],
): SpeechError {
  const reasons = ladder.map((rung) => {
    const { state } = rung;
    const error =
      errors.find((failed) => failed.rung === rung)?.error ?? ('error' in state ? state.error : undefined);
    return { rung, error };
  });
  const sentences = reasons.map(({ rung, error }) => `${rung.name}: ${reasonOf(error)}`);
  return new SpeechError(
    'SYNTHESIS_FAILED',
    `cannot ${what} (${sentences.join('; ')}); add an earcon as the last rung`,
    {
      retryable: reasons.some(({ error }) => isVoiceError(error) && error.retryable),
      cause: reasons[0]?.error,
    },
  );
}

/** What happened, without its code and without what to do. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\[\w+\] /, '').split('; ', 1)[0] ?? text;
}

/** A text as a message shows it. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
