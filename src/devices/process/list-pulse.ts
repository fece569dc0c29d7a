import { map, type Observable, type SchedulerLike } from 'rxjs';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import type { Environment } from './program.js';
import { queryPulseDevices } from './pulse-devices.js';
import { runToEnd, succeeded } from './run-to-end.js';

/**
 * The rates that are of use to voices and music. Units: Hz. A Pulse or PipeWire server converts from each of them to what its
 * device runs at.
 */
export const usualRatesHz = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] as const;

/** Whoever is to speak to a user waits for this at most. Units: ms. A server answers in 10 ms. */
const answerTimeoutMs = 500;

/** Whether a PulseAudio or PipeWire server answers `pactl`. Cold; emits once, never errors. */
export function askPulseServer(env: Environment, scheduler: SchedulerLike): Observable<boolean> {
  return runToEnd({ command: 'pactl', args: ['info'], env }, answerTimeoutMs, scheduler).pipe(map(succeeded));
}

/** What the server has. Cold; emits once. Errors with `DEVICE_BACKEND`. */
export function listPulseDevices(
  direction: DeviceListing['direction'],
  env: Environment,
  scheduler: SchedulerLike,
): Observable<readonly DeviceListing[]> {
  const label = direction === 'capture' ? 'the list of microphones' : 'the list of loudspeakers';
  return queryPulseDevices({ direction, label, env, scheduler }).pipe(
    map(({ devices, defaultName }) =>
      devices.map((device) => ({
        backend: 'process',
        api: 'pulse',
        name: device.name,
        description: device.description,
        direction,
        isDefault: device.name === defaultName,
        isMonitor: device.isMonitor,
        channels: device.channels,
        nativeRateHz: device.sampleRateHz,
        sampleRatesHz: usualRatesHz,
        problem: device.problem,
      })),
    ),
  );
}
