import { defer, mergeMap, type OperatorFunction } from 'rxjs';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { createAlertWatch } from './alert-watch.js';
import { createEventCounts } from './event-counts.js';
import { type KpiEvent, type KpiLatency, kpiLatencies, type UnstampedKpi } from './kpi-event.js';
import { type KpiOptions, resolveKpiOptions } from './kpi-options.js';
import { createRollingShare, createRollingWindow, type RollingWindow } from './rolling-window.js';
import { createSilenceWaterfall } from './silence-waterfall.js';
import { createTurnWatch, type TurnFinding } from './turn-watch.js';
import type { SynthesisTiming } from './watch-synthesis.js';

/** What is measured: the events of a pipeline, and how long voices took where they are watched. @public */
export type KpiInput = PipelineEvent | SynthesisTiming;

/** Measurements in a row that must be within the limit before an alert is cleared. */
const clearAfter = 3;

/**
 * Measure a conversation by what its pipeline tells: `pipeline.events$.pipe(measureConversation())`. Merge the timings of
 * `watchSynthesis` into it for those of a voice.
 *
 * @remarks
 * Order: what one event brings follows at once, before what the next one brings; counters first, alerts last.
 * Timing: synchronous; a latency sorts at most `windowCount` numbers, everything else is a few comparisons. It has no clock and no timer: an answer
 * that does not come is found overdue by the events that come meanwhile, such as the levels ten times a second.
 * Memory: `windowCount` numbers for each kind of latency, `shareCount` for each share, at most 64 labels for each counter.
 * Subscribing begins anew; each subscriber has its own totals. Completes and errors with its source.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function measureConversation(options: Partial<KpiOptions> = {}): OperatorFunction<KpiInput, KpiEvent> {
  const resolved = resolveKpiOptions(options);
  return (events$) =>
    defer(() => {
      const meter = createMeter(resolved);
      return events$.pipe(mergeMap((event) => meter(event)));
    });
}

function createMeter(options: KpiOptions): (event: KpiInput) => readonly KpiEvent[] {
  const { windowCount, shareCount, minShareCount } = options;
  const windows = new Map<KpiLatency, RollingWindow>(
    kpiLatencies.map((of) => [of, createRollingWindow(windowCount)]),
  );
  const shares = { filler: createRollingShare(shareCount), fallback: createRollingShare(shareCount) };
  const turns = createTurnWatch(options.maxReplyHeardMs);
  const silences = createSilenceWaterfall();
  const counts = createEventCounts();
  const slowAnswer = createAlertWatch('slow-answer', clearAfter);
  const slowSynthesis = createAlertWatch('slow-synthesis', clearAfter);
  const manyFallbacks = createAlertWatch('many-fallbacks', 1);
  /** Onset of what is being ducked for. Units: ms. */
  let onsetMs: number | undefined;

  const measured = (of: KpiLatency, valueMs: number): UnstampedKpi => {
    const figures = (windows.get(of) as RollingWindow).add(valueMs);
    return { type: 'latency-measured', of, valueMs, ...figures };
  };

  const ofTurn = (finding: TurnFinding): readonly UnstampedKpi[] => {
    switch (finding.type) {
      case 'heard': {
        const { of, afterMs } = finding;
        return [
          measured(of, afterMs),
          ...(of === 'reply-heard' ? slowAnswer.look(afterMs, options.maxReplyHeardMs) : []),
        ];
      }
      case 'overdue':
        return slowAnswer.look(finding.afterMs, options.maxReplyHeardMs);
      case 'over': {
        const { outcome, hadFiller, hadFallback } = finding;
        const counted = counts.count({ of: 'turns', label: outcome });
        if (outcome !== 'answered' && outcome !== 'failed') return [counted];
        const fallback = shares.fallback.add(hadFallback);
        return [
          counted,
          { type: 'share-measured', of: 'filler', ...shares.filler.add(hadFiller) },
          { type: 'share-measured', of: 'fallback', ...fallback },
          ...(fallback.count >= minShareCount
            ? manyFallbacks.look(fallback.share, options.maxFallbackShare)
            : []),
        ];
      }
    }
  };

  const ofSilence = (event: PipelineEvent): readonly UnstampedKpi[] => {
    const found = silences.next(event);
    if (!found) return [];
    const of = found.by === 'speech' ? 'onset-to-silence' : 'press-to-silence';
    return [{ type: 'barge-in-measured', ...found }, measured(of, found.totalMs)];
  };

  const ofDuck = (event: PipelineEvent): readonly UnstampedKpi[] => {
    if (event.type === 'speech-started') onsetMs = event.onsetMs;
    if (event.type !== 'ducked' || onsetMs === undefined) return [];
    const afterMs = event.atMs - onsetMs;
    onsetMs = undefined;
    return [measured('onset-to-duck', afterMs)];
  };

  const ofEvent = (event: KpiInput): readonly UnstampedKpi[] => {
    if (event.type === 'synthesis-timed') {
      if (event.firstAudioMs === null) return [];
      return [
        measured('synthesis', event.firstAudioMs),
        ...slowSynthesis.look(event.firstAudioMs, options.maxSynthesisMs),
      ];
    }
    return [
      ...counts.next(event),
      ...ofDuck(event),
      ...ofSilence(event),
      ...turns.next(event).flatMap(ofTurn),
    ];
  };

  return (event) => {
    const { atMs } = event;
    return ofEvent(event).flatMap((kpi): KpiEvent[] =>
      kpi.type === 'alert-raised'
        ? [
            { ...counts.count({ of: 'alerts', label: kpi.alert }), atMs },
            { ...kpi, atMs },
          ]
        : [{ ...kpi, atMs }],
    );
  };
}
