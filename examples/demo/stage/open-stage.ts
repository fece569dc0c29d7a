import { statSync } from 'node:fs';
import { DeviceError } from 'earshot';
import type { SchedulerLike } from 'rxjs';
import type { DemoOptions } from '../demo-options.js';
import { fileStage } from './file-stage.js';
import type { Stage } from './stage.js';

/**
 * What is not there at all is told before anything slow begins.
 *
 * @throws DeviceError for a recording that is not there, and a kiosk that cannot be on this machine.
 */
export async function requireStage({ place }: DemoOptions): Promise<void> {
  if (place.type === 'virtual-kiosk') (await import('./kiosk-stage.js')).requireKiosk(place);
  if (place.type !== 'files' || place.microphone === null) return;
  if (statSync(place.microphone, { throwIfNoEntry: false })?.isFile()) return;
  throw new DeviceError(
    'DEVICE_NOT_FOUND',
    `demo: there is no recording ${place.microphone}; give --microphone a WAV file`,
  );
}

/** The stage that was asked for. Real devices, and the rig of the tests, are loaded only by who wants them. */
export async function openStage(
  { place, out, echoDb }: DemoOptions,
  scheduler: SchedulerLike,
): Promise<Stage> {
  switch (place.type) {
    case 'files':
      return fileStage({ scheduler, recording: place.microphone, out, echoDb });
    case 'devices':
      return (await import('./device-stage.js')).deviceStage({ scheduler, place, out });
    case 'virtual-kiosk':
      return (await import('./kiosk-stage.js')).kioskStage({ scheduler, place, out, echoDb });
  }
}
