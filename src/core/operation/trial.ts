import type { SchedulerLike } from 'rxjs';
import type { DeviceRole, PipelineEvent } from '../pipeline/pipeline-event.js';
import type { VoicePipeline } from '../pipeline/voice-pipeline.js';

/** How a trial went. */
export type TrialOutcome =
  | { readonly type: 'passed' }
  | { readonly type: 'reverted'; readonly error: unknown }
  | { readonly type: 'abandoned'; readonly why: 'stopped' | 'superseded' };

/** What a pipeline that has just been started has to show, or the one before takes its place again. */
export interface Trial {
  readonly former: VoicePipeline;
  /** The devices that the one before had open. */
  readonly had: ReadonlySet<DeviceRole>;
  take(event: PipelineEvent): void;
  /** Tell how it went; once. */
  end(outcome: TrialOutcome): void;
}

export interface TrialInput {
  readonly former: VoicePipeline;
  readonly had: ReadonlySet<DeviceRole>;
  readonly scheduler: SchedulerLike;
  readonly trialMs: number;
  /** It has both devices open, or its time is over. */
  readonly passed: () => void;
  /** Its time is over, and it has not opened what the one before had. */
  readonly failed: (error: unknown) => void;
  readonly over: (outcome: TrialOutcome) => void;
}

export function createTrial({ former, had, scheduler, trialMs, passed, failed, over }: TrialInput): Trial {
  const opened = new Set<DeviceRole>();
  const errors = new Map<DeviceRole, unknown>();
  let isOver = false;
  const timer = scheduler.schedule(() => {
    // A device that the one before was without, too, is missing for another reason than the change.
    const missing = [...had].find((device) => !opened.has(device) && errors.has(device));
    if (missing === undefined) passed();
    else failed(errors.get(missing));
  }, trialMs);

  return {
    former,
    had,
    take(event) {
      if (event.type === 'device-lost') errors.set(event.device, event.error);
      if (event.type !== 'device-opened') return;
      opened.add(event.device);
      if (opened.size === 2) passed();
    },
    end(outcome) {
      if (isOver) return;
      isOver = true;
      timer.unsubscribe();
      over(outcome);
    },
  };
}
