import type { VoiceError } from '../errors.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { beginning, isMoving, lost, moved, type PartProgress, passed } from './part-progress.js';
import type { WatchdogOptions } from './watchdog-options.js';

/** What has to get on in a voice loop. What the service does is none of it. @public */
export type WatchedPart = 'capture' | 'detection' | 'playout';

/** @public */
export const watchedParts = ['capture', 'detection', 'playout'] as const satisfies readonly WatchedPart[];

/** How one part stands. @public */
export interface PartStanding {
  /**
   * - `moving`: it works.
   * - `opening`: nothing comes of it yet, or not at the moment; not for long.
   * - `absent`: the system says that it is not there, in use, or not allowed; it is tried again and again.
   * - `stuck`: for too long.
   */
  readonly standing: 'moving' | 'opening' | 'absent' | 'stuck';
  /** For how long it has not worked; 0 while it moves. Units: ms in which the event loop ran. */
  readonly forMs: number;
  /** Why it was lost or refused last, where anybody said so; null once it works for good. */
  readonly error: VoiceError | null;
}

/** Whether a loop gets on. @public */
export interface ProgressReport {
  /** When this was judged. Units: ms, on the clock of the scheduler. */
  readonly atMs: number;
  /** No part is stuck. */
  readonly isProgressing: boolean;
  readonly parts: { readonly [Part in WatchedPart]: PartStanding };
}

/** What a watchdog knows. */
export type WatchdogState = { readonly [Part in WatchedPart]: PartProgress };

export const watchdogStart: WatchdogState = {
  capture: beginning,
  detection: beginning,
  playout: beginning,
};

const partOf = { microphone: 'capture', loudspeaker: 'playout' } as const;

/** What an event of the pipeline says about its progress. Most say nothing; those of the session and of turns never do. */
export function watchEvent(state: WatchdogState, event: PipelineEvent): WatchdogState {
  switch (event.type) {
    case 'level': {
      const part = partOf[event.device];
      return { ...state, [part]: moved(state[part]) };
    }
    case 'speech-probability':
      return { ...state, detection: moved(state.detection) };
    case 'device-lost': {
      const part = partOf[event.device];
      return { ...state, [part]: lost(state[part], event.error, event.retryInMs) };
    }
    case 'detector-lost':
      return { ...state, detection: lost(state.detection, event.error, event.retryInMs) };
    default:
      return state;
  }
}

/** Time in which the event loop ran. A detector that is given nothing is not to blame. */
export function watchTime(state: WatchdogState, elapsedMs: number, options: WatchdogOptions): WatchdogState {
  const capture = passed(state.capture, elapsedMs, options);
  const isGiven = isMoving(capture);
  return {
    capture,
    detection: isGiven ? passed(state.detection, elapsedMs, options) : state.detection,
    playout: passed(state.playout, elapsedMs, options),
  };
}

export function judgeProgress(state: WatchdogState, atMs: number, options: WatchdogOptions): ProgressReport {
  const parts = {
    capture: standingOf(state.capture, options),
    detection: standingOf(state.detection, options),
    playout: standingOf(state.playout, options),
  };
  return {
    atMs,
    isProgressing: watchedParts.every((part) => parts[part].standing !== 'stuck'),
    parts,
  };
}

function standingOf(part: PartProgress, { stuckAfterMs, maxAbsenceMs }: WatchdogOptions): PartStanding {
  const { error, absentMs, stuckMs } = part;
  const isRefused = part.standing === 'refused';
  if (stuckMs > stuckAfterMs || (isRefused && absentMs >= maxAbsenceMs)) {
    return { standing: 'stuck', forMs: stuckMs + absentMs, error };
  }
  if (isMoving(part)) return { standing: 'moving', forMs: 0, error };
  return { standing: isRefused ? 'absent' : 'opening', forMs: stuckMs + absentMs, error };
}
