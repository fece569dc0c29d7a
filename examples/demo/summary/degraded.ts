import type { PipelineEvent } from 'earshot';

/** A time in which the service could not be reached. Units: ms. */
export interface DegradedSummary {
  readonly fromMs: number;
  /** Null when it could not be until the end. */
  readonly toMs: number | null;
  readonly why: string;
  /** Null when it is not over. */
  readonly turnsLost: number | null;
}

/** Every such time. */
export function summariseDegraded(events: readonly PipelineEvent[]): readonly DegradedSummary[] {
  const found: DegradedSummary[] = [];
  for (const event of events) {
    if (event.type === 'degraded-mode-entered')
      found.push({ fromMs: event.atMs, toMs: null, why: event.error.message, turnsLost: null });
    const last = found.at(-1);
    if (event.type === 'degraded-mode-left' && last)
      found[found.length - 1] = { ...last, toMs: event.atMs, turnsLost: event.turnsLost };
  }
  return found;
}
