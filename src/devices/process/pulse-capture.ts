import { map, Observable, of, type SchedulerLike, switchMap } from 'rxjs';
import { decodePcm } from '../../core/audio/pcm.js';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import { createFrameCutter } from './frame-cutter.js';
import type { Environment } from './program.js';
import { choosePulseDevice, type PulseDevice, queryPulseDevices } from './pulse-devices.js';
import { startPulse } from './pulse-session.js';

/** How a microphone is reached through `parec`. */
export interface PulseCaptureOptions {
  /** Name of the source, or `default`. */
  readonly device: string;
  /** `own`: as many as the device has. `mono`: the server mixes them. */
  readonly channels: 'own' | 'mono';
  /** How much comes at once. Units: ms. */
  readonly latencyMs: number;
  /** Units: ms. */
  readonly openTimeoutMs: number;
  readonly env: Environment;
  readonly scheduler: SchedulerLike;
}

/** A driver that records through `parec`, at the rate at which the device runs by itself. */
export function pulseCaptureDriver(options: PulseCaptureOptions): CaptureDriver {
  const { device, env, scheduler } = options;
  const label = `the microphone "${device}"`;
  const query = { direction: 'capture', label, env, scheduler } as const;
  return {
    label,
    open: () =>
      of(undefined).pipe(
        switchMap(() => queryPulseDevices(query)),
        map((found) => choosePulseDevice(found, device, query)),
        switchMap((source) => recordFrom(source, label, options)),
      ),
  };
}

function recordFrom(
  source: PulseDevice,
  label: string,
  options: PulseCaptureOptions,
): Observable<CaptureDriverReport> {
  const { scheduler } = options;
  const { name, sampleRateHz } = source;
  const isMono = options.channels === 'mono';
  const channels = isMono ? 1 : source.channels;
  const args = [`--channel-map=${isMono ? 'mono' : source.channelMap}`];
  const call = { ...options, command: 'parec', label, device: name, sampleRateHz, channels, args } as const;

  return new Observable((observer) => {
    const cutter = createFrameCutter(4 * channels);
    let isConnected = false;

    function take(bytes: Uint8Array): void {
      const whole = cutter.push(bytes);
      // What comes before the server has told from where may be from another device.
      if (!isConnected || whole.length === 0) return;
      if (!session.isOpen) {
        session.open();
        observer.next({ type: 'opened', format: { sampleRateHz, channels } });
      }
      observer.next({ type: 'block', samples: decodePcm(whole, 'f32'), atMs: scheduler.now() });
    }

    const session = startPulse(call, {
      connected() {
        isConnected = true;
      },
      hear({ type }) {
        if (type === 'overrun' && session.isOpen)
          observer.next({ type: 'xrun', detail: 'the sound server had no room left for what came' });
      },
      output: take,
      failed: (error) => observer.error(error),
    });
    return session.close;
  });
}
