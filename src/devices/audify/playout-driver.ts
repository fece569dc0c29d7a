import { Observable, Subscription } from 'rxjs';
import { createSampleQueue } from '../../core/audio/sample-queue.js';
import { DeviceError } from '../../core/errors.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import { createPlayoutPosition, expectedLatencyMs, tailMs } from './playout-position.js';
import type { Audify } from './rt-audio.js';
import { openRunningStream, type StreamSurroundings } from './running-stream.js';
import { labelOf, type StreamSettings } from './stream-settings.js';
import { watchDevice } from './watch-device.js';

/** What a driver in this process needs. */
export interface DriverSurroundings extends Omit<StreamSurroundings, 'audify'> {
  readonly load: () => Audify;
}

/** Buffers that should lie in the queue of the library: one under way, one that waits, one for whoever feeds it late. */
const queuedBuffers = 3;
/**
 * As much as the server takes at once. Started with less it gets silence first, which nothing counts: how much it takes at the start tells
 * how much it holds.
 */
const buffersToStart = 2;
/** More than this waits only for a device that takes nothing. Units: ms. Twice the longest lead that can be asked for. */
const maxQueuedMs = 2000;

/**
 * The native library's playout, in this process.
 *
 * @remarks
 * What is written goes into the queue of the library at once, so that a stall of this process is not heard as long as the queue lasts. It is
 * taken back only by closing: which buffers have left the queue is told a turn of the event loop late, so a queue that is
 * emptied would be off by one now and then, and 10 ms be heard twice. `recall` takes back what does not fill a buffer yet.
 */
export function playoutDriver(
  settings: StreamSettings,
  { load, ...surroundings }: DriverSurroundings,
): PlayoutDriver {
  const label = labelOf(settings);
  return {
    label,
    open: () =>
      new Observable<PlayoutDriverReport>((subscriber) => {
        const { scheduler } = surroundings;
        const audify = load();
        const stream = openRunningStream(
          settings,
          { audify, ...surroundings },
          {
            onBuffer,
            onXrun: (detail) => subscriber.next({ type: 'xrun', detail }),
            onFailed: (error) => subscriber.error(error),
          },
        );
        const { format, bufferSamples } = stream;
        const bufferMs = (bufferSamples * 1000) / format.sampleRateHz;
        const position = createPlayoutPosition(settings, format.sampleRateHz, bufferSamples);
        const rest = createSampleQueue(
          Math.ceil((maxQueuedMs * format.sampleRateHz) / 1000) * format.channels,
        );
        /** Buffers that went into the queue of the library, and that left it. */
        let pushed = 0;
        let popped = 0;
        let emptySinceMs: number | undefined;
        let hasStarted = false;
        const starting = new Subscription();
        subscriber.add(starting);

        function onBuffer(): void {
          popped += 1;
          const atMs = scheduler.now();
          if (popped === pushed) emptySinceMs = atMs;
          const playedFrames = position.playedAfter(popped, stream.latencySamples(), atMs);
          subscriber.next({ type: 'position', atMs, playedFrames });
        }

        function write(samples: Float32Array): void {
          if (subscriber.closed) return;
          const isTaken = rest.push(samples) === samples.length;
          if (!isTaken || (pushed - popped) * bufferMs > maxQueuedMs) {
            const what = `${label} was lost: it took nothing for ${maxQueuedMs} ms; it can be opened again`;
            subscriber.error(new DeviceError('DEVICE_LOST', what, { retryable: true }));
            return;
          }
          const size = bufferSamples * format.channels;
          if (rest.length >= size) tellGap();
          for (; rest.length >= size; pushed += 1) stream.write(rest.shift(size));
          if (pushed >= buffersToStart) start();
          else if (pushed > 0) starting.add(scheduler.schedule(start, buffersToStart * bufferMs));
        }

        function start(): void {
          if (hasStarted || subscriber.closed) return;
          hasStarted = true;
          position.start(scheduler.now());
          try {
            stream.start();
          } catch (error) {
            subscriber.error(error);
          }
        }

        /** The library plays silence when its queue is empty, and says nothing. */
        function tellGap(): void {
          if (emptySinceMs === undefined) return;
          const gapMs = Math.round(scheduler.now() - emptySinceMs - bufferMs);
          emptySinceMs = undefined;
          if (gapMs > 0) subscriber.next({ type: 'xrun', detail: `nothing was queued for ${gapMs} ms` });
        }

        subscriber.add(stream.close);
        if (settings.api === 'pulse') {
          subscriber.add(
            watchDevice({ audify, scheduler }, settings, stream.device.name, stream.isAlive, (error) =>
              subscriber.error(error),
            ),
          );
        }
        const leadMs = expectedLatencyMs(settings, bufferMs) + queuedBuffers * bufferMs;
        const recall = (): number => {
          const taken = rest.length / format.channels;
          rest.clear();
          return taken;
        };
        subscriber.next({ type: 'opened', stream: { format, leadMs, tailMs, write, recall } });
      }),
  };
}
