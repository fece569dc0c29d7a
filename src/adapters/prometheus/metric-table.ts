import type { KpiCounter, KpiGauge, KpiLatency } from '../../core/kpi/kpi-event.js';

/** One metric of the page. */
export interface MetricInit {
  readonly name: string;
  readonly help: string;
  /** Names of its labels. */
  readonly labels: readonly string[];
}

const metric = (name: string, help: string, ...labels: readonly string[]): MetricInit => ({
  name: `earshot_${name}`,
  help,
  labels,
});

export const counterMetrics: Readonly<Record<KpiCounter, MetricInit>> = {
  turns: metric('turns_total', 'Turns of the user, by what came of them.', 'outcome'),
  'turn-errors': metric('turn_errors_total', 'Turns that failed, by the code of the error.', 'code'),
  replies: metric('replies_total', 'Answers, by how they ended.', 'end'),
  fillers: metric('fillers_total', 'Fillers and apologies, by what they were chosen for.', 'context'),
  'fillers-held-back': metric('fillers_held_back_total', 'Waits in which a filler was held back.'),
  'barge-ins': metric('barge_ins_total', 'Times that the user cut the agent, by speech or by a press.', 'by'),
  ducks: metric('ducks_total', 'Times that the volume was lowered for what might be speech.'),
  'false-ducks': metric(
    'false_ducks_total',
    'Times that it was raised again, by why it was no barge-in.',
    'reason',
  ),
  'device-losses': metric('device_losses_total', 'Times that a device was lost and opened again.', 'device'),
  'detector-losses': metric('detector_losses_total', 'Times that the detector was started again.'),
  'session-losses': metric('session_losses_total', 'Times that the connection to the service was lost.'),
  'degraded-modes': metric('degraded_modes_total', 'Times that the service became unreachable.'),
  xruns: metric('xruns_total', 'Times that samples were lost, or there were none to play.', 'side'),
  facts: metric('facts_total', 'What was dropped, mended or late, by its name.', 'fact'),
  starvations: metric('starvations_total', 'Times that there was nothing to play of what had begun.', 'of'),
  overflows: metric('overflows_total', 'Times that the queue of the loudspeaker was full.', 'of'),
  'engine-fallbacks': metric('engine_fallbacks_total', 'Requests that the first choice did not do.', 'part'),
  'engines-down': metric(
    'engines_down_total',
    'Times that a voice or a transcriber was given up for a while.',
    'part',
  ),
  'parts-degraded': metric(
    'parts_degraded_total',
    'Times that a part failed and the loop went on without it.',
    'part',
  ),
  alerts: metric('alerts_total', 'Times that an alert was raised.', 'alert'),
};

export const gaugeMetrics: Readonly<Record<KpiGauge, MetricInit>> = {
  'device-jitter': metric(
    'device_jitter_seconds',
    'How late the device called, 99th percentile of ten seconds.',
    'device',
  ),
  'loop-lag': metric(
    'loop_lag_seconds',
    'How late a timer of this process came, at most, in ten seconds.',
    'device',
  ),
  'low-water': metric(
    'low_water_seconds',
    'The least that was queued at the device in ten seconds.',
    'device',
  ),
  'device-drift': metric('device_drift_ppm', 'How much faster than this machine the device runs.', 'device'),
  unreachable: metric('unreachable', '1 while the service cannot be reached.'),
  muted: metric('muted', '1 while the microphone is muted.'),
};

/** Of all that is not read from an event of that name. */
export const stateMetrics = {
  share: metric('share', 'Share of the newest turns that had a filler, or something that stood in.', 'of'),
  alert: metric('alert', '1 while the alert is raised.', 'alert', 'severity'),
  running: metric('running', '1 while the loop runs, 0 once it has ended.'),
} as const;

export const latencyMetrics: Readonly<Record<KpiLatency, MetricInit>> = {
  'reply-heard': metric(
    'reply_heard_seconds',
    'Time to first audio: end of speech to the first sample of the answer.',
  ),
  'filler-heard': metric('filler_heard_seconds', 'End of speech to the first sample of the first filler.'),
  synthesis: metric('synthesis_seconds', 'From when a voice was asked to its first sound.'),
  'onset-to-duck': metric('onset_to_duck_seconds', 'Onset of speech to the lower volume.'),
  'onset-to-silence': metric('onset_to_silence_seconds', 'Onset of speech to the silent loudspeaker.'),
  'press-to-silence': metric('press_to_silence_seconds', 'Press of the button to the silent loudspeaker.'),
};

export const stageMetric = metric(
  'onset_to_silence_stage_seconds',
  'Where the time from the onset to silence went.',
  'stage',
);

/** Around the limits that alerts have, and what people notice. Units: seconds. */
export const waitBuckets = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30];
/** Around what a barge-in takes. Units: seconds. */
export const bargeInBuckets = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1];
