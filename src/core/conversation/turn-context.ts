import type { FillerContext } from '../ports/filler-library.js';
import { type ContextWords, english, russian } from './turn-context-words.js';

/** What kind of turn it is, as far as a filler cares. @internal */
export type TurnContext = Extract<FillerContext, 'question' | 'request' | 'greeting'>;

/** Only so much of a long turn is looked at: its end says what is wanted. Units: letters. */
const maxLetters = 1000;
/** A greeting may have a name in it: "hello Alice". */
const maxNameWords = 1;

/** One sentence: its words as they are compared, and whether it has a question mark. */
interface Sentence {
  readonly words: readonly string[];
  readonly isAsked: boolean;
}

function sentencesOf(text: string): readonly Sentence[] {
  const end = text.slice(-maxLetters).toLowerCase().replaceAll('ё', 'е').replaceAll('\u2019', "'");
  return [...end.matchAll(/([^.!?\u2026]+)([.!?\u2026]*)/gu)].flatMap(([, said = '', marks = '']) => {
    const words = said.match(/[\p{Letter}\p{Mark}\p{Number}]+(?:['-][\p{Letter}\p{Mark}]+)*/gu) ?? [];
    return words.length === 0 ? [] : [{ words, isAsked: marks.includes('?') }];
  });
}

/** How many words the longest of the phrases takes that the words begin with; 0 for none. */
function prefix(words: readonly string[], phrases: readonly string[]): number {
  let longest = 0;
  for (const phrase of phrases) {
    const parts = phrase.split(' ');
    if (parts.length > longest && parts.every((part, at) => part === words[at])) longest = parts.length;
  }
  return longest;
}

/** The words without those of the phrases that they begin with, however many. */
function without(words: readonly string[], ...phrases: readonly (readonly string[])[]): readonly string[] {
  let rest = words;
  const all = phrases.flat();
  for (let taken = prefix(rest, all); taken > 0; taken = prefix(rest, all)) rest = rest.slice(taken);
  return rest;
}

const asks = (words: readonly string[], known: ContextWords): boolean => {
  const [first = '', second = ''] = words;
  return (
    known.questionWords.includes(first) ||
    (known.prepositions.includes(first) && known.questionWords.includes(second))
  );
};

function contextIn({ words, isAsked }: Sentence, known: ContextWords): TurnContext | undefined {
  const opened = without(words, known.openers);
  const rest = without(opened, known.greetings, known.openers);
  const isGreeting = rest.length < opened.length;
  if (isGreeting) {
    const name = without(rest, known.courtesies);
    const said = [...known.imperatives, ...known.questionWords];
    if (name.length <= maxNameWords && !said.includes(name[0] ?? '')) return 'greeting';
  }
  if (prefix(rest, known.courtesies) === rest.length && rest.length > 1) return 'greeting';
  const polite = without(rest, known.please);
  const told = without(polite, known.tellMe, known.please);
  if (told.length < polite.length) {
    return asks(told, known) || told.some((word) => known.particles.includes(word)) ? 'question' : 'request';
  }
  if (asks(polite, known) || polite.some((word) => known.particles.includes(word))) return 'question';
  const [first = ''] = polite;
  const isRequest =
    prefix(polite, known.requestOpeners) > 0 ||
    known.imperatives.includes(first) ||
    known.politeEnding?.test(first) === true ||
    words.some((word) => known.please.includes(word));
  if (isRequest) return 'request';
  return isAsked || known.inversions.includes(first) ? 'question' : undefined;
}

/**
 * What kind of turn a transcript is: the last sentence of it that asks, or asks for something, decides; a greeting only
 * where nothing else does. For English and Russian, with marks or without; undefined for a statement and for every other language.
 *
 * Pure. @internal
 */
export function turnContextOf(text: string): TurnContext | undefined {
  let found: TurnContext | undefined;
  for (const sentence of sentencesOf(text)) {
    const known = sentence.words.some((word) => /\p{Script=Cyrillic}/u.test(word)) ? russian : english;
    const context = contextIn(sentence, known);
    if (context !== undefined && (context !== 'greeting' || found === undefined)) found = context;
  }
  return found;
}
