import { Observable } from 'rxjs';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { DriverSurroundings } from './playout-driver.js';
import { sampleBytes } from './rt-audio.js';
import { openRunningStream } from './running-stream.js';
import { labelOf, type StreamSettings } from './stream-settings.js';
import { watchDevice } from './watch-device.js';

/** The native library's capture, in this process. */
export function captureDriver(
  settings: StreamSettings,
  { load, ...surroundings }: DriverSurroundings,
): CaptureDriver {
  return {
    label: labelOf(settings),
    open: () =>
      new Observable<CaptureDriverReport>((subscriber) => {
        const { scheduler } = surroundings;
        const audify = load();
        const stream = openRunningStream(
          settings,
          { audify, ...surroundings },
          {
            onBuffer(pcm) {
              if (pcm) subscriber.next({ type: 'block', samples: floatsOf(pcm), atMs: scheduler.now() });
            },
            onXrun: (detail) => subscriber.next({ type: 'xrun', detail }),
            onFailed: (error) => subscriber.error(error),
          },
        );
        subscriber.add(stream.close);
        if (settings.api === 'pulse') {
          subscriber.add(
            watchDevice({ audify, scheduler }, settings, stream.device.name, stream.isAlive, (error) =>
              subscriber.error(error),
            ),
          );
        }
        subscriber.next({ type: 'opened', format: stream.format });
        if (!subscriber.closed) stream.start();
      }),
  };
}

/** The library copies each buffer for us, so its memory is ours; it is aligned unless somebody cut it out of a larger one. */
function floatsOf(pcm: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = pcm;
  if (byteOffset % sampleBytes === 0)
    return new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / sampleBytes);
  return new Float32Array(pcm.slice().buffer);
}
