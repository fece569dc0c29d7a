import { map, type OperatorFunction } from 'rxjs';
import type { PartStanding, ProgressReport, WatchedPart } from '../../core/watchdog/watchdog.js';
import type { SystemdNotifier } from './systemd-notifier.js';

/** What was made of a report. @public */
export type FeedingReport = ProgressReport & {
  /** Whether systemd was told that it lives: by this report, or by one before it that is young enough. */
  readonly isFed: boolean;
};

/** What is late by two of these is still in time. */
const feedsPerPeriod = 3;

/**
 * Feed the watchdog of systemd while a loop gets on, and show in `systemctl status` what does not.
 *
 * @remarks
 * Timing: three times in the period that the unit gives (`WatchdogSec`), at the first report after it is due. Reports have to come at
 * least as often (`checkEveryMs` of `watchProgress`). A part that is stuck stops it at once, so a restart comes at most the
 * period later.
 * Order: every report is passed on, after it was acted upon. Sends a status only when what it says has changed.
 * @public
 */
export function feedSystemd(notifier: SystemdNotifier): OperatorFunction<ProgressReport, FeedingReport> {
  return (reports$) => {
    const { watchdogMs } = notifier;
    let fedAtMs = Number.NEGATIVE_INFINITY;
    let shown = '';
    return reports$.pipe(
      map((report) => {
        const { atMs, isProgressing } = report;
        const status = statusOf(report);
        if (status !== shown) notifier.status(status);
        shown = status;
        if (isProgressing && watchdogMs !== null && atMs - fedAtMs >= watchdogMs / feedsPerPeriod) {
          fedAtMs = atMs;
          notifier.feedWatchdog();
        }
        return { ...report, isFed: isProgressing && watchdogMs !== null };
      }),
    );
  };
}

const words = {
  moving: 'works',
  opening: 'is being opened',
  absent: 'is waited for',
  stuck: 'is stuck',
} as const satisfies Record<PartStanding['standing'], string>;

/** Without a running number: it would have to be sent anew each time. */
function statusOf({ parts }: ProgressReport): string {
  const standings = Object.entries(parts) as [WatchedPart, PartStanding][];
  const off = standings.filter(([, { standing }]) => standing !== 'moving');
  if (off.length === 0) return 'capture, detection and playout work';
  return off
    .map(([part, { standing, error }]) => `${part} ${words[standing]}${error ? `: ${error.message}` : ''}`)
    .join('; ');
}
