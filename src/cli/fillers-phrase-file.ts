import type { FillerPhrase } from '../adapters/filler-cache/index.js';
import type { FillerContext } from '../index.js';
import { CommandError } from './command-error.js';

/** The lists that a file of phrases may have: one for each context, and one for what fits every wait. */
const lists: Readonly<Record<string, FillerContext | null>> = {
  any: null,
  question: 'question',
  request: 'request',
  greeting: 'greeting',
  'long-wait': 'long-wait',
  apology: 'apology',
};

/**
 * Phrases of one's own: `{ "any": ["One moment."], "question": ["Let me see."], ... }`.
 *
 * @throws CommandError
 */
export function readPhrases(content: string, path: string): readonly FillerPhrase[] {
  const wrong = (what: string) =>
    new CommandError(
      `--phrases ${path} ${what}; it must be an object with lists of texts: ${Object.keys(lists).join(', ')}`,
    );
  let given: unknown;
  try {
    given = JSON.parse(content);
  } catch {
    throw wrong('is no JSON');
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong('is no object');
  const phrases = Object.entries(given).flatMap(([name, texts]): FillerPhrase[] => {
    const context = Object.hasOwn(lists, name) ? lists[name] : undefined;
    if (context === undefined) throw wrong(`has ${JSON.stringify(name)}`);
    if (!Array.isArray(texts)) throw wrong(`has no list as ${JSON.stringify(name)}`);
    return texts.map((text: unknown) => {
      if (typeof text !== 'string' || text.trim() === '') {
        throw wrong(`has ${JSON.stringify(text)} among ${JSON.stringify(name)}`);
      }
      return { text, contexts: context === null ? [] : [context] };
    });
  });
  if (phrases.length === 0) throw wrong('has no phrases');
  return phrases;
}
