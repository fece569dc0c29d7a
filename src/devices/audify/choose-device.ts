import { DeviceError } from '../../core/errors.js';
import { type AlsaNames, cardName } from './alsa-names.js';
import type { Direction } from './error-texts.js';
import type { AudifyApi, RtAudioDevice } from './rt-audio.js';

/** A device of one direction, with the name that opens it. */
export interface NamedDevice {
  readonly info: RtAudioDevice;
  /** Stays the same over restarts and replugging. */
  readonly name: string;
  readonly channels: number;
  readonly isDefault: boolean;
  readonly isMonitor: boolean;
}

/** No hardware has more channels that a kiosk wants; the plugins of ALSA say 32 or more, because they convert. */
export const mostHardwareChannels = 8;

/** Those of one direction, in the order in which they are listed. */
export function devicesOf(
  infos: readonly RtAudioDevice[],
  { api, direction }: { readonly api: AudifyApi; readonly direction: Direction },
  alsa?: AlsaNames,
): readonly NamedDevice[] {
  const isCapture = direction === 'capture';
  const stableNames = alsa?.stableNames(infos.map((info) => info.name));
  return infos
    .map((info, index) => ({
      info,
      name: stableNames?.[index] ?? info.name,
      channels: isCapture ? info.inputChannels : info.outputChannels,
      isDefault: isCapture ? info.isDefaultInput : info.isDefaultOutput,
      isMonitor: isCapture && api === 'pulse' && isMonitor(info, infos),
    }))
    .filter((device) => device.channels > 0);
}

/**
 * PulseAudio calls it `Monitor of SINK`, with the first words in the language of the desktop. PipeWire calls it like the sink, and RtAudio takes the two
 * for one device with both directions; as the default input it is a headset whose parts have one name.
 */
function isMonitor(info: RtAudioDevice, infos: readonly RtAudioDevice[]): boolean {
  const isNamedMonitor = ({ name, outputChannels }: RtAudioDevice): boolean =>
    /monitor/i.test(name) &&
    outputChannels === 0 &&
    infos.some((other) => other.outputChannels > 0 && name !== other.name && name.endsWith(other.name));
  if (isNamedMonitor(info)) return true;
  return info.outputChannels > 0 && !info.isDefaultInput && !infos.some(isNamedMonitor);
}

/**
 * The device of that name, never of that place in the list, which changes when something is plugged in.
 *
 * @param label - what it is called in messages.
 * @throws DeviceError `DEVICE_NOT_FOUND`, `DEVICE_BUSY`, or `DEVICE_BACKEND` when nothing at all is there.
 */
export function chooseDevice(
  devices: readonly NamedDevice[],
  wanted: {
    readonly api: AudifyApi;
    readonly device: string;
    readonly direction: Direction;
    readonly label: string;
  },
  alsa?: AlsaNames,
): NamedDevice {
  const { api, direction, label } = wanted;
  const device = api === 'alsa' ? cardName(wanted.device) : wanted.device;
  const named = devices.filter((each) => each.name === device || each.info.name === device);
  const defaults = device === 'default' ? devices.filter((each) => each.isDefault) : [];
  const matches = defaults.length > 0 ? defaults : named;
  const [found, another] = matches;
  if (found && another) {
    throw notFound(
      `${label} is ambiguous: ${matches.length} devices are called that`,
      api === 'alsa' ? 'name it hw:CARD=ID,DEV=NUMBER' : 'give one of them another name',
      false,
    );
  }
  if (found && device === 'default' && found.isMonitor) {
    throw notFound(
      `${label} would be "${found.name}", which hears a loudspeaker and no room`,
      'plug in a microphone, or name the device',
      true,
    );
  }
  if (found) return found;
  const known = alsa?.all.find((each) => each.name === device || each.listedName === device);
  if (known && (direction === 'capture' ? known.hasCapture : known.hasPlayout)) {
    throw new DeviceError(
      'DEVICE_BUSY',
      `${label} is there but cannot be opened now; end the program that uses it (fuser -v /dev/snd/*), or go through the sound server`,
      { retryable: true },
    );
  }
  if (devices.length === 0 && api === 'pulse') {
    throw new DeviceError(
      'DEVICE_BACKEND',
      `${label} cannot be reached, because no PulseAudio or PipeWire server answers; start it, or choose api 'alsa'`,
      { retryable: true },
    );
  }
  const names = devices.filter((each) => !each.isMonitor).map((each) => JSON.stringify(each.name));
  throw notFound(
    `${label} is not there`,
    names.length === 0 ? 'plug in a device' : `plug it in, or choose one of ${names.join(', ')}`,
    true,
  );
}

const notFound = (what: string, cure: string, retryable: boolean): DeviceError =>
  new DeviceError('DEVICE_NOT_FOUND', `${what}; ${cure}`, { retryable });
