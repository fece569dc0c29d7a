import type { Observable } from 'rxjs';
import type { VoicePipeline } from '../pipeline/voice-pipeline.js';
import type { Ending } from './operation-options.js';

/** How a stop went. @public */
export interface StopReport {
  readonly type: 'stopped';
  /**
   * - `idle`: nothing was under way, or no loop ran.
   * - `finished`: what was under way came to its end.
   * - `cut`: it was cut, as asked.
   * - `timed-out`: it was cut, because it took longer than `finishWithinMs`.
   */
  readonly how: 'idle' | 'finished' | 'cut' | 'timed-out';
  /** From the call until the devices were released. Units: ms. */
  readonly waitedMs: number;
}

/** How an exchange went. @public */
export type SwapReport =
  | {
      readonly type: 'swapped';
      /** `between-turns`, or `timed-out`: no such moment came within `swapWithinMs`, and what was under way was cut. */
      readonly how: 'between-turns' | 'timed-out';
      /** From the call until the new one was started. Units: ms. */
      readonly waitedMs: number;
    }
  /** The new one failed on trial, or could not open a device that the one before had open; the one before runs again. */
  | { readonly type: 'reverted'; readonly error: unknown; readonly waitedMs: number }
  /** It was not begun, or not completed: another was asked for, or the loop stopped or failed. */
  | { readonly type: 'abandoned'; readonly why: 'superseded' | 'stopped' | 'failed' };

/** A voice loop that can be stopped with grace, and exchanged for another between two turns. @public */
export interface OperatedPipeline extends VoicePipeline {
  /**
   * Stop, for good.
   *
   * @remarks
   * Takes effect at the call, not at a subscription. When it is done the devices are released, `events$` completes for everybody, and
   * so does whoever subscribes later.
   * What is cut is cut as by a barge-in: it fades, the service is told how much of it was heard, and so are you (`reply-cancelled`).
   * Timing: at once when nobody has the floor; else within `finishWithinMs`, and `cutWithinMs` more where it is cut. A second call with
   * `cut` waits no longer to finish. Unsubscribing from `events$` releases everything at once.
   * @returns the outcome, once; also for whoever subscribes late.
   */
  stopGracefully(ending?: Ending): Observable<StopReport>;
  /**
   * Let another pipeline take over, between two turns, as after a change of its configuration.
   *
   * @remarks
   * Takes effect at the call, not at a subscription. The old one goes on until then and is released before the new one opens
   * anything, as both may want the same devices. The newest call counts. While no loop runs it takes the place at once.
   * Events of both come out of `events$`; where the old one was cut, as by a stop, a `state-changed` to idle with the cause `swapped` comes between.
   * The new one is on trial at first, see `trialMs`.
   * @returns the outcome, once; also for whoever subscribes late. When a trial was passed, or there was none.
   */
  swapBetweenTurns(next: VoicePipeline): Observable<SwapReport>;
}
