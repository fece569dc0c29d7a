import { oneOf, resolveOptions } from '../../../core/options.js';
import { type FillerPhrase, phrasesOf } from '../filler-phrases.js';
import { englishPhrases } from './english.js';
import { russianPhrases } from './russian.js';

const lists = { en: phrasesOf(englishPhrases), ru: phrasesOf(russianPhrases) } as const;

/** Languages that phrases ship for, as BCP 47. @public */
export const fillerLanguages: readonly (keyof typeof lists)[] = ['en', 'ru'];

/**
 * The phrases that ship with this package, with what each of them fits: questions, requests, greetings, waits that have become long, and
 * the apology for a service that cannot be reached. For `renderFillers`.
 *
 * @param language - `en` or `ru`; a region after it changes nothing (`en-GB`).
 * @throws OptionError `OPTION_INVALID` for another language.
 * @public
 */
export function fillerPhrases(language: string): readonly FillerPhrase[] {
  const primary = String(language).toLowerCase().split('-')[0] as keyof typeof lists;
  resolveOptions('fillerPhrases', { language: primary }, {}, { language: oneOf(...fillerLanguages) });
  return lists[primary];
}
