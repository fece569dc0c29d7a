import type { DeviceListing } from '../core/hardware/device-listing.js';
import { oneOf, resolveOptions } from '../core/options.js';
import { listAudifyDevices } from './audify/index.js';
import type { DeviceBackend } from './choose-backend.js';
import { listProcessDevices } from './process/index.js';
import { surroundings } from './surroundings.js';

/** Which devices are wanted. @public */
export interface ListDevicesOptions {
  /** One way to reach them, or every way that this machine has. @defaultValue 'auto' */
  readonly backend: DeviceBackend['backend'] | 'auto';
  /** One sound system, or every one that this machine has. @defaultValue 'auto' */
  readonly api: DeviceBackend['api'] | 'auto';
  /** Environment of child processes, beside this process's own. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
}

/** What is there. @public */
export interface DeviceSurvey {
  readonly devices: readonly DeviceListing[];
  /** Ways that could not be asked, and why. */
  readonly problems: readonly (DeviceBackend & {
    /** One sentence, with the cure. */
    readonly problem: string;
  })[];
}

/** @public */
export const defaultListDevicesOptions = {
  backend: 'auto',
  api: 'auto',
  env: {},
} as const satisfies ListDevicesOptions;

/**
 * List the microphones and loudspeakers of this machine, each once for every way to reach it.
 *
 * @remarks
 * Each is opened for a moment where only that tells which rates work. Timing: bounded; a few seconds with many ALSA devices.
 * A way that cannot be asked is a problem in the result, not a rejection.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export async function listDevices(options: Partial<ListDevicesOptions> = {}): Promise<DeviceSurvey> {
  const { backend, api, env } = resolveOptions<ListDevicesOptions>(
    'listDevices',
    defaultListDevicesOptions,
    options,
    {
      backend: oneOf('auto', 'process', 'audify'),
      api: oneOf('auto', 'pulse', 'alsa', 'core-audio', 'wasapi'),
    },
  );
  const ways = waysOf(process.platform).filter(
    (way) => (backend === 'auto' || way.backend === backend) && (api === 'auto' || way.api === api),
  );
  // Where no server answers, Pulse is no problem; it is not there.
  const withoutPulse = api === 'auto' && !(await surroundings(env).pulseAnswers());
  const devices: DeviceListing[] = [];
  const problems: DeviceSurvey['problems'][number][] = [];
  // One after the other: two that open the same device would find it busy.
  for (const way of ways.filter((candidate) => !withoutPulse || candidate.api !== 'pulse')) {
    try {
      devices.push(...(await devicesOf(way, env)));
    } catch (error) {
      problems.push({ ...way, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return { devices, problems };
}

function waysOf(platform: string): readonly DeviceBackend[] {
  if (platform === 'darwin') return [{ backend: 'audify', api: 'core-audio' }];
  if (platform === 'win32') return [{ backend: 'audify', api: 'wasapi' }];
  return [
    { backend: 'process', api: 'pulse' },
    { backend: 'process', api: 'alsa' },
    { backend: 'audify', api: 'pulse' },
    { backend: 'audify', api: 'alsa' },
  ];
}

function devicesOf(
  { backend, api }: DeviceBackend,
  env: Readonly<Record<string, string>>,
): Promise<readonly DeviceListing[]> {
  if (backend === 'audify') return listAudifyDevices({ api, env });
  return listProcessDevices({ api: api === 'pulse' ? 'pulse' : 'alsa', env });
}
