import type { OperatorFunction } from 'rxjs';
import { defer, mergeMap } from 'rxjs';
import type { ErrorCode } from '../../core/errors.js';
import { createRollingWindow } from '../../core/kpi/rolling-window.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import type { AskOutcome, ServiceEvent } from './service-event.js';

/** How a service is measured. @public */
export interface ServiceMetricsOptions {
  /**
   * Of how many of the newest measurements a percentile is taken. Range: 1..100000.
   * @defaultValue 200
   * @remarks The fewest of which a 95th percentile has ten measurements above it.
   */
  readonly windowCount: number;
}

/** The defaults. @public */
export const defaultServiceMetricsOptions = { windowCount: 200 } as const satisfies ServiceMetricsOptions;

/**
 * One reading, for whatever counts and draws.
 *
 * @remarks
 * `total` counts since the subscription and never goes down. Units: `...Ms` are milliseconds.
 * @public
 */
export type ServiceMetric =
  /**
   * How long after a question something came: anything at all, the first audio, or the end of a complete answer. The
   * percentiles are those of the newest `count` measurements, this one included.
   */
  | {
      readonly type: 'latency-measured';
      readonly of: 'first-message' | 'first-audio' | 'complete-answer';
      readonly valueMs: number;
      readonly p50Ms: number;
      readonly p95Ms: number;
      readonly count: number;
    }
  /** An attempt ended so. `attempts` is the total of all outcomes, so that a rate is `total / attempts`. */
  | {
      readonly type: 'outcome-counted';
      readonly outcome: AskOutcome;
      readonly total: number;
      readonly attempts: number;
    }
  /** An attempt ended with this error. */
  | {
      readonly type: 'error-counted';
      readonly code: ErrorCode;
      readonly total: number;
      readonly attempts: number;
    }
  /** What was decided after an attempt. */
  | { readonly type: 'decision-counted'; readonly decision: ServiceDecision; readonly total: number };

/** What follows an attempt, and what the connection does. @public */
export type ServiceDecision = 'done' | 'retry' | 'give-up' | 'back-off' | 'interrupt';

/** Turns events into readings, one after the other. */
interface ServiceMeter {
  next(event: ServiceEvent): readonly ServiceMetric[];
}

/**
 * Measure a service by what it tells: `service.events$.pipe(measureService())`.
 *
 * @remarks
 * Order: the readings of one event follow each other, before those of the next one.
 * Timing: synchronous; a reading sorts at most `windowCount` numbers. Memory: three windows of that size.
 * Subscribing begins anew; each subscriber has its own totals.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function measureService(
  options: Partial<ServiceMetricsOptions> = {},
): OperatorFunction<ServiceEvent, ServiceMetric> {
  const resolved = resolveServiceMetricsOptions(options);
  return (events$) =>
    defer(() => {
      const meter = createServiceMeter(resolved);
      return events$.pipe(mergeMap((event) => meter.next(event)));
    });
}

function resolveServiceMetricsOptions(options: Partial<ServiceMetricsOptions>): ServiceMetricsOptions {
  return resolveOptions<ServiceMetricsOptions>('measureService', defaultServiceMetricsOptions, options, {
    windowCount: integerIn(1, 100_000),
  });
}

function createServiceMeter({ windowCount }: ServiceMetricsOptions): ServiceMeter {
  const latencies = {
    'first-message': createRollingWindow(windowCount),
    'first-audio': createRollingWindow(windowCount),
    'complete-answer': createRollingWindow(windowCount),
  };
  const outcomes = new Map<AskOutcome, number>();
  const errors = new Map<ErrorCode, number>();
  const decisions = new Map<ServiceDecision, number>();
  /** Attempts under way that have sent something; those that ended are taken out. */
  const answering = new Set<string>();
  let attempts = 0;

  function measured(of: keyof typeof latencies, valueMs: number): ServiceMetric {
    const { p50Ms, p95Ms, count } = latencies[of].add(valueMs);
    return { type: 'latency-measured', of, valueMs, p50Ms, p95Ms, count };
  }

  function decided(decision: ServiceDecision): ServiceMetric {
    return { type: 'decision-counted', decision, total: increment(decisions, decision) };
  }

  return {
    next(event) {
      switch (event.type) {
        case 'first-message': {
          const { sessionId, kind, afterMs } = event;
          const isFirst = !answering.has(sessionId);
          answering.add(sessionId);
          return [
            ...(isFirst ? [measured('first-message', afterMs)] : []),
            ...(kind === 'audio' ? [measured('first-audio', afterMs)] : []),
          ];
        }
        case 'attempt-ended': {
          const { sessionId, outcome, code, decision, afterMs } = event;
          answering.delete(sessionId);
          attempts += 1;
          return [
            ...(outcome === 'complete' ? [measured('complete-answer', afterMs)] : []),
            { type: 'outcome-counted', outcome, total: increment(outcomes, outcome), attempts },
            ...(code === null
              ? []
              : [{ type: 'error-counted', code, total: increment(errors, code), attempts } as const]),
            decided(decision),
          ];
        }
        case 'connection':
          return event.state === 'backing-off' ? [decided('back-off')] : [];
        case 'interrupt-sent':
          return [decided('interrupt')];
        default:
          return [];
      }
    },
  };
}

function increment<Key>(totals: Map<Key, number>, key: Key): number {
  const total = (totals.get(key) ?? 0) + 1;
  totals.set(key, total);
  return total;
}
