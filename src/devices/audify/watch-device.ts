import type { SchedulerLike, Subscription } from 'rxjs';
import { interval } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import { listAnew } from './open-stream.js';
import type { Audify } from './rt-audio.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** How often the list is read. Units: ms. A reading takes 1 to 4 ms; a loss is to be told within 500. */
const everyMs = 400;

/**
 * Tell when a sound server moves the stream to another device, which it does without a word: when its own goes away, and a microphone may even become
 * the monitor of a loudspeaker. Only the list of devices shows it.
 *
 * @param opened - the name of the device that was opened.
 * @param isAlive - whether the stream runs. A list is not asked for while it hangs: a stopped server would hang this thread too.
 */
export function watchDevice(
  { audify, scheduler }: { readonly audify: Audify; readonly scheduler: SchedulerLike },
  settings: StreamSettings,
  opened: string,
  isAlive: () => boolean,
  onLost: (error: DeviceError) => void,
): Subscription {
  return interval(everyMs, scheduler).subscribe(() => {
    if (!isAlive()) return;
    const what = moved(audify, settings, opened);
    if (what === undefined) return;
    onLost(
      new DeviceError('DEVICE_LOST', `${labelOf(settings)} ${what}; it can be opened again`, {
        retryable: true,
      }),
    );
  });
}

function moved(audify: Audify, settings: StreamSettings, opened: string): string | undefined {
  const { devices } = listAnew(audify, settings);
  if (devices.length === 0) return 'was lost: the sound server is gone';
  const still = devices.find((device) => device.name === opened);
  if (!still) return `was lost: "${opened}" is gone, and the sound server moves the stream elsewhere`;
  if (settings.device !== 'default' || still.isDefault) return undefined;
  const now = devices.find((device) => device.isDefault);
  return `changed from "${opened}" to ${now ? `"${now.name}"` : 'none'}`;
}
