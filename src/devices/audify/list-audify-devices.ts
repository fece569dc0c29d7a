import { asyncScheduler, first, firstValueFrom, map, type Observable, timeout } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import { resolveOptions } from '../../core/options.js';
import { createAudioHost } from './audio-host.js';
import {
  type AudifyDeviceOptions,
  acrossOptions,
  apiOf,
  defaultAudifyDeviceOptions,
  deviceChecks,
} from './device-options.js';
import { listDevices } from './list-devices.js';
import { loadAudify } from './load-audify.js';

/** Whose devices are listed, and how. @public */
export type ListAudifyDevicesOptions = Pick<AudifyDeviceOptions, 'api' | 'hosted' | 'env'>;

/** @public */
export const defaultListAudifyDevicesOptions = {
  api: defaultAudifyDeviceOptions.api,
  hosted: defaultAudifyDeviceOptions.hosted,
  env: defaultAudifyDeviceOptions.env,
} as const satisfies ListAudifyDevicesOptions;

/** Probing is bounded by 5 s, and a child has to be started. Units: ms. */
const maxListingMs = 20_000;

/**
 * The devices that the native library can open.
 *
 * @remarks
 * Each is opened for a moment, without a sound, to see at which rates it truly runs. What is in use is listed with its `problem`.
 *
 * Rejects with `PEER_MISSING` as the devices do, with `DEVICE_BACKEND` when the library was built without that sound system, or does not answer.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function listAudifyDevices(
  options: Partial<ListAudifyDevicesOptions> = {},
): Promise<readonly DeviceListing[]> {
  const { api, hosted, env } = deviceChecks;
  const own = resolveOptions<ListAudifyDevicesOptions>(
    'listAudifyDevices',
    defaultListAudifyDevicesOptions,
    options,
    { api, hosted, env },
    acrossOptions,
  );
  const listings$ = own.hosted
    ? listHosted(own)
    : listDevices(apiOf(own.api), { load: loadAudify, scheduler: asyncScheduler });
  return firstValueFrom(listings$);
}

function listHosted({ api, env }: ListAudifyDevicesOptions): Observable<readonly DeviceListing[]> {
  const host = createAudioHost({ label: 'the list of devices', env, scheduler: asyncScheduler, lingerMs: 0 });
  return host.begin({ type: 'list', api: apiOf(api) }).pipe(
    map(({ reply }) => (reply.type === 'listed' ? reply.listings : undefined)),
    first((listings) => listings !== undefined),
    timeout({
      first: maxListingMs,
      with: () => {
        throw new DeviceError(
          'DEVICE_BACKEND',
          `the devices could not be listed within ${maxListingMs} ms; try again`,
          {
            retryable: true,
          },
        );
      },
    }),
  );
}
