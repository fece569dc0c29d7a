import { CommandError } from '../command-error.js';
import type { Interview, Question } from './interview.js';

/** Most answers to one question that are asked about. */
const maxAnswers = 20;

/**
 * Ask, and ask again for an answer that can be used and hardly is what was meant, unless somebody wants it all the same. Where nobody is
 * asked it is taken, with a warning.
 *
 * @param doubtOf - one sentence about such an answer; undefined for any other.
 */
export async function askUntilMeant<T>(
  interview: Interview,
  question: Question<T>,
  doubtOf: (value: T) => string | undefined,
): Promise<T> {
  for (let answers = 0; answers < maxAnswers; answers += 1) {
    const value = await interview.ask(question);
    const doubt = doubtOf(value);
    if (doubt === undefined) return value;
    if (!interview.person) {
      interview.warn(doubt);
      return value;
    }
    interview.say(`Note: ${doubt}`);
    if (await interview.confirm('Take it all the same?', false)) return value;
  }
  throw new CommandError(
    `none of ${maxAnswers} answers to ${JSON.stringify(question.text)} was taken; nothing was written`,
  );
}
