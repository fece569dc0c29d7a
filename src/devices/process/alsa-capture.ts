import { Observable, Subscription } from 'rxjs';
import { bytesPerSample, decodePcm } from '../../core/audio/pcm.js';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { AlsaSetup } from './alsa-messages.js';
import { type AlsaDeviceOptions, type AlsaMemory, type AlsaReady, openAlsa } from './alsa-session.js';
import { openingTimeoutError } from './device-errors.js';
import { createFrameCutter, type FrameCutter } from './frame-cutter.js';

/** A driver that records through `arecord`. */
export function alsaCaptureDriver(options: AlsaDeviceOptions): CaptureDriver {
  const label = `the microphone "${options.device}"`;
  const memory: AlsaMemory = {};
  return {
    label,
    open: () =>
      new Observable<CaptureDriverReport>((observer) => {
        const { scheduler, openTimeoutMs } = options;
        const subscription = new Subscription();
        const opening = new Subscription();
        subscription.add(opening);
        let device: { readonly setup: AlsaSetup; readonly cutter: FrameCutter } | undefined;
        let isOpen = false;

        /** It is set up; whether it delivers is seen with the first samples. */
        function ready({ setup, failure }: AlsaReady): void {
          device = { setup, cutter: createFrameCutter(setup.channels * bytesPerSample(setup.encoding)) };
          const tooLate = (): void => observer.error(openingTimeoutError(failure, openTimeoutMs));
          opening.add(scheduler.schedule(tooLate, openTimeoutMs));
        }

        function take(bytes: Uint8Array): void {
          const whole = device?.cutter.push(bytes);
          if (!device || !whole || whole.length === 0) return;
          const { encoding, sampleRateHz, channels } = device.setup;
          if (!isOpen) {
            isOpen = true;
            opening.unsubscribe();
            observer.next({ type: 'opened', format: { sampleRateHz, channels } });
          }
          observer.next({ type: 'block', samples: decodePcm(whole, encoding), atMs: scheduler.now() });
        }

        subscription.add(
          openAlsa('arecord', label, options, memory).subscribe({
            next(event) {
              if (event.type === 'ready') ready(event);
              else if (event.type === 'output') take(event.bytes);
              else if (event.type === 'xrun' && isOpen) observer.next(event);
            },
            error: (error) => observer.error(error),
          }),
        );
        return subscription;
      }),
  };
}
