import { asyncScheduler, type Observable, type SchedulerLike } from 'rxjs';
import { integerIn, resolveOptions } from '../options.js';
import type { UpstreamRequest } from '../ports/upstream.js';
import { type ClauseOptions, defaultClauseOptions, resolveClauseOptions } from './clause-options.js';

/** How text replies are spoken. @public */
export interface SpeakTextOptions {
  /** How text becomes clauses. */
  readonly clauses: Partial<ClauseOptions>;
  /**
   * How long the service's own audio is waited for after the first text of a reply. Units: ms. Range: 0..60000. A service that speaks sends audio
   * with its text or soon after; 0 for one that never does. @defaultValue 500
   */
  readonly audioGraceMs: number;
  /**
   * Clauses that are synthesised at the same time: the one that is heard next and those behind it. Range: 1..16. A model on the device works at one and has the next at hand.
   * @defaultValue 2
   */
  readonly maxParallel: number;
  /**
   * Speech that may be ready and not heard; beyond it no clause is begun. Units: ms. Range: 1000..600000. As much as the StreamingService adapter
   * lets come ahead. @defaultValue 30000
   */
  readonly maxAheadMs: number;
  /**
   * How long the clause that is next may be silent before it counts as failed. Units: ms. Range: 100..600000. Below the
   * silence after which the loop gives up a reply (`patience.replyStallMs`). @defaultValue 15000
   */
  readonly clauseTimeoutMs: number;
  /** Clauses in a row that may fail; then the voice is given up for this reply, which ends as failed. Range: 1..100. @defaultValue 3 */
  readonly maxFailures: number;
  /**
   * The requests that go to the service: `reply-cancelled` cuts, `reply-progress` tells what was heard. Hot. Without them only the next reply cuts, and
   * elapsed time counts as heard. @defaultValue null
   */
  readonly requests$: Observable<UpstreamRequest> | null;
  /** Gives the time. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultSpeakTextOptions = {
  clauses: defaultClauseOptions,
  audioGraceMs: 500,
  maxParallel: 2,
  maxAheadMs: 30_000,
  clauseTimeoutMs: 15_000,
  maxFailures: 3,
  requests$: null,
  scheduler: asyncScheduler,
} as const satisfies SpeakTextOptions;

export type SpeakTextSettings = SpeakTextOptions & { readonly clauses: ClauseOptions };

/** @throws OptionError `OPTION_INVALID` */
export function resolveSpeakTextOptions(given: Partial<SpeakTextOptions>): SpeakTextSettings {
  const resolved = resolveOptions<SpeakTextOptions>('speakText', defaultSpeakTextOptions, given, {
    audioGraceMs: integerIn(0, 60_000, 'ms'),
    maxParallel: integerIn(1, 16),
    maxAheadMs: integerIn(1000, 600_000, 'ms'),
    clauseTimeoutMs: integerIn(100, 600_000, 'ms'),
    maxFailures: integerIn(1, 100),
  });
  return { ...resolved, clauses: resolveClauseOptions(resolved.clauses) };
}
