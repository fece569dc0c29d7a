import { asyncScheduler, firstValueFrom } from 'rxjs';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import { oneOf, resolveOptions } from '../../core/options.js';
import { environmentCheck } from './checks.js';
import type { ProcessApi } from './device-errors.js';
import { listAlsaDevices } from './list-alsa.js';
import { askPulseServer, listPulseDevices } from './list-pulse.js';
import type { Environment } from './program.js';

/** Where to look. @public */
export interface ListProcessDevicesOptions {
  /** Environment of the programs, beside the one of this process, such as `PULSE_SERVER`. @defaultValue {} */
  readonly env: Environment;
}

/** @public */
export const defaultListProcessDevicesOptions = { env: {} } as const satisfies ListProcessDevicesOptions;

/**
 * Whether a PulseAudio or PipeWire server answers.
 *
 * @remarks
 * Timing: within 500 ms; a server that takes longer does not answer. Never rejects; without `pactl` the answer is no.
 * @public
 */
export async function pulseServerAnswers(options: Partial<ListProcessDevicesOptions> = {}): Promise<boolean> {
  const { env } = resolveListing('pulseServerAnswers', options);
  return firstValueFrom(askPulseServer(env, asyncScheduler));
}

/**
 * What the programs of the system can open: microphones first, then loudspeakers.
 *
 * @remarks
 * `pulse`: the sinks and sources of the server, which converts all the rates that are listed. `alsa`: every name but those of bare
 * hardware and of converters, with the rates of which each was really opened, one after the other.
 * Timing: each running of a program is killed after two seconds. With `alsa` each rate of each device takes some 20 ms, and devices
 * are opened, which fails while somebody else has them: `problem` says so.
 * @throws DeviceError `DEVICE_BACKEND` (rejection) when no server answers, or the programs are not installed.
 * @throws OptionError `OPTION_INVALID` (rejection)
 * @public
 */
export async function listProcessDevices(
  options: { readonly api: ProcessApi } & Partial<ListProcessDevicesOptions>,
): Promise<readonly DeviceListing[]> {
  const { api, ...given } = options;
  const { env } = resolveListing('listProcessDevices', given);
  resolveOptions('listProcessDevices', { api }, {}, { api: oneOf('pulse', 'alsa') });
  const list = async (direction: DeviceListing['direction']): Promise<readonly DeviceListing[]> =>
    api === 'pulse'
      ? firstValueFrom(listPulseDevices(direction, env, asyncScheduler))
      : listAlsaDevices(direction, env, asyncScheduler);
  return [...(await list('capture')), ...(await list('playout'))];
}

const resolveListing = (
  where: string,
  given: Partial<ListProcessDevicesOptions>,
): ListProcessDevicesOptions =>
  resolveOptions<ListProcessDevicesOptions>(where, defaultListProcessDevicesOptions, given, {
    env: environmentCheck,
  });
