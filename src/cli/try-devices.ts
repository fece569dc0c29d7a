import {
  BehaviorSubject,
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  first,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  switchMap,
  takeUntil,
  tap,
  throwIfEmpty,
  timer,
} from 'rxjs';
import {
  type AudioSink,
  type AudioSource,
  DeviceError,
  type Level,
  type Loudspeaker,
  measureLevels,
  type PcmFormat,
} from '../index.js';
import { untilOpen } from './opening.js';
import { testTone, toneMs } from './test-tone.js';

/** What happens while devices are tried. */
export type TrialEvent =
  | { readonly type: 'opened'; readonly device: DeviceRole; readonly format: PcmFormat }
  | { readonly type: 'failed'; readonly device: DeviceRole; readonly error: unknown }
  | { readonly type: 'tone-begins' }
  /** All of it has left the loudspeaker. */
  | { readonly type: 'tone-heard' }
  | { readonly type: 'level'; readonly level: Level };

export type DeviceRole = 'loudspeaker' | 'microphone';

export interface TrialInput {
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker;
  readonly scheduler: SchedulerLike;
  /** How long to listen, from when both are open. Units: ms. */
  readonly listenMs: number;
}

/** So long is listened to the room before the tone. Units: ms. */
export const quietMs = 1000;
/** How long a tone may take to be heard, over its own length. Units: ms. */
const patienceMs = 2000;

/**
 * Open both devices, listen, and play a tone after a second. One that fails does not stop the other.
 *
 * @remarks
 * Timing: completes `listenMs` after both are open, or have failed; however long that is listened, a device has eight seconds to begin.
 */
export function tryDevices({
  microphone,
  loudspeaker,
  scheduler,
  listenMs,
}: TrialInput): Observable<TrialEvent> {
  return defer(() => {
    const settled$ = new BehaviorSubject<ReadonlySet<DeviceRole>>(new Set());
    const bothSettled$ = settled$.pipe(first(({ size }) => size === 2));
    const after = (ms: number) => bothSettled$.pipe(delay(ms, scheduler));
    const failed =
      (device: DeviceRole) =>
      (error: unknown): Observable<TrialEvent> =>
        of({ type: 'failed', device, error });
    const play = (sink: AudioSink): Observable<TrialEvent> =>
      concat(
        of<TrialEvent>({ type: 'opened', device: 'loudspeaker', format: sink.format }),
        after(quietMs).pipe(ignoreElements()),
        defer(() => {
          for (const frame of testTone(sink.format)) sink.write(frame);
          return of<TrialEvent>({ type: 'tone-begins' });
        }),
        sink.drain().pipe(
          map((): TrialEvent => ({ type: 'tone-heard' })),
          takeUntil(timer(toneMs + patienceMs, scheduler)),
        ),
      );
    const tone$ = loudspeaker.openSink().pipe(
      untilOpen('the loudspeaker', scheduler),
      throwIfEmpty(() => gaveNothing('the loudspeaker')),
      switchMap(play),
      catchError(failed('loudspeaker')),
    );
    const levels$ = microphone.capture().pipe(
      measureLevels(),
      untilOpen('the microphone', scheduler),
      throwIfEmpty(() => gaveNothing('the microphone')),
      concatMap((level, index): TrialEvent[] => [
        ...(index === 0
          ? [{ type: 'opened', device: 'microphone', format: microphone.format } as const]
          : []),
        { type: 'level', level },
      ]),
      catchError(failed('microphone')),
    );
    return merge(tone$, levels$).pipe(
      tap((event) => {
        if (event.type === 'opened' || event.type === 'failed') {
          settled$.next(new Set([...settled$.value, event.device]));
        }
      }),
      takeUntil(after(listenMs)),
    );
  });
}

const gaveNothing = (label: string): DeviceError =>
  new DeviceError('DEVICE_BACKEND', `${label} ended before it began; take another device, or way to it`);
