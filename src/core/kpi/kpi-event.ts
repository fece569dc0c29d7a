/**
 * What is timed.
 *
 * - `reply-heard`: time to first audio, from the end of the user's speech to the first sample of the answer at the loudspeaker.
 * - `filler-heard`: the same, to the first sample of the first filler of that turn.
 * - `synthesis`: from when a voice was asked to when its first sound was there.
 * - `onset-to-duck`: from the first window that was taken for speech to the lower volume.
 * - `onset-to-silence`: from there to the silent loudspeaker, of a barge-in by speech.
 * - `press-to-silence`: from the press of the button to the silent loudspeaker.
 * @public
 */
export type KpiLatency = (typeof kpiLatencies)[number];

export const kpiLatencies = [
  'reply-heard',
  'filler-heard',
  'synthesis',
  'onset-to-duck',
  'onset-to-silence',
  'press-to-silence',
] as const;

/**
 * Where the time of a barge-in went. They add up to all of it. Units: ms.
 * @public
 */
export interface SilenceStages {
  /** The first window that was taken for speech: from where it begins to where it ends. */
  readonly detector: number;
  /** The evidence that was asked for until speech was certain, and what was waited for first words. */
  readonly gate: number;
  /** From the end of the last window of it to when its score was there: the period of the microphone, the canceller, the model, a busy machine. */
  readonly loop: number;
  /** From the decision to when the queue was gone. */
  readonly queue: number;
  /** What could not be taken back any more, and the fade. */
  readonly device: number;
}

export const silenceStages = [
  'detector',
  'gate',
  'loop',
  'queue',
  'device',
] as const satisfies readonly (keyof SilenceStages)[];

/**
 * What of the turns has a share.
 *
 * - `filler`: a filler was heard.
 * - `fallback`: something stood in for what was meant: a voice or a transcriber that is not the first choice, or no answer at all.
 * @public
 */
export type KpiShare = (typeof kpiShares)[number];

export const kpiShares = ['filler', 'fallback'] as const;

/** What is counted, and what tells its kinds apart. @public */
export type KpiCounter = keyof typeof kpiCounters;

/** Each counter with the meaning of its label; null where it has none. */
export const kpiCounters = {
  turns:
    'answered, failed, empty, reopened (the user went on) or left (the user took the floor before an answer)',
  'turn-errors': 'code of the error',
  replies: 'how it ended: complete, truncated, cancelled, failed or stalled',
  fillers: 'what it was chosen for: any, question, request, greeting, long-wait or apology',
  'fillers-held-back': null,
  'barge-ins': 'speech or press',
  ducks: null,
  'false-ducks': 'misfire, backchannel or uninterruptible',
  'device-losses': 'microphone or loudspeaker',
  'detector-losses': null,
  'session-losses': null,
  'degraded-modes': null,
  xruns: 'capture or playout',
  facts: 'name of the fact',
  starvations: 'reply or filler',
  overflows: 'reply or filler',
  'engine-fallbacks': 'voice or transcriber',
  'engines-down': 'voice or transcriber',
  'parts-degraded': 'the part',
  alerts: 'name of the alert',
} as const;

/** What has a value at any moment. @public */
export type KpiGauge = keyof typeof kpiGauges;

/** Each gauge with the meaning of its label; null where it has none. */
export const kpiGauges = {
  'device-jitter': 'microphone or loudspeaker',
  'loop-lag': 'microphone or loudspeaker',
  'low-water': 'loudspeaker',
  'device-drift': 'microphone or loudspeaker',
  unreachable: null,
  muted: null,
} as const;

/**
 * What is wrong as a whole.
 *
 * - `slow-answer`: the answer to a turn was not heard in time, or still is not.
 * - `slow-synthesis`: a voice took too long for its first sound.
 * - `many-fallbacks`: something stood in too often.
 * @public
 */
export type KpiAlert = keyof typeof kpiAlerts;

/** @public */
export type AlertSeverity = 'warning' | 'error' | 'critical';

export const kpiAlerts = {
  'slow-answer': 'critical',
  'slow-synthesis': 'warning',
  'many-fallbacks': 'error',
} as const satisfies Record<string, AlertSeverity>;

/** @inline */
type KpiFact =
  /** The percentiles are those of the newest `count` measurements, this one included. Units: ms. */
  | {
      readonly type: 'latency-measured';
      readonly of: KpiLatency;
      readonly valueMs: number;
      readonly p50Ms: number;
      readonly p95Ms: number;
      readonly maxMs: number;
      readonly count: number;
    }
  /** The waterfall of one barge-in; `latency-measured` follows with the same total. Units: ms. */
  | {
      readonly type: 'barge-in-measured';
      readonly by: 'speech' | 'press';
      readonly totalMs: number;
      readonly stagesMs: SilenceStages;
    }
  /** Of the newest `count` turns that were answered or failed. Range: 0..1. */
  | {
      readonly type: 'share-measured';
      readonly of: KpiShare;
      readonly share: number;
      readonly count: number;
    }
  /** `by` more of it. `total` is that of this label since the subscription. */
  | {
      readonly type: 'counted';
      readonly of: KpiCounter;
      readonly label: string | null;
      readonly by: number;
      readonly total: number;
    }
  /** Its value from now on. Units: ms, but `device-drift` in parts per million; `unreachable` and `muted` are 0 or 1. */
  | {
      readonly type: 'gauge-read';
      readonly of: KpiGauge;
      readonly label: string | null;
      readonly value: number;
    }
  /** Told once, until it is cleared. Units: ms, but a share for `many-fallbacks`. */
  | {
      readonly type: 'alert-raised' | 'alert-cleared';
      readonly alert: KpiAlert;
      readonly severity: AlertSeverity;
      readonly value: number;
      readonly limit: number;
    };

/**
 * What a conversation comes to, as it goes on.
 *
 * `atMs` is that of the event that brought it. Units: ms on the clock of the pipeline's scheduler.
 * @public
 */
export type KpiEvent = KpiFact & { readonly atMs: number };

/** Before it is stamped. */
export type UnstampedKpi = KpiFact;
