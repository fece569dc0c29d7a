import { catchError, defer, Observable, type SchedulerLike, Subject, switchMap, tap, throwError } from 'rxjs';
import type { PcmFormat } from '../core/audio/audio-frame.js';
import type { StreamedLoudspeakerOptions } from '../core/hardware/streamed-loudspeaker-options.js';
import type { StreamedMicrophoneOptions } from '../core/hardware/streamed-microphone-options.js';
import { nonEmptyString, oneOf, resolveOptions } from '../core/options.js';
import type { Loudspeaker } from '../core/ports/audio-sink.js';
import type { AudioSource } from '../core/ports/audio-source.js';
import type { DeviceReport } from '../core/ports/device-report.js';
import { audifyLoudspeaker, audifyMicrophone } from './audify/index.js';
import { chooseBackend, type DeviceBackend, explainMissing, isAlsaName } from './choose-backend.js';
import { processLoudspeaker, processMicrophone } from './process/index.js';
import { createSharedTimeline } from './shared-timeline.js';
import { surroundings } from './surroundings.js';
import { createWayMemory } from './way-memory.js';

/** Which device, and how it is to be. */
interface DeviceChoice {
  /**
   * Its name, as `earshot devices` lists it: it stays the same over restarts and replugging. `default` is whatever the sound
   * system says at each opening.
   * @defaultValue 'default'
   */
  readonly device: string;
  /** Layout of the frames; the hardware may run at another rate. @defaultValue 48 kHz mono */
  readonly format: PcmFormat;
}

/** How devices are opened. @public */
export interface OpenDevicesOptions {
  /** The microphone: its `device` (`default`), its `format` (48 kHz mono), and `StreamedMicrophoneOptions`. @defaultValue {} */
  readonly capture: Partial<DeviceChoice & StreamedMicrophoneOptions>;
  /** The loudspeaker: its `device` (`default`), its `format` (48 kHz mono), and `StreamedLoudspeakerOptions`. @defaultValue {} */
  readonly playout: Partial<DeviceChoice & StreamedLoudspeakerOptions>;
  /**
   * `process`: the programs of the system (parec, pacat, arecord, aplay), Linux only. `audify`: the native library, in a child process.
   * `auto`: the programs on Linux where they are there, else the library; decided anew at each opening.
   * @defaultValue 'auto'
   */
  readonly backend: DeviceBackend['backend'] | 'auto';
  /** The sound system. `auto`: Pulse where a server answers, else ALSA; elsewhere the platform's own. @defaultValue 'auto' */
  readonly api: DeviceBackend['api'] | 'auto';
  /** Environment of child processes, beside this process's own. Such as `PULSE_SERVER`. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
}

/** A microphone and a loudspeaker that keep in step. @public */
export interface OpenedDevices {
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker & { readonly format: PcmFormat };
  /** Which way each was opened last; null before. */
  readonly chosen: { readonly capture: DeviceBackend | null; readonly playout: DeviceBackend | null };
}

const defaultChoice: DeviceChoice = { device: 'default', format: { sampleRateHz: 48_000, channels: 1 } };

/** @public */
export const defaultOpenDevicesOptions = {
  capture: {},
  playout: {},
  backend: 'auto',
  api: 'auto',
  env: {},
} as const satisfies OpenDevicesOptions;

/**
 * The microphone and the loudspeaker of this machine.
 *
 * @remarks
 * Nothing is opened before somebody subscribes. How a device is reached is decided at each opening, so a sound server may come late,
 * go and return; for 15 s after it went it is waited for, and the card is left to it. The microphone keeps the loudspeaker's pace: over days, one millisecond captured is one millisecond rendered.
 *
 * Both error with `DeviceError` as their ports say; without any way to sound with `DEVICE_BACKEND`, retryable.
 * @param options - `scheduler` is the pipeline's: `monotonicScheduler()` of earshot/devices/clock.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function openDevices(
  options: { readonly scheduler: SchedulerLike } & Partial<OpenDevicesOptions>,
): OpenedDevices {
  const { scheduler, ...given } = options;
  const { backend, api, env, capture, playout } = resolveOptions<OpenDevicesOptions>(
    'openDevices',
    defaultOpenDevicesOptions,
    given,
    {
      backend: oneOf('auto', 'process', 'audify'),
      api: oneOf('auto', 'pulse', 'alsa', 'core-audio', 'wasapi'),
    },
  );
  const captured = { ...defaultChoice, ...capture };
  const played = { ...defaultChoice, ...playout };
  for (const [where, { device }] of [
    ['openDevices.capture', captured],
    ['openDevices.playout', played],
  ] as const) {
    resolveOptions(where, { device }, {}, { device: nonEmptyString });
  }

  const timeline = createSharedTimeline();
  const machine = surroundings(env);
  const chosen: { capture: DeviceBackend | null; playout: DeviceBackend | null } = {
    capture: null,
    playout: null,
  };
  const memory = createWayMemory(scheduler);
  const choose = (role: keyof typeof chosen, device: string): Observable<DeviceBackend> =>
    defer(async () => {
      const stayed = backend === 'auto' && api === 'auto' && !isAlsaName(device) ? memory.current : undefined;
      return stayed ?? chooseBackend({ backend, api, device }, machine);
    }).pipe(
      tap((choice) => {
        chosen[role] = choice;
      }),
    );
  const explained = <T>(opened$: Observable<T>): Observable<T> =>
    opened$.pipe(
      catchError((error: unknown) => throwError(() => explainMissing(error, backend, machine.platform))),
    );

  const microphone = oneForEachWay<AudioSource>((way) => {
    const parts = { ...captured, scheduler, timeline };
    return way.backend === 'process'
      ? processMicrophone({ ...parts, env, api: linuxApi(way) })
      : audifyMicrophone({ ...parts, env, api: way.api });
  });
  const loudspeaker = oneForEachWay((way) => {
    const parts = { ...played, scheduler };
    return way.backend === 'process'
      ? processLoudspeaker({ ...parts, env, api: linuxApi(way) })
      : audifyLoudspeaker({ ...parts, env, api: way.api });
  });
  // What cannot be made is told now, not at the first opening; nothing is opened by it.
  microphone.of({ backend: 'process', api: 'pulse' });
  loudspeaker.of({ backend: 'process', api: 'pulse' });

  const captureReports$ = new Subject<DeviceReport>();
  const playoutReports$ = new Subject<DeviceReport>();
  return {
    microphone: {
      format: captured.format,
      reports$: captureReports$.asObservable(),
      capture: () =>
        choose('capture', captured.device).pipe(
          switchMap((way) => {
            const source = microphone.of(way);
            return reporting(source, captureReports$, source.capture()).pipe(memory.opened(way));
          }),
          explained,
        ),
    },
    loudspeaker: {
      format: played.format,
      reports$: playoutReports$.asObservable(),
      openSink: () =>
        choose('playout', played.device).pipe(
          switchMap((way) => {
            const device = loudspeaker.of(way);
            timeline.follow(device.timeline);
            return reporting(device, playoutReports$, device.openSink()).pipe(memory.opened(way));
          }),
          explained,
        ),
    },
    chosen,
  };
}

/** A device is made once for each way that it is reached, so that it remembers what it has seen. */
function oneForEachWay<T>(make: (way: DeviceBackend) => T): { of(way: DeviceBackend): T } {
  const made = new Map<string, T>();
  return {
    of(way) {
      const key = `${way.backend}/${way.api}`;
      const device = made.get(key) ?? make(way);
      made.set(key, device);
      return device;
    },
  };
}

const linuxApi = ({ api }: DeviceBackend): 'pulse' | 'alsa' => (api === 'pulse' ? 'pulse' : 'alsa');

/** Pass the device's reports on for as long as it is open. */
function reporting<T>(
  { reports$ }: { readonly reports$?: Observable<DeviceReport> },
  told$: Subject<DeviceReport>,
  opened$: Observable<T>,
): Observable<T> {
  return new Observable((subscriber) => {
    subscriber.add(reports$?.subscribe((report) => told$.next(report)));
    subscriber.add(opened$.subscribe(subscriber));
  });
}
