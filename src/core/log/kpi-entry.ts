import type { KpiEvent } from '../kpi/kpi-event.js';
import { type LogEntry, present } from './log-line.js';

/** What a line says of a measurement. What is only counted has the line of the event that was counted. */
export function kpiEntryOf(event: KpiEvent): LogEntry | undefined {
  const { type: method, atMs } = event;
  const line = (level: LogEntry['level'], decision: string, ctx: LogEntry['ctx']): LogEntry => ({
    ...{ level, scope: 'kpi', method, decision },
    ctx: present({ ...ctx, atMs }),
  });
  switch (event.type) {
    case 'latency-measured': {
      const { of, valueMs, p50Ms, p95Ms, maxMs, count } = event;
      return line('info', of, { valueMs, p50Ms, p95Ms, maxMs, count });
    }
    case 'barge-in-measured':
      return line('info', event.by, { totalMs: event.totalMs, ...event.stagesMs });
    case 'share-measured':
      return line('debug', event.of, { share: event.share, count: event.count });
    case 'alert-raised':
    case 'alert-cleared': {
      const { type, alert, severity, value, limit } = event;
      const level = type === 'alert-cleared' ? 'info' : severity === 'warning' ? 'warn' : 'error';
      return line(level, alert, { severity, value, limit });
    }
    case 'counted':
    case 'gauge-read':
      return undefined;
  }
}

const kpiTypes: ReadonlySet<string> = new Set([
  ...(['latency-measured', 'barge-in-measured', 'share-measured'] as const),
  ...(['counted', 'gauge-read', 'alert-raised', 'alert-cleared'] as const),
] satisfies KpiEvent['type'][]);

/** Whether it is a measurement, and no event of the pipeline. */
export const isKpiEvent = (event: { readonly type: string }): event is KpiEvent => kpiTypes.has(event.type);
