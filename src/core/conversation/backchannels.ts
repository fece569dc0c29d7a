/** Languages whose backchannels are known. @public */
export type BackchannelLanguage = 'en' | 'ru';

/**
 * What people say to show that they listen, not to be given the floor. Words that answer a question ("yes", "sure", "no") are
 * left out in English, where the others are not used for it; Russian has no other word for it.
 */
const lists: { readonly [Language in BackchannelLanguage]: readonly string[] } = {
  en: [
    'mm',
    'mmm',
    'mhm',
    'mm-hm',
    'mm-hmm',
    'mmhm',
    'mmhmm',
    'hm',
    'hmm',
    'uh-huh',
    'uhuh',
    'uh-hum',
    'aha',
    'ah',
    'oh',
    'yeah',
    'yep',
    'yup',
    'ok',
    'okay',
    'o.k.',
    'right',
    'alright',
    'all right',
    'i see',
  ],
  ru: [
    'угу',
    'угум',
    'ага',
    'мгм',
    'мм',
    'ммм',
    'хм',
    'да',
    'так',
    'ну',
    'ок',
    'окей',
    'ясно',
    'понятно',
    'а',
    'ах',
    'ой',
  ],
};

/** @internal */
export const backchannelLanguages = Object.keys(lists) as readonly BackchannelLanguage[];

/** Words as they are compared: lower case, without marks. `Mm-hm.` is two of them. */
const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .match(/[\p{Letter}\p{Mark}\p{Number}]+/gu) ?? [];

/** Whether a text is a backchannel and nothing else. Pure. @internal */
export type IsBackchannel = (text: string) => boolean;

/**
 * A test for the given languages and further phrases. One phrase after the other is one, too: "yeah, okay, right".
 *
 * @internal
 */
export function backchannelsOf(
  languages: readonly BackchannelLanguage[],
  additional: readonly string[],
): IsBackchannel {
  const phrases = [...languages.flatMap((language) => lists[language]), ...additional]
    .map(wordsOf)
    .filter((words) => words.length > 0);
  return (text) => {
    const words = wordsOf(text);
    // Where, counted in words, a sequence of whole phrases can end.
    const ends = new Set([0]);
    for (let at = 0; at < words.length; at++) {
      if (!ends.has(at)) continue;
      for (const phrase of phrases) {
        if (phrase.every((word, n) => word === words[at + n])) ends.add(at + phrase.length);
      }
    }
    return words.length > 0 && ends.has(words.length);
  };
}
