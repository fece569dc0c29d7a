import { join } from 'node:path';
import type { AudioSource, Loudspeaker } from 'earshot';
import { openDevices } from 'earshot/devices';
import { AsyncSubject, EMPTY, Observable, type SchedulerLike, takeUntil, tap } from 'rxjs';
import type { DevicesPlace } from '../demo-options.js';
import { format } from '../format.js';
import type { Stage } from './stage.js';
import { createTape, type Tape } from './tape.js';

export interface DeviceStageInput {
  readonly scheduler: SchedulerLike;
  readonly place: DevicesPlace;
  readonly out: string;
}

/** The microphone and the loudspeaker of this machine, with a person whom nobody knows in front of them. */
export function deviceStage({ scheduler, place, out }: DeviceStageInput): Stage {
  const { capture, playout, backend } = place;
  const devices = openDevices({
    scheduler,
    capture: { device: capture, format },
    playout: { device: playout, format },
    backend,
  });
  const originMs = scheduler.now();
  const heard = createTape(join(out, 'microphone.wav'), format, originMs);
  const rendered = createTape(join(out, 'loudspeaker.wav'), format, originMs);
  const hungUp$ = new AsyncSubject<true>();
  return {
    microphone: recordedMicrophone(devices.microphone, heard, hungUp$),
    loudspeaker: recordedLoudspeaker(devices.loudspeaker, rendered),
    originMs,
    notices: [],
    // Whoever is there speaks without being told to.
    say: () => EMPTY,
    hangUp() {
      hungUp$.next(true);
      hungUp$.complete();
    },
    async finish() {
      const untilMs = scheduler.now();
      heard.finish(untilMs);
      rendered.finish(untilMs);
    },
    async close() {
      heard.close();
      rendered.close();
    },
  };
}

/** The same microphone, with everything on tape that it captures; completes when it is hung up, and at once after that. */
export function recordedMicrophone(
  microphone: AudioSource,
  tape: Tape,
  hungUp$: Observable<unknown>,
): AudioSource {
  return {
    ...microphone,
    capture: () =>
      microphone.capture().pipe(
        tap((frame) => tape.add(frame)),
        takeUntil(hungUp$),
      ),
  };
}

/** The same loudspeaker, with exactly what it gets on tape. */
function recordedLoudspeaker(loudspeaker: Loudspeaker, tape: Tape): Loudspeaker {
  return {
    ...loudspeaker,
    openSink: () =>
      new Observable((subscriber) => {
        const opened$ = loudspeaker.openSink().pipe(
          tap(({ rendered$ }) => {
            // A loss is told to whoever has opened the sink.
            subscriber.add(rendered$.subscribe({ next: (frame) => tape.add(frame), error: () => {} }));
          }),
        );
        subscriber.add(opened$.subscribe(subscriber));
      }),
  };
}
