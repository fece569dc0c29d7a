import { EMPTY, mergeMap, type Observable, of, type SchedulerLike } from 'rxjs';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import type { AudioHost } from './audio-host.js';
import { machineMs } from './host-messages.js';
import { tailMs } from './playout-position.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** The driver of `playout-driver.ts`, run by a host. */
export function hostedPlayoutDriver(
  settings: StreamSettings,
  host: AudioHost,
  scheduler: SchedulerLike,
): PlayoutDriver {
  const toLocal = localTimes(scheduler);
  return {
    label: labelOf(settings),
    open: () =>
      host.begin({ type: 'open', settings }).pipe(
        mergeMap(({ reply, write }): Observable<PlayoutDriverReport> => {
          if (reply.type === 'opened') {
            const { format, leadMs } = reply;
            // Everything is sent on at once; what lies with the host cannot be taken back in step with what is written next.
            return of({ type: 'opened', stream: { format, leadMs, tailMs, write, recall: () => 0 } });
          }
          if (reply.type === 'position') return of({ ...reply, atMs: toLocal(reply.atMs) });
          return reply.type === 'xrun' ? of(reply) : EMPTY;
        }),
      ),
  };
}

/** The driver of `capture-driver.ts`, run by a host. */
export function hostedCaptureDriver(
  settings: StreamSettings,
  host: AudioHost,
  scheduler: SchedulerLike,
): CaptureDriver {
  const toLocal = localTimes(scheduler);
  return {
    label: labelOf(settings),
    open: () =>
      host.begin({ type: 'open', settings }).pipe(
        mergeMap(({ reply }): Observable<CaptureDriverReport> => {
          if (reply.type === 'opened') return of({ type: 'opened', format: reply.format });
          if (reply.type === 'block') return of({ ...reply, atMs: toLocal(reply.atMs) });
          return reply.type === 'xrun' ? of(reply) : EMPTY;
        }),
      ),
  };
}

/** From the clock of the machine to the scheduler's: as long ago there as here. */
const localTimes =
  (scheduler: SchedulerLike) =>
  (atMs: number): number =>
    scheduler.now() - Math.max(0, machineMs() - atMs);
