import { defer, type Observable, of, type SchedulerLike } from 'rxjs';
import { isVoiceError } from '../../core/errors.js';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import { mostHardwareChannels, type NamedDevice } from './choose-device.js';
import type { Direction } from './error-texts.js';
import { listAnew, openStream } from './open-stream.js';
import type { Audify, AudifyApi } from './rt-audio.js';

/** The rates that speech and sound cards come in. Units: Hz. */
const usualRatesHz = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] as const;
/** Devices are opened as long as this lasts; those after it are listed unopened. Units: ms. Opening takes 1 to 20 ms. */
const maxProbingMs = 5000;

/** What is there, in this process. */
export function listDevices(
  api: AudifyApi,
  { load, scheduler }: { readonly load: () => Audify; readonly scheduler: SchedulerLike },
): Observable<readonly DeviceListing[]> {
  return defer(() => {
    const audify = load();
    const untilMs = scheduler.now() + maxProbingMs;
    return of(
      (['playout', 'capture'] as const).flatMap((direction) =>
        listDirection(audify, api, direction, () => scheduler.now() < untilMs),
      ),
    );
  });
}

function listDirection(
  audify: Audify,
  api: AudifyApi,
  direction: Direction,
  hasTime: () => boolean,
): readonly DeviceListing[] {
  const { devices, alsa } = listAnew(audify, { api, direction });
  const listed = devices.map((device): DeviceListing => {
    const converts = api === 'alsa' && device.channels > mostHardwareChannels;
    return {
      ...describe(api, direction, device.name, device.info.name),
      isDefault: device.isDefault,
      isMonitor: device.isMonitor,
      channels: converts ? null : device.channels,
      nativeRateHz: api === 'alsa' ? null : device.info.preferredSampleRate || null,
      ...probe(audify, api, direction, device, hasTime),
    };
  });
  // The library leaves out what cannot be opened at the moment.
  const missing = (alsa?.all ?? []).filter(
    (each) =>
      (direction === 'capture' ? each.hasCapture : each.hasPlayout) &&
      !devices.some((device) => device.name === each.name || device.info.name === each.listedName),
  );
  return [
    ...listed,
    ...missing.map((each) => ({
      ...describe(api, direction, each.name, each.listedName),
      isDefault: false,
      isMonitor: false,
      channels: null,
      nativeRateHz: null,
      sampleRatesHz: [],
      problem: 'It cannot be opened now, which mostly means that another program uses it.',
    })),
  ];
}

const describe = (api: AudifyApi, direction: Direction, name: string, description: string) =>
  ({ backend: 'audify', api, name, description, direction }) as const;

/** A sound server converts, so one opening tells that it works; hardware is asked for each rate. */
function probe(
  audify: Audify,
  api: AudifyApi,
  direction: Direction,
  device: NamedDevice,
  hasTime: () => boolean,
): Pick<DeviceListing, 'sampleRatesHz' | 'problem'> {
  const rates = api === 'pulse' ? [48_000] : usualRatesHz;
  let problem: string | null = null;
  const working = rates.filter((sampleRateHz) => {
    if (!hasTime()) {
      problem ??= 'There was no time left to try it.';
      return false;
    }
    try {
      return runsAt(audify, api, direction, device, sampleRateHz);
    } catch (error) {
      if (!isVoiceError(error)) throw error;
      problem ??= error.message.replace(/^\[\w+\] /, '');
      return false;
    }
  });
  if (working.length === 0)
    return { sampleRatesHz: [], problem: problem ?? 'It runs at none of the usual rates.' };
  return { sampleRatesHz: api === 'pulse' ? usualRatesHz : working, problem: null };
}

function runsAt(
  audify: Audify,
  api: AudifyApi,
  direction: Direction,
  device: NamedDevice,
  sampleRateHz: number,
): boolean {
  // Two devices of one name cannot be told apart when they are opened, and that is said there.
  const settings = {
    direction,
    api,
    device: device.name,
    format: { sampleRateHz, channels: 1 },
    channel: 0,
    bufferMs: 10,
    lowLatency: false,
    pulseLatencyMs: 20,
  };
  const isCapture = direction === 'capture';
  const stream = openStream(audify, settings, {
    onInput: isCapture ? ignore : null,
    onOutput: isCapture ? null : ignore,
  });
  stream.rtAudio.closeStream();
  return stream.format.sampleRateHz === sampleRateHz;
}

const ignore = (): void => {};
