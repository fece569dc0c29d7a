import type { DeviceRole, PipelineEvent } from '../pipeline/pipeline-event.js';
import type { KpiCounter, KpiGauge, UnstampedKpi } from './kpi-event.js';

/** One more of something. */
interface Count {
  readonly of: KpiCounter;
  readonly label?: string;
  readonly by?: number;
}

/** Counts what events tell, and reads what has a value. */
export interface EventCounts {
  next(event: PipelineEvent): readonly UnstampedKpi[];
  count(count: Count): UnstampedKpi;
}

/** Labels of one counter that are told apart; others are counted as `other`. Facts and codes may be named by a service. */
const maxLabels = 64;
const noCounts: readonly Count[] = [];

const xruns = new Map([
  ['capture-xrun', 'capture'],
  ['playout-xrun', 'playout'],
]);

export function createEventCounts(): EventCounts {
  const totals = new Map<KpiCounter, Map<string, number>>();
  /** Running totals that the facts bring along. */
  const facts = new Map<string, number>();
  const lost = new Set<DeviceRole>();
  let isDucked = false;
  /** Why speech since the duck was no barge-in, as far as that is known. */
  let dismissed = 'misfire';

  const count = ({ of, label, by = 1 }: Count): UnstampedKpi => {
    const ofCounter = totals.get(of) ?? new Map<string, number>();
    totals.set(of, ofCounter);
    const given = label ?? '';
    const key = ofCounter.has(given) || ofCounter.size < maxLabels ? given : 'other';
    const total = (ofCounter.get(key) ?? 0) + by;
    ofCounter.set(key, total);
    return { type: 'counted', of, label: label === undefined ? null : key, by, total };
  };
  /** How many more since the last of that name; one that begins anew was of another run. */
  const moreOf = (fact: string, total: number): number => {
    const before = facts.get(fact) ?? 0;
    if (facts.has(fact) || facts.size < maxLabels) facts.set(fact, total);
    else return 1;
    return total > before ? total - before : total;
  };

  const countsOf = (event: PipelineEvent): readonly Count[] => {
    switch (event.type) {
      case 'turn-failed':
        return [{ of: 'turn-errors', label: event.error.code }];
      case 'reply-ended':
        return [{ of: 'replies', label: event.reason }];
      case 'filler-spoken':
        return [{ of: 'fillers', label: event.context ?? 'any' }];
      case 'filler-held-back':
        return [{ of: 'fillers-held-back' }];
      case 'barge-in':
        return event.replyId === null && event.fillerId === null
          ? noCounts
          : [{ of: 'barge-ins', label: event.by }];
      case 'speech-misfired':
        dismissed = 'misfire';
        return noCounts;
      case 'speech-dismissed':
        dismissed = event.reason;
        return noCounts;
      case 'ducked':
        isDucked = true;
        return [{ of: 'ducks' }];
      case 'restored': {
        const wasFalse = isDucked;
        isDucked = false;
        return wasFalse ? [{ of: 'false-ducks', label: dismissed }] : noCounts;
      }
      case 'silenced':
        isDucked = false;
        return noCounts;
      case 'device-opened':
        lost.delete(event.device);
        return noCounts;
      case 'device-lost':
        // One that is away tells again with each attempt to open it.
        if (lost.has(event.device)) return noCounts;
        lost.add(event.device);
        return [{ of: 'device-losses', label: event.device }];
      case 'detector-lost':
        return [{ of: 'detector-losses' }];
      case 'session-lost':
        return [{ of: 'session-losses' }];
      case 'degraded-mode-entered':
        return [{ of: 'degraded-modes' }];
      case 'playout-starved':
        return [{ of: 'starvations', label: event.owner.kind }];
      case 'playout-overflow':
        return [{ of: 'overflows', label: event.owner.kind }];
      case 'engine-fell-back':
        return [{ of: 'engine-fallbacks', label: event.part }];
      case 'engine-down':
        return [{ of: 'engines-down', label: event.part }];
      case 'degraded':
        return [{ of: 'parts-degraded', label: event.part }];
      case 'fact': {
        const by = moreOf(event.fact, event.count);
        const xrun = xruns.get(event.fact);
        return [
          { of: 'facts', label: event.fact, by },
          ...(xrun === undefined ? [] : [{ of: 'xruns', label: xrun, by } as const]),
        ];
      }
      default:
        return noCounts;
    }
  };

  return {
    count,
    next: (event) => [...countsOf(event).map(count), ...gaugesOf(event)],
  };
}

function gaugesOf(event: PipelineEvent): readonly UnstampedKpi[] {
  const read = (of: KpiGauge, label: string | null, value: number | null): readonly UnstampedKpi[] =>
    value === null ? [] : [{ type: 'gauge-read', of, label, value }];
  switch (event.type) {
    case 'device-measured': {
      const { device, jitterMs, loopLagMs, lowWaterMs, driftPpm } = event;
      return [
        ...read('device-jitter', device, jitterMs.p99),
        ...read('loop-lag', device, loopLagMs),
        ...read('low-water', device, lowWaterMs),
        ...read('device-drift', device, driftPpm),
      ];
    }
    case 'degraded-mode-entered':
      return read('unreachable', null, 1);
    case 'degraded-mode-left':
      return read('unreachable', null, 0);
    case 'microphone-muted':
      return read('muted', null, event.muted ? 1 : 0);
    default:
      return [];
  }
}
