import {
  catchError,
  concat,
  defer,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import {
  type AudioSink,
  type AudioSource,
  type Level,
  type Loudspeaker,
  measureLevels,
  type PcmFormat,
} from '../index.js';
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
  /** How long to listen. Units: ms. */
  readonly listenMs: number;
}

/** So long is listened to the room before the tone. Units: ms. */
export const quietMs = 1000;
/** How long a tone may take to be heard, over its own length. Units: ms. */
const patienceMs = 2000;

/**
 * Open both devices, listen, and play a tone after a second. One that fails does not stop the other.
 *
 * Completes after `listenMs`.
 */
export function tryDevices({
  microphone,
  loudspeaker,
  scheduler,
  listenMs,
}: TrialInput): Observable<TrialEvent> {
  const failed =
    (device: DeviceRole) =>
    (error: unknown): Observable<TrialEvent> =>
      of({ type: 'failed', device, error });
  const play = (sink: AudioSink): Observable<TrialEvent> =>
    concat(
      of<TrialEvent>({ type: 'opened', device: 'loudspeaker', format: sink.format }),
      timer(quietMs, scheduler).pipe(ignoreElements()),
      defer(() => {
        for (const frame of testTone(sink.format)) sink.write(frame);
        return of<TrialEvent>({ type: 'tone-begins' });
      }),
      sink.drain().pipe(
        map((): TrialEvent => ({ type: 'tone-heard' })),
        takeUntil(timer(toneMs + patienceMs, scheduler)),
      ),
    );
  const tone$ = loudspeaker.openSink().pipe(switchMap(play), catchError(failed('loudspeaker')));

  const levels$ = defer(() => {
    let opened = false;
    return microphone.capture().pipe(
      measureLevels(),
      switchMap((level): TrialEvent[] => {
        const first: TrialEvent[] = opened
          ? []
          : [{ type: 'opened', device: 'microphone', format: microphone.format }];
        opened = true;
        return [...first, { type: 'level', level }];
      }),
      catchError(failed('microphone')),
    );
  });

  return merge(tone$, levels$).pipe(takeUntil(timer(listenMs, scheduler)));
}
