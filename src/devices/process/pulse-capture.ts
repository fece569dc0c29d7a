import { map, Observable, of, type SchedulerLike, switchMap } from 'rxjs';
import { decodePcm } from '../../core/audio/pcm.js';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import { createComplaints } from './complaints.js';
import { lostError, openingError, openingTimeoutError } from './device-errors.js';
import { createFrameCutter } from './frame-cutter.js';
import { type Environment, startProgram } from './program.js';
import {
  choosePulseDevice,
  missingPulseDevice,
  type PulseDevice,
  queryPulseDevices,
} from './pulse-devices.js';
import { type PulseMessage, readPulseMessage } from './pulse-messages.js';

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
  const { latencyMs, openTimeoutMs, env, scheduler } = options;
  const { name, sampleRateHz } = source;
  const isMono = options.channels === 'mono';
  const channels = isMono ? 1 : source.channels;
  const call = {
    command: 'parec',
    args: [
      '--record',
      '--raw',
      '--verbose',
      `--device=${name}`,
      '--format=float32le',
      `--rate=${sampleRateHz}`,
      `--channels=${channels}`,
      `--channel-map=${isMono ? 'mono' : source.channelMap}`,
      `--latency-msec=${latencyMs}`,
      '--client-name=earshot',
      '--stream-name=microphone',
    ],
    env,
  };

  return new Observable((observer) => {
    const complaints = createComplaints();
    const failure = { label, api: 'pulse', command: 'parec', words: complaints.words } as const;
    const cutter = createFrameCutter(4 * channels);
    let isConnected = false;
    let isOpen = false;

    function take(bytes: Uint8Array): void {
      const whole = cutter.push(bytes);
      // What comes before the server has told from where may be from another device.
      if (!isConnected || whole.length === 0) return;
      if (!isOpen) {
        isOpen = true;
        opening.unsubscribe();
        observer.next({ type: 'opened', format: { sampleRateHz, channels } });
      }
      observer.next({ type: 'block', samples: decodePcm(whole, 'f32'), atMs: scheduler.now() });
    }

    function hear(message: PulseMessage): void {
      switch (message.type) {
        case 'connected':
          // PipeWire takes the default where there is no device of the name.
          if (message.device === name) isConnected = true;
          else
            observer.error(missingPulseDevice(label, `the sound server connected ${message.device} instead`));
          return;
        case 'overrun':
          if (isOpen)
            observer.next({ type: 'xrun', detail: 'the sound server had no room left for what came' });
          return;
        case 'suspended':
          if (isOpen) observer.error(lostError(failure, 'was suspended by the sound server'));
          return;
        case 'moved':
          observer.error(
            lostError(failure, `is gone: the sound server moved the stream to ${message.device}`),
          );
          return;
        default:
      }
    }

    const opening = scheduler.schedule(
      () => observer.error(openingTimeoutError(failure, openTimeoutMs)),
      openTimeoutMs,
    );
    const program = startProgram(call, scheduler, {
      output: take,
      line(text) {
        const message = readPulseMessage(text);
        if (message.type === 'complaint') complaints.add(text);
        else hear(message);
      },
      end(end) {
        if (!isOpen) observer.error(openingError(failure, end));
        else
          observer.error(
            lostError(failure, end.type === 'exited' ? `is gone: parec ${end.status}` : 'is gone'),
          );
      },
    });
    return () => {
      program.kill();
      opening.unsubscribe();
    };
  });
}
