import type { FillerContext } from '../../core/ports/filler-library.js';

/** Something to say, and what it fits. @public */
export interface FillerPhrase {
  readonly text: string;
  /** None for every wait. */
  readonly contexts: readonly FillerContext[];
}

/** Every context, in the order in which they are rendered and listed. */
export const fillerContexts = [
  'question',
  'request',
  'greeting',
  'long-wait',
  'apology',
] as const satisfies readonly FillerContext[];

/** In one clause what is wrong with a list of contexts, if anything. */
export function contextsProblem(given: unknown): string | undefined {
  const known: readonly unknown[] = fillerContexts;
  return Array.isArray(given) && given.every((context) => known.includes(context))
    ? undefined
    : `must be a list of ${fillerContexts.join(', ')}`;
}

/** Phrases by what they fit. */
export type PhrasesByContext = { readonly [Context in FillerContext]: readonly string[] };

/** One phrase for each text, with every context that it stands under. */
export function phrasesOf(lists: Partial<PhrasesByContext>): readonly FillerPhrase[] {
  const contexts = new Map<string, FillerContext[]>();
  for (const context of fillerContexts) {
    for (const text of lists[context] ?? []) contexts.set(text, [...(contexts.get(text) ?? []), context]);
  }
  return [...contexts].map(([text, of]) => ({ text, contexts: of }));
}
