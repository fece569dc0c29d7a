import { defer, interval, Observable, type SchedulerLike, Subscription, takeUntil, timer } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../audio/audio-frame.js';
import { fromMono } from '../audio/mix.js';
import { DeviceError } from '../errors.js';
import type { AudioSink, Loudspeaker } from '../ports/audio-sink.js';
import type { AudioSource } from '../ports/audio-source.js';
import type { AcousticFigures } from './acoustic-figures.js';
import { latestMs, tailMs } from './echo-response.js';
import { measureAcoustics } from './measure-acoustics.js';
import {
  chirpMs,
  type MeasuringSignalOptions,
  measuringSignal,
  resolveMeasuringSignalOptions,
} from './measuring-signal.js';
import { createSoundTrack } from './sound-track.js';

/** What is sounded out. @public */
export interface AcousticProbeParts {
  /** With nothing that keeps its pace to the loudspeaker's (`driftCorrection: 'off'`), or the drift is not seen. */
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker;
  /** The clock of both. */
  readonly scheduler: SchedulerLike;
}

/** What happens while an echo path is sounded out. @public */
export type AcousticProbeEvent =
  | { readonly type: 'opened'; readonly device: 'microphone' | 'loudspeaker'; readonly format: PcmFormat }
  /** About once a second, from the first chirp on. Units: ms. */
  | { readonly type: 'playing'; readonly playedMs: number; readonly ofMs: number }
  | { readonly type: 'measured'; readonly figures: AcousticFigures };

/** The room is listened to before anything is played. Units: ms. */
const quietMs = 1000;
/** How long a device may take to be there. Units: ms. Each says itself within 2 s what is wrong. */
const openLimitMs = 10_000;
/** How much longer than itself the signal may take. Units: ms. */
const patienceMs = 3000;
/** After the last sound was rendered, until all of its echo has been captured and delivered. Units: ms. */
const echoMs = latestMs + tailMs + chirpMs + 500;
/** Written in pieces of this. Units: ms. */
const frameMs = 20;

/**
 * Open both devices, play chirps, and measure what lies between: delay, echo return loss, drift, noise, reverberation, and what
 * the loudspeaker loses when it wakes.
 *
 * @remarks
 * Timing: takes the `seconds` of the signal and some 6 s more, and never longer than 30 s more. Cold: each subscription measures anew.
 * Both devices are closed before the figures are told, and at once on unsubscribing.
 *
 * Completes after `measured`. An echo that is not heard is no error, see `AcousticFigures.heard`.
 *
 * Errors with what the devices error with, and with `DEVICE_BUSY` for one that is not there within 10 s.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function probeAcoustics(
  { microphone, loudspeaker, scheduler }: AcousticProbeParts,
  options: Partial<MeasuringSignalOptions> = {},
): Observable<AcousticProbeEvent> {
  const settings = resolveMeasuringSignalOptions(options);
  return new Observable((subscriber) => {
    // Some longer than the signal and everything around it may take.
    const mostMs = 2 * openLimitMs + 1000 * settings.seconds + 30_000;
    const rendered = createSoundTrack(mostMs);
    const captured = createSoundTrack(mostMs);
    const devices = new Subscription();
    subscriber.add(devices);
    let askedMs = 0;

    const fail = (error: unknown): void => {
      devices.unsubscribe();
      subscriber.error(error);
    };
    const after = (ms: number, work: () => void): Subscription => {
      const waiting = timer(ms, scheduler).subscribe(work);
      devices.add(waiting);
      return waiting;
    };
    const limit = (device: string): Subscription =>
      after(openLimitMs, () =>
        fail(
          new DeviceError(
            'DEVICE_BUSY',
            `the ${device} was not there within ${openLimitMs / 1000} s; see whether another program has it`,
            { retryable: true },
          ),
        ),
      );
    const ended = (device: string) => () =>
      fail(
        new DeviceError('DEVICE_LOST', `the ${device} ended before everything was measured; try it again`, {
          retryable: true,
        }),
      );

    const finish = (): void => {
      devices.unsubscribe();
      rendered.end();
      captured.end();
      subscriber.next({ type: 'measured', figures: measureAcoustics({ rendered, captured, askedMs }) });
      subscriber.complete();
    };

    const play = (sink: AudioSink): void => {
      const samples = measuringSignal(sink.format.sampleRateHz, settings);
      const ofMs = (samples.length * 1000) / sink.format.sampleRateHz;
      devices.add(sink.rendered$.subscribe({ next: rendered.push, error: fail }));
      for (const frame of framed(samples, sink.format)) sink.write(frame);
      subscriber.next({ type: 'playing', playedMs: 0, ofMs });
      const ticks = interval(1000, scheduler).subscribe(() =>
        subscriber.next({ type: 'playing', playedMs: Math.min(ofMs, sink.position().heardMs), ofMs }),
      );
      devices.add(ticks);
      devices.add(
        sink
          .drain()
          .pipe(takeUntil(timer(ofMs + patienceMs, scheduler)))
          .subscribe({
            error: fail,
            complete: () => {
              ticks.unsubscribe();
              after(echoMs, finish);
            },
          }),
      );
    };

    const openLoudspeaker = (): void => {
      askedMs = scheduler.now();
      const waiting = limit('loudspeaker');
      devices.add(
        defer(() => loudspeaker.openSink()).subscribe({
          next: (sink) => {
            waiting.unsubscribe();
            subscriber.next({ type: 'opened', device: 'loudspeaker', format: sink.format });
            try {
              play(sink);
            } catch (error) {
              fail(error);
            }
          },
          error: fail,
          complete: ended('loudspeaker'),
        }),
      );
    };

    const waiting = limit('microphone');
    devices.add(
      microphone.capture().subscribe({
        next: (frame) => {
          if (captured.length === 0 && !waiting.closed) {
            waiting.unsubscribe();
            subscriber.next({ type: 'opened', device: 'microphone', format: microphone.format });
            after(quietMs, openLoudspeaker);
          }
          captured.push(frame);
        },
        error: fail,
        complete: ended('microphone'),
      }),
    );
  });
}

function framed(samples: Float32Array, format: PcmFormat): readonly AudioFrame[] {
  const step = Math.round((frameMs * format.sampleRateHz) / 1000);
  const count = Math.ceil(samples.length / step);
  return Array.from({ length: count }, (_, i) =>
    audioFrame(
      format,
      fromMono(samples.slice(i * step, (i + 1) * step), format.channels),
      (i * step * 1000) / format.sampleRateHz,
    ),
  );
}
