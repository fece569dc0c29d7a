import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { judgeProgress, type ProgressReport, watchdogStart, watchEvent, watchTime } from './watchdog.js';
import { resolveWatchdogOptions, type WatchdogOptions } from './watchdog-options.js';

/**
 * Says whether a loop gets on, from what it tells: for whoever restarts a program that does not, or shows it.
 *
 * @remarks
 * Capture gets on while levels of the microphone come, playout while those of the loudspeaker do, which carry on through
 * silence, and detection while what was captured is scored. A service that cannot be reached is no reason to start a device
 * anew: no event of the session, of a turn or of a reply counts, for or against.
 *
 * Timing: the first report after `checkEveryMs`, then one each. An event loop that stands still sends none, and counts none
 * of that time against a part: nobody could have told. So a part is not stuck because the loop was, or the machine slept.
 * Order: passes nothing on but reports. Completes and errors as its source does.
 * Bound: a few numbers.
 * A muted microphone is stood in for by the pipeline, so one that hangs while muted is noticed once it is not.
 * @param scheduler - the one of the pipeline.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function watchProgress(
  options: Partial<WatchdogOptions> = {},
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<PipelineEvent, ProgressReport> {
  const settings = resolveWatchdogOptions(options);
  const { checkEveryMs } = settings;
  return (events$) =>
    new Observable((subscriber) => {
      let state = watchdogStart;
      let sinceMs = scheduler.now();
      subscriber.add(
        scheduler.schedule(function (this) {
          const nowMs = scheduler.now();
          // A timer that comes later than that comes late because nothing ran meanwhile.
          const elapsedMs = Math.min(Math.max(0, nowMs - sinceMs), 2 * checkEveryMs);
          sinceMs = nowMs;
          state = watchTime(state, elapsedMs, settings);
          subscriber.next(judgeProgress(state, nowMs, settings));
          if (!subscriber.closed) this.schedule(undefined, checkEveryMs);
        }, checkEveryMs),
      );
      subscriber.add(
        events$.subscribe({
          next: (event) => {
            state = watchEvent(state, event);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
