import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FillerContext } from '../../../core/ports/filler-library.js';
import { fillerContexts } from '../filler-phrases.js';
import { fillerLanguages, fillerPhrases } from './phrase-lists.js';

const withContext = (language: string, context: FillerContext) =>
  fillerPhrases(language).filter(({ contexts }) => contexts.includes(context));

describe.each(fillerLanguages)('the phrases for %s', (language) => {
  it('are at least two for each context, so that none is said twice running', () => {
    for (const context of fillerContexts) {
      expect(withContext(language, context).length, context).toBeGreaterThanOrEqual(2);
    }
  });

  it('are each listed once, with every context that they stand under', () => {
    const texts = fillerPhrases(language).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    for (const { contexts } of fillerPhrases(language)) expect(contexts.length).toBeGreaterThan(0);
  });

  it('are whole sentences, short enough to be over before an answer, and longer only where nobody waits for one', () => {
    for (const { text, contexts } of fillerPhrases(language)) {
      expect(text).toMatch(/^\p{Lu}.*\.$/u);
      expect(text.length, text).toBeLessThanOrEqual(contexts.includes('apology') ? 70 : 36);
    }
  });

  it('are written in the letters of the language', () => {
    const script = language === 'ru' ? /^[\p{Script=Cyrillic}\s,.]+$/u : /^[\p{Script=Latin}\s,.']+$/u;
    for (const { text } of fillerPhrases(language)) expect(text).toMatch(script);
  });

  it('are spoken by a question or a request in the same voice: a few of each are short', () => {
    for (const context of ['question', 'request', 'long-wait'] as const) {
      const short = withContext(language, context).filter(({ text }) => text.length <= 16);
      expect(short.length, context).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('fillerPhrases', () => {
  it('takes a language with a region, in any case', () => {
    expect(fillerPhrases('en-GB')).toBe(fillerPhrases('en'));
    expect(fillerPhrases('RU')).toBe(fillerPhrases('ru'));
  });

  it('names the languages that there are', () => {
    expect(() => fillerPhrases('de')).toThrow(/language must be one of "en", "ru", but is "de"/);
    expect(() => fillerPhrases(undefined as unknown as string)).toThrow(/OPTION_INVALID/);
  });

  it('knows every context that the port has', async () => {
    const port = await readFile(new URL('../../../core/ports/filler-library.ts', import.meta.url), 'utf8');
    const [, union = ''] = /export type FillerContext = ([^;]+);/.exec(port) ?? [];
    expect([...union.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name)).toEqual([...fillerContexts]);
  });
});
