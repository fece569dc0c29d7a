import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import { type ClauseOptions, resolveClauseOptions } from './clause-options.js';
import { type Clause, type ClauseInput, isHolding, noText, stepClauses } from './clause-step.js';

/**
 * Makes clauses of a text that comes in pieces.
 *
 * ```text
 * in    "Let me se" "e. It" " is" " five o'clock."   |
 * out               "Let me see."                    " It is five o'clock."
 * ```
 *
 * @remarks
 * Boundaries: the service's own marks; else the ends of sentences in English and Russian, not fooled by abbreviations, initials, numbers
 * and quotes; in the first clause also commas. A text that says neither is divided at a pause or between words after `maxHoldMs`, or at `maxLetters`.
 * Order: kept, and nothing is lost: the texts of all clauses in a row are the text that came, without marks. Where pieces are whole sentences, the space that is missing between two is put in.
 * Timing: a sentence is over when the next letter shows it, or when a piece of several words ends with its mark. `maxHoldMs` is counted from the first word that waits.
 * When the source completes, what waits is the last clause. An error drops it.
 * Bound: holds at most `maxLetters` and one piece.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function splitClauses(
  options: Partial<ClauseOptions> = {},
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<string, Clause> {
  const settings = resolveClauseOptions(options);
  return (source$) =>
    new Observable((subscriber) => {
      let state = noText;
      let waiting: Subscription | undefined;
      const take = (input: ClauseInput) => {
        // A source that gives all at once goes on after it was unsubscribed.
        if (subscriber.closed) return;
        const before = state;
        const step = stepClauses(state, input, settings);
        state = step.state;
        if (step.clauses.length > 0 || !isHolding(before)) rest();
        for (const clause of step.clauses) subscriber.next(clause);
      };
      /** What is left has waited for no time. */
      const rest = () => {
        waiting?.unsubscribe();
        waiting = isHolding(state)
          ? scheduler.schedule(() => take({ type: 'due' }), settings.maxHoldMs)
          : undefined;
      };
      subscriber.add(() => waiting?.unsubscribe());
      subscriber.add(
        source$.subscribe({
          next: (text) => take({ type: 'text', text }),
          error: (error) => subscriber.error(error),
          complete: () => {
            take({ type: 'end' });
            subscriber.complete();
          },
        }),
      );
    });
}
