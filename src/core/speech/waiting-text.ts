import type { SchedulerLike } from 'rxjs';
import type { ClauseOptions } from './clause-options.js';
import { type Clause, type ClauseInput, isHolding, noText, stepClauses } from './clause-step.js';

/** Text of a reply that is no clause yet. */
export interface WaitingText {
  readonly letters: number;
  /** Since when something waits that can be spoken; undefined when nothing does. Units: ms. */
  readonly sinceMs: number | undefined;
  /** @returns the clauses that it becomes. */
  take(input: ClauseInput): readonly Clause[];
  forget(): void;
}

export function createWaitingText(rules: ClauseOptions, scheduler: SchedulerLike): WaitingText {
  let state = noText;
  let sinceMs: number | undefined;
  return {
    get letters() {
      return state.text.length;
    },
    get sinceMs() {
      return sinceMs;
    },
    take(input) {
      const before = state;
      const step = stepClauses(before, input, rules);
      state = step.state;
      if (!isHolding(state)) sinceMs = undefined;
      // What is left behind a clause has waited for no time.
      else if (step.clauses.length > 0 || !isHolding(before)) sinceMs = scheduler.now();
      return step.clauses;
    },
    forget() {
      state = noText;
      sinceMs = undefined;
    },
  };
}
