import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { DeviceError } from '../../core/errors.js';
import { type AlsaNames, readAlsaNames } from './alsa-names.js';
import { chooseDevice, devicesOf, mostHardwareChannels, type NamedDevice } from './choose-device.js';
import { openFailure } from './error-texts.js';
import { onProcessError } from './process-errors.js';
import { type Audify, apis, float32Format, minimizeLatencyFlag, type RtAudio } from './rt-audio.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** A stream of the native library that is open and not started. */
export interface OpenStream {
  readonly rtAudio: RtAudio;
  readonly device: NamedDevice;
  /** What the device really takes or gives. */
  readonly format: PcmFormat;
  /** Sample frames in one buffer. */
  readonly bufferSamples: number;
}

/** What the library calls when a buffer has gone in or out. */
export interface StreamCalls {
  readonly onInput: ((pcm: Uint8Array) => void) | null;
  readonly onOutput: (() => void) | null;
}

/** RtAudio objects on which opening failed. See `open`. */
const spares = new Map<Audify, RtAudio[]>();

/** The devices of one direction, asked for anew: an object that was asked before goes on showing the old defaults. */
export function listAnew(
  audify: Audify,
  settings: Pick<StreamSettings, 'api' | 'direction'>,
): {
  readonly rtAudio: RtAudio;
  readonly devices: readonly NamedDevice[];
  readonly alsa: AlsaNames | undefined;
} {
  const rtAudio = createRtAudio(audify, settings.api);
  const alsa = settings.api === 'alsa' ? readAlsaNames() : undefined;
  return { rtAudio, devices: devicesOf(rtAudio.getDevices(), settings, alsa), alsa };
}

/**
 * Open a stream on the device that the settings name.
 *
 * @throws DeviceError
 */
export function openStream(audify: Audify, settings: StreamSettings, calls: StreamCalls): OpenStream {
  const label = labelOf(settings);
  const { rtAudio, devices, alsa } = listAnew(audify, settings);
  const device = chooseDevice(devices, { ...settings, label }, alsa);
  const channels = channelsToOpen(settings, device, label);
  const rate = rateToAsk(settings, device);
  const first = open(audify, rtAudio, settings, device, { sampleRateHz: rate, channels }, calls);
  if (first.format.sampleRateHz === rate) return first;
  // ALSA takes any rate and runs at its own. A buffer then does not last what it should: once more, with the true rate.
  first.rtAudio.closeStream();
  const again = createRtAudio(audify, settings.api);
  return open(audify, again, settings, atHome(again, device), first.format, calls);
}

/** @throws DeviceError `DEVICE_BACKEND` when the binary was built without that sound system: it would silently take another one. */
function createRtAudio(audify: Audify, api: StreamSettings['api']): RtAudio {
  const { number, answer } = apis[api];
  const rtAudio = new audify.RtAudio(number);
  const got = rtAudio.getApi();
  if (got === answer) return rtAudio;
  throw new DeviceError(
    'DEVICE_BACKEND',
    `the native library was built without ${answer} and would use ${got}; choose another api${
      api === 'pulse' ? ', or run: apt install libpulse-dev && npm rebuild audify --build-from-source' : ''
    }`,
  );
}

/**
 * Mono on a stereo device would sound on the left only, so both channels are opened where there are two.
 *
 * A Pulse server connects channels by their names, and the library names those of a stream as sound files do; so from three channels on
 * each is another one than was meant, or none. One channel is the mean of all there, two are left and right.
 */
function channelsToOpen(settings: StreamSettings, device: NamedDevice, label: string): number {
  const { api, direction, format, channel } = settings;
  const isPulse = api === 'pulse';
  if (direction === 'playout') {
    return Math.min(device.channels, isPulse ? 2 : Math.max(2, format.channels));
  }
  if (channel === 'mix') return isPulse || device.channels > mostHardwareChannels ? 1 : device.channels;
  if (channel >= device.channels) {
    throw new DeviceError(
      'DEVICE_FORMAT_UNSUPPORTED',
      `${label} has ${device.channels} channels and no channel ${channel}; choose channel 0 to ${device.channels - 1}, or 'mix'`,
    );
  }
  if (!isPulse) return channel + 1;
  if (device.channels <= 2) return device.channels;
  throw new DeviceError(
    'DEVICE_FORMAT_UNSUPPORTED',
    `${label} has ${device.channels} channels, which the native library cannot tell apart through a Pulse server; choose api 'alsa', the backend 'process', or channel 'mix'`,
  );
}

/** A sound server converts whatever it is asked for; hardware is asked for what it can do. */
function rateToAsk({ api, format }: StreamSettings, { info }: NamedDevice): number {
  const can = api === 'pulse' || info.sampleRates.includes(format.sampleRateHz) || !info.preferredSampleRate;
  return can ? format.sampleRateHz : info.preferredSampleRate;
}

function open(
  audify: Audify,
  fresh: RtAudio,
  settings: StreamSettings,
  device: NamedDevice,
  wanted: PcmFormat,
  { onInput, onOutput }: StreamCalls,
): OpenStream {
  // An object on which opening failed must never be collected: releasing what a failed opening on Pulse left behind is a segmentation
  // fault. It can be opened again as long as it never was open (one that was would abort). So it waits here, and serves the next opening.
  const spare = takeSpare(audify, settings, device);
  const rtAudio = spare ?? fresh;
  const { id } = (spare ? atHome(spare, device) : device).info;
  const end = { deviceId: id, nChannels: wanted.channels };
  const isCapture = settings.direction === 'capture';
  const asked = Math.round((wanted.sampleRateHz * settings.bufferMs) / 1000);
  try {
    const bufferSamples = withPulseLatency(settings, () =>
      rtAudio.openStream(
        isCapture ? null : end,
        isCapture ? end : null,
        float32Format,
        wanted.sampleRateHz,
        asked,
        'earshot',
        onInput,
        onOutput,
        settings.lowLatency ? minimizeLatencyFlag : 0,
        onProcessError,
      ),
    );
    const format = { sampleRateHz: rtAudio.getStreamSampleRate(), channels: wanted.channels };
    return { rtAudio, device, format, bufferSamples };
  } catch (error) {
    spares.set(audify, [...(spares.get(audify) ?? []), rtAudio]);
    throw openFailure(labelOf(settings), error);
  }
}

/** The same device under the number that it has for this object; each object counts on its own. */
function atHome(rtAudio: RtAudio, device: NamedDevice): NamedDevice {
  const { id, name } = device.info;
  const same = rtAudio.getDevices().filter((each) => each.name === name);
  const info = same.find((each) => each.id === id) ?? same[0];
  return info ? { ...device, info } : device;
}

/** One of the same sound system, if there is one. It learns of new devices when it is asked for them. */
function takeSpare(audify: Audify, { api }: StreamSettings, device: NamedDevice): RtAudio | undefined {
  const waiting = spares.get(audify) ?? [];
  const usable = waiting.find(
    (spare) =>
      spare.getApi() === apis[api].answer &&
      spare.getDevices().some((each) => each.name === device.info.name),
  );
  if (usable) {
    spares.set(
      audify,
      waiting.filter((spare) => spare !== usable),
    );
  }
  return usable;
}

/**
 * Two buffers for playout, one for capture: what the Pulse client asks the server for. Left alone it buffers 150 ms of playout, and loses input when
 * this process stops for some 40 ms. The client reads it only from the environment, when a stream is opened.
 */
function withPulseLatency<T>({ api, direction, bufferMs }: StreamSettings, work: () => T): T {
  if (api !== 'pulse') return work();
  const name = 'PULSE_LATENCY_MSEC';
  const before = process.env[name];
  process.env[name] = String(direction === 'playout' ? 2 * bufferMs : bufferMs);
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}
