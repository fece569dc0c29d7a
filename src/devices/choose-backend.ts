import { DeviceError, isVoiceError } from '../core/errors.js';

/** A way to reach sound. @public */
export interface DeviceBackend {
  /** `process`: the programs of the system; `audify`: the native library. */
  readonly backend: 'process' | 'audify';
  readonly api: 'pulse' | 'alsa' | 'core-audio' | 'wasapi';
}

/** What is wanted; `auto` leaves it to what is there. */
export interface BackendWish {
  readonly backend: DeviceBackend['backend'] | 'auto';
  readonly api: DeviceBackend['api'] | 'auto';
  /** Name of the device. */
  readonly device: string;
}

/** What this machine has. Each is asked for only when it matters. */
export interface Surroundings {
  /** As `process.platform` has it. */
  readonly platform: string;
  /** Whether a PulseAudio or PipeWire server answers, and its programs are there. */
  pulseAnswers(): Promise<boolean>;
  /** Whether the programs of alsa-utils are there. */
  hasAlsaPrograms(): Promise<boolean>;
}

/** Names that only ALSA has: what a PCM plugin is called, and its arguments. */
const alsaName =
  /^(hw|plughw|plug|dmix|dsnoop|default|sysdefault|front|rear|surround\d+|hdmi|iec958|usbstream|null|file):/;

export const isAlsaName = (device: string): boolean => alsaName.test(device);

/**
 * Choose the way to a device.
 *
 * @remarks
 * On Linux: the programs of PulseAudio where a server answers, unless the name is one of ALSA's; else the programs of ALSA; else the native
 * library. Elsewhere the native library.
 * @throws DeviceError `DEVICE_BACKEND` when programs are wanted where there are none.
 */
export async function chooseBackend(wish: BackendWish, surroundings: Surroundings): Promise<DeviceBackend> {
  const { platform } = surroundings;
  if (platform !== 'linux' || wish.api === 'core-audio' || wish.api === 'wasapi') {
    if (wish.backend === 'process') throw noProgramsError(wish.api, platform);
    return { backend: 'audify', api: wish.api === 'auto' ? ownApi(platform) : wish.api };
  }
  const wantsAlsa = wish.api === 'alsa' || (wish.api === 'auto' && isAlsaName(wish.device));
  if (!wantsAlsa && (wish.api === 'pulse' || (await surroundings.pulseAnswers()))) {
    return { backend: wish.backend === 'audify' ? 'audify' : 'process', api: 'pulse' };
  }
  if (wish.backend === 'audify') return { backend: 'audify', api: 'alsa' };
  if (wish.backend === 'process' || (await surroundings.hasAlsaPrograms())) {
    return { backend: 'process', api: 'alsa' };
  }
  return { backend: 'audify', api: 'alsa' };
}

function ownApi(platform: string): DeviceBackend['api'] {
  if (platform === 'darwin') return 'core-audio';
  return platform === 'win32' ? 'wasapi' : 'pulse';
}

function noProgramsError(api: BackendWish['api'], platform: string): DeviceError {
  const what = platform === 'linux' ? `there is no ${api}` : `this is ${platform}`;
  return new DeviceError(
    'DEVICE_BACKEND',
    `the programs of the system are for PulseAudio, PipeWire and ALSA on Linux, and ${what}; choose backend "auto" or "audify"`,
  );
}

/**
 * What it means that the library is missing: on Linux it is what is left when nothing else is there, so that there is no way at all yet.
 * Elsewhere, and where it was asked for, it is simply missing.
 */
export function explainMissing(error: unknown, backend: BackendWish['backend'], platform: string): unknown {
  const isLast = backend === 'auto' && platform === 'linux';
  return isLast && isVoiceError(error) && error.code === 'PEER_MISSING' ? noBackendError(error) : error;
}

/** No way at all. */
function noBackendError(cause: unknown): DeviceError {
  return new DeviceError(
    'DEVICE_BACKEND',
    'there is no way to sound on this machine: no PulseAudio or PipeWire server answers, and neither the programs of ALSA nor ' +
      'the package audify are there; apt install alsa-utils (or pulseaudio-utils), or npm install audify',
    { retryable: true, cause },
  );
}
