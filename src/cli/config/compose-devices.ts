import { readFile } from 'node:fs/promises';
import type { SchedulerLike } from 'rxjs';
import { openDevices } from '../../devices/index.js';
import { wavFileLoudspeaker, wavFileMicrophone } from '../../devices/wav-file/index.js';
import {
  type AudioSource,
  createTimeBase,
  type LinearEchoCancellerOptions,
  type Loudspeaker,
  OptionError,
  parseCalibration,
} from '../../index.js';
import { pathFrom } from './config-files.js';
import { calibrationDoubt, deviceSettings, echoCancellersOf } from './device-options.js';
import type { EarshotConfig } from './earshot-config.js';
import { whyNot } from './referenced-text.js';

/** Devices that are made and not open yet. */
export interface ComposedDevices {
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker;
  /** First instant of the recordings, where it is recordings. Units: ms on the clock of the scheduler. */
  readonly originMs: number;
  /** Options of our own canceller, which follow from what was measured of these devices; undefined for none. */
  readonly linear: Partial<LinearEchoCancellerOptions> | undefined;
  readonly notices: readonly string[];
}

/** What is to be made: settled before anything else is loaded, because it tells what is wrong soonest. */
export async function composeDevices(
  config: EarshotConfig,
  folder: string,
  scheduler: SchedulerLike,
): Promise<() => ComposedDevices> {
  const { devices = {} } = config;
  const wanted = echoCancellersOf(config).linear;
  if (devices.kind === 'wav-file') {
    const microphone = pathFrom(folder, devices.microphone);
    const loudspeaker = pathFrom(folder, devices.loudspeaker);
    const { atEnd } = devices;
    // A recording does not hear the loudspeaker, so that there is nothing to take out unless it is asked for.
    const linear = wanted === 'off' ? undefined : wanted;
    return () => {
      const timeBase = createTimeBase(scheduler);
      return {
        microphone: wavFileMicrophone({ timeBase, path: microphone, ...(atEnd && { atEnd }) }),
        loudspeaker: wavFileLoudspeaker({ timeBase, path: loudspeaker }),
        originMs: timeBase.originMs,
        linear,
        notices: [],
      };
    };
  }
  const { calibration: path } = devices;
  const calibration = path === undefined ? undefined : parseCalibration(await text(pathFrom(folder, path)));
  const settings = deviceSettings(devices, config, calibration);
  const doubt = calibration && calibrationDoubt(devices, calibration);
  return () => ({
    ...openDevices({ ...settings.devices, scheduler }),
    originMs: 0,
    linear: wanted === 'off' ? undefined : settings.linear,
    notices: doubt === undefined ? [] : [doubt],
  });
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OptionError(
      'OPTION_INVALID',
      `the calibration ${path} cannot be read (${whyNot(cause)}); write it with earshot doctor --acoustics --write ${path}`,
      { cause },
    );
  }
}
