import { SpeechError } from '../../core/errors.js';

/** Longer texts are books, and to be given page by page: all of it waits in one request. Units: characters. */
const mostCharacters = 20_000;

/**
 * Refuse what cannot be spoken.
 *
 * @throws SpeechError `SYNTHESIS_FAILED`.
 */
export function assertSpeakable(text: string): void {
  if (typeof text !== 'string') {
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `kokoro speaks a text, and got a value of type ${typeof text}; give a string`,
    );
  }
  if (text.length > mostCharacters) {
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `the text has ${text.length} characters, and kokoro takes 1 to ${mostCharacters}; give it in parts`,
    );
  }
  // Of nothing, the model makes a click.
  if (!/[\p{L}\p{N}]/u.test(text)) {
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `there is no word in ${quote(text)}; give a text with a word in it`,
    );
  }
  const letters = text.match(/\p{L}/gu) ?? [];
  const latin = text.match(/\p{Script=Latin}/gu) ?? [];
  // A sign such as pi in an English text is read right; a text in another script is spelled out letter by letter.
  if (latin.length * 2 < letters.length) {
    throw new SpeechError(
      'SYNTHESIS_FAILED',
      `kokoro speaks English, and ${quote(text)} is written in another script; use a voice of that language, such as one of espeak-ng`,
    );
  }
}

const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
