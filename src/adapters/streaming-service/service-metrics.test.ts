import { from, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServiceEvent } from './service-event.js';
import type { ServiceMetric } from './service-metrics.js';
import { measureService } from './service-metrics.js';

type AttemptEnded = Extract<ServiceEvent, { type: 'attempt-ended' }>;

function ended(sessionId: string, how: Partial<AttemptEnded> = {}): ServiceEvent {
  return {
    type: 'attempt-ended',
    turnId: 'turn-1',
    revision: 1,
    sessionId,
    attempt: 1,
    outcome: 'complete',
    code: null,
    grpcStatus: null,
    retryable: false,
    message: null,
    afterMs: 900,
    decision: 'done',
    retryInMs: null,
    ...how,
  };
}

const first = (
  sessionId: string,
  kind: Extract<ServiceEvent, { type: 'first-message' }>['kind'],
  afterMs: number,
): ServiceEvent => ({ type: 'first-message', sessionId, kind, afterMs });

function measure(events: readonly ServiceEvent[], windowCount = 200): ServiceMetric[] {
  let metrics: ServiceMetric[] = [];
  from(events)
    .pipe(measureService({ windowCount }), toArray())
    .subscribe((all) => {
      metrics = all;
    });
  return metrics;
}

const latencies = (metrics: readonly ServiceMetric[], of: string) =>
  metrics.flatMap((metric) => (metric.type === 'latency-measured' && metric.of === of ? [metric] : []));

describe('measureService', () => {
  it('measures the first message of any kind once for each attempt, and the first audio', () => {
    const metrics = measure([first('a', 'text', 300), first('a', 'audio', 450), first('b', 'audio', 200)]);

    expect(latencies(metrics, 'first-message').map(({ valueMs }) => valueMs)).toEqual([300, 200]);
    expect(latencies(metrics, 'first-audio').map(({ valueMs }) => valueMs)).toEqual([450, 200]);
  });

  it('measures how long a complete answer took, and no other', () => {
    const metrics = measure([
      ended('a', { afterMs: 700 }),
      ended('b', { outcome: 'truncated', afterMs: 100 }),
      ended('c', { outcome: 'cancelled', afterMs: 50 }),
    ]);

    expect(latencies(metrics, 'complete-answer').map(({ valueMs }) => valueMs)).toEqual([700]);
  });

  it('takes percentiles by nearest rank', () => {
    const events = Array.from({ length: 100 }, (_, i) => first(`${i}`, 'audio', 100 - i));

    expect(latencies(measure(events), 'first-audio').at(-1)).toEqual({
      type: 'latency-measured',
      of: 'first-audio',
      valueMs: 1,
      p50Ms: 50,
      p95Ms: 95,
      count: 100,
    });
  });

  it('forgets measurements that are older than its window', () => {
    const slow = Array.from({ length: 10 }, (_, i) => first(`slow-${i}`, 'audio', 9000));
    const quick = Array.from({ length: 10 }, (_, i) => first(`quick-${i}`, 'audio', 10));
    const p95 = latencies(measure([...slow, ...quick], 10), 'first-audio').map(({ p95Ms }) => p95Ms);

    expect(p95.slice(0, 19).every((ms) => ms === 9000)).toBe(true);
    expect(p95.at(-1)).toBe(10);
  });

  it('counts outcomes, errors and decisions, and how many attempts there were', () => {
    const lost = { outcome: 'failed', code: 'UPSTREAM_UNREACHABLE', decision: 'retry' } as const;
    const metrics = measure([ended('a', lost), ended('b', lost), ended('c')]);

    expect(metrics.filter(({ type }) => type !== 'latency-measured')).toEqual([
      { type: 'outcome-counted', outcome: 'failed', total: 1, attempts: 1 },
      { type: 'error-counted', code: 'UPSTREAM_UNREACHABLE', total: 1, attempts: 1 },
      { type: 'decision-counted', decision: 'retry', total: 1 },
      { type: 'outcome-counted', outcome: 'failed', total: 2, attempts: 2 },
      { type: 'error-counted', code: 'UPSTREAM_UNREACHABLE', total: 2, attempts: 2 },
      { type: 'decision-counted', decision: 'retry', total: 2 },
      { type: 'outcome-counted', outcome: 'complete', total: 1, attempts: 3 },
      { type: 'decision-counted', decision: 'done', total: 1 },
    ]);
  });

  it('counts back-off of the connection and interrupts as decisions, and nothing for the rest', () => {
    expect(
      measure([
        { type: 'connection', state: 'backing-off', retryInMs: 1000 },
        { type: 'connection', state: 'ready', retryInMs: null },
        { type: 'interrupt-sent', success: true, message: '', blockedUntilMs: 0 },
        { type: 'usage-reported', success: true, message: '' },
      ]),
    ).toEqual([
      { type: 'decision-counted', decision: 'back-off', total: 1 },
      { type: 'decision-counted', decision: 'interrupt', total: 1 },
    ]);
  });

  it('gives each subscriber totals of its own, lets go at once, and passes an error on', () => {
    const events$ = new Subject<ServiceEvent>();
    const measured$ = events$.pipe(measureService());
    const totals: number[] = [];
    const count = (metric: ServiceMetric) => metric.type === 'outcome-counted' && totals.push(metric.total);
    const early = measured$.subscribe(count);
    events$.next(ended('a'));
    let failed: unknown;
    measured$.subscribe({ next: count, error: (error) => (failed = error) });
    early.unsubscribe();
    events$.next(ended('b'));
    events$.error('broken');

    expect(totals).toEqual([1, 1]);
    expect(failed).toBe('broken');
    expect(events$.observed).toBe(false);
  });

  it('refuses a window without measurements', () => {
    expect(() => measureService({ windowCount: 0 })).toThrow(/windowCount must be a whole number from 1/);
  });
});
