import { Observable } from 'rxjs';
import { encodePcm } from '../../core/audio/pcm.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import {
  type AlsaDeviceOptions,
  type AlsaEvent,
  type AlsaMemory,
  type AlsaReady,
  openAlsa,
} from './alsa-session.js';
import { lostError } from './device-errors.js';
import { createPlayoutBacklog, type PlayoutBacklog } from './playout-backlog.js';

/**
 * What lies between the device's buffer and the air. Units: ms. A converter takes 1 to 2. Behind the plugin for sound servers it was 4.6 on PulseAudio
 * 16.1 and from -3 to 6 on PipeWire 0.3.65, by a recording of the monitor.
 */
const beyondBufferMs = 3;

/**
 * A driver that plays through `aplay`.
 *
 * The position is what `aplay` has put into the device's buffer, less the buffer: right after it has put in a period, the buffer is full.
 * It waits until then with the first sound, too.
 */
export function alsaPlayoutDriver(options: AlsaDeviceOptions): PlayoutDriver {
  const label = `the loudspeaker "${options.device}"`;
  const memory: AlsaMemory = {};
  return {
    label,
    open: () =>
      new Observable<PlayoutDriverReport>((observer) => {
        const { scheduler } = options;
        let backlog: PlayoutBacklog | undefined;
        let taken = 0;
        /** Sample frames that are out of reach of what is audible. */
        let held = 0;

        function opened({ setup, program, failure }: AlsaReady): void {
          const { sampleRateHz, channels, encoding, bufferFrames, periodFrames } = setup;
          const periodMs = (periodFrames * 1000) / sampleRateHz;
          const bufferMs = (bufferFrames * 1000) / sampleRateHz;
          held = bufferFrames + Math.round((beyondBufferMs * sampleRateHz) / 1000);
          const given = createPlayoutBacklog(sampleRateHz, scheduler, (how) =>
            observer.error(lostError(failure, how)),
          );
          backlog = given;
          observer.next({
            type: 'opened',
            stream: {
              format: { sampleRateHz, channels },
              // One period in the hands of aplay, and one in the pipe for it to find.
              leadMs: bufferMs + 2 * periodMs,
              write(samples) {
                given.wrote(samples.length / channels);
                program.write(encodePcm(samples, encoding));
              },
              recall: () => 0,
            },
          });
        }

        function hear(event: AlsaEvent): void {
          if (event.type === 'ready') opened(event);
          else if (event.type === 'xrun') observer.next(event);
          else if (event.type === 'taken' && backlog) {
            taken += event.frames;
            // aplay fills up the last period with silence of its own.
            const playedFrames = Math.max(0, Math.min(backlog.written, taken) - held);
            backlog.played(playedFrames);
            observer.next({ type: 'position', atMs: scheduler.now(), playedFrames });
          }
        }

        const running = openAlsa('aplay', label, options, memory).subscribe({
          next: hear,
          error: (error) => observer.error(error),
        });
        return () => {
          running.unsubscribe();
          backlog?.close();
        };
      }),
  };
}
