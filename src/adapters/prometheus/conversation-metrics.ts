import { type KpiEvent, kpiAlerts } from '../../core/kpi/kpi-event.js';
import {
  bargeInBuckets,
  counterMetrics,
  gaugeMetrics,
  latencyMetrics,
  type MetricInit,
  stageMetric,
  stateMetrics,
  waitBuckets,
} from './metric-table.js';
import type { PromClient, PromRegistry } from './prom-client.js';

/** What is written for Prometheus, kept up to date by what is measured. */
export interface ConversationMetrics {
  readonly registry: PromRegistry;
  next(event: KpiEvent): void;
  running(isRunning: boolean): void;
}

const bargeIns: ReadonlySet<string> = new Set(['onset-to-duck', 'onset-to-silence', 'press-to-silence']);
const seconds = (ms: number): number => ms / 1000;

/** A registry of its own: two loops in one process do not share theirs. */
export function createConversationMetrics({
  Registry,
  Counter,
  Gauge,
  Histogram,
}: PromClient): ConversationMetrics {
  const registry = new Registry();
  const configured = ({ name, help, labels }: MetricInit) => ({
    ...{ name, help },
    labelNames: [...labels],
    registers: [registry],
  });
  const each = <Key extends string, Made>(
    table: Readonly<Record<Key, MetricInit>>,
    make: (init: MetricInit, key: Key) => Made,
  ) =>
    Object.fromEntries(
      (Object.entries(table) as [Key, MetricInit][]).map(([key, init]) => [key, make(init, key)]),
    ) as Record<Key, Made>;

  const counters = each(counterMetrics, (init) => new Counter(configured(init)));
  const gauges = each(gaugeMetrics, (init) => new Gauge(configured(init)));
  const states = each(stateMetrics, (init) => new Gauge(configured(init)));
  const latencies = each(
    latencyMetrics,
    (init, key) =>
      new Histogram({ ...configured(init), buckets: bargeIns.has(key) ? bargeInBuckets : waitBuckets }),
  );
  const stages = new Histogram({ ...configured(stageMetric), buckets: bargeInBuckets });

  const labelled = ({ labels }: MetricInit, value: string | null): Readonly<Record<string, string>> => {
    const [name] = labels;
    return name === undefined || value === null ? {} : { [name]: value };
  };
  // Known from the start, so that a rule can be written before anything went wrong.
  for (const [alert, severity] of Object.entries(kpiAlerts)) states.alert.set({ alert, severity }, 0);

  return {
    registry,
    running: (isRunning) => states.running.set({}, isRunning ? 1 : 0),
    next(event) {
      switch (event.type) {
        case 'counted':
          counters[event.of].inc(labelled(counterMetrics[event.of], event.label), event.by);
          return;
        case 'gauge-read': {
          const init = gaugeMetrics[event.of];
          const value = init.name.endsWith('_seconds') ? seconds(event.value) : event.value;
          gauges[event.of].set(labelled(init, event.label), value);
          return;
        }
        case 'latency-measured':
          latencies[event.of].observe({}, seconds(event.valueMs));
          return;
        case 'barge-in-measured':
          if (event.by === 'press') return;
          for (const [stage, ms] of Object.entries(event.stagesMs)) stages.observe({ stage }, seconds(ms));
          return;
        case 'share-measured':
          states.share.set({ of: event.of }, event.share);
          return;
        case 'alert-raised':
        case 'alert-cleared': {
          const { alert, severity, type } = event;
          states.alert.set({ alert, severity }, type === 'alert-raised' ? 1 : 0);
        }
      }
    },
  };
}
