import type { OpenDevicesOptions } from '../../devices/index.js';
import {
  type CalibratedOptions,
  type Calibration,
  calibratedOptions,
  type LinearEchoCancellerOptions,
} from '../../index.js';
import type { EarshotConfig, EchoCancellersConfig, SoundDevicesConfig } from './earshot-config.js';

/** What follows from a config and from what was measured, where it was; what the config says goes before it. */
export interface DeviceSettings {
  readonly devices: Partial<OpenDevicesOptions>;
  readonly linear: Partial<LinearEchoCancellerOptions>;
}

/** Which echo cancellers a config asks for. */
export const echoCancellersOf = ({
  echoCancellers = {},
}: Pick<Partial<EarshotConfig>, 'echoCancellers'>): EchoCancellersConfig =>
  echoCancellers === 'off' ? { linear: 'off', webrtc: 'off' } : echoCancellers;

/** Work out the options of sound cards and of the canceller that depends on them. */
export function deviceSettings(
  sound: SoundDevicesConfig,
  config: Pick<EarshotConfig, 'echoCancellers'>,
  calibration: Calibration | undefined,
): DeviceSettings {
  const { kind: _, calibration: __, ...given } = sound;
  const wished = echoCancellersOf(config).linear;
  const linear = wished === undefined || wished === 'off' ? {} : wished;
  if (calibration === undefined) return { devices: given, linear };
  const measured: CalibratedOptions = calibratedOptions(calibration);
  const { capture = {}, playout = {} } = given;
  return {
    devices: {
      ...given,
      capture: { ...measured.capture, ...capture },
      playout: { ...measured.playout, ...playout, wake: { ...measured.playout.wake, ...playout.wake } },
    },
    linear: { ...measured.echoCanceller, ...linear },
  };
}

/** Why a calibration may not hold, as a sentence; undefined when it does. */
export function calibrationDoubt(
  { capture, playout }: SoundDevicesConfig,
  { devices }: Calibration,
): string | undefined {
  const others = [
    capture?.device !== undefined &&
      capture.device !== devices.capture &&
      `the microphone ${devices.capture}`,
    playout?.device !== undefined &&
      playout.device !== devices.playout &&
      `the loudspeaker ${devices.playout}`,
  ].filter((other) => other !== false);
  if (others.length === 0) return undefined;
  return `The calibration was measured with ${others.join(' and ')}, and the config names another; measure again with earshot doctor --acoustics.`;
}
