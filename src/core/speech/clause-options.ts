import { integerIn, resolveOptions } from '../options.js';

/** How text becomes clauses: what a voice speaks in one breath. @public */
export interface ClauseOptions {
  /**
   * What the service writes between two clauses, one character; where it comes, nothing but it and the two bounds below divides the rest of
   * the text. An empty string where it writes none. @defaultValue '|'
   */
  readonly mark: string;
  /**
   * How long text may wait for the end of its clause. Units: ms. Range: 0..60000. A service that writes 20 words a second has
   * finished most sentences by then. @defaultValue 1000
   */
  readonly maxHoldMs: number;
  /**
   * Longest clause. Units: letters, spaces included. Range: 20..2000. 200 of them are 13 s of speech; Kokoro cuts off what is longer
   * than 510 of its tokens, about 450 letters. @defaultValue 200
   */
  readonly maxLetters: number;
  /**
   * The first clause may end at a comma, a colon, a semicolon or a dash once it has so many letters, so that the answer begins
   * sooner. Units: letters. Range: 0..2000. 0: at the end of a sentence only. @defaultValue 40
   */
  readonly firstClauseLetters: number;
}

/** @public */
export const defaultClauseOptions = {
  mark: '|',
  maxHoldMs: 1000,
  maxLetters: 200,
  firstClauseLetters: 40,
} as const satisfies ClauseOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveClauseOptions(given: Partial<ClauseOptions>): ClauseOptions {
  return resolveOptions<ClauseOptions>('splitClauses', defaultClauseOptions, given, {
    mark: (value) =>
      typeof value === 'string' && value.length <= 1 && !/[\s\p{Letter}\p{Number}.!?]/u.test(value)
        ? undefined
        : 'must be one character that is no letter, digit, space or end of a sentence, or an empty string',
    maxHoldMs: integerIn(0, 60_000, 'ms'),
    maxLetters: integerIn(20, 2000, 'letters'),
    firstClauseLetters: integerIn(0, 2000, 'letters'),
  });
}
