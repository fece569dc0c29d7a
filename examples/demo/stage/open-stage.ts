import { statSync } from 'node:fs';
import type { SchedulerLike } from 'rxjs';
import type { DemoOptions } from '../demo-options.js';
import { refusal } from '../option-checks.js';
import { fileStage } from './file-stage.js';
import type { Stage } from './stage.js';

/** Loads the virtual kiosk: the rig of the tests, which the package does not have. */
export type OpenKiosk = () => Promise<Pick<typeof import('./kiosk-stage.js'), 'requireKiosk' | 'kioskStage'>>;

const noKiosk: OpenKiosk = async () => {
  throw refusal(
    '--virtual-kiosk needs the rig of the tests, which is in the sources of earshot and not in the package; leave it out, or run npm run demo -- --virtual-kiosk in a checkout',
  );
};

/**
 * What is not there at all is told before anything slow begins.
 *
 * @throws OptionError for a recording that is not there, DeviceError for a kiosk that cannot be on this machine.
 */
export async function requireStage({ place }: DemoOptions, openKiosk = noKiosk): Promise<void> {
  if (place.type === 'virtual-kiosk') (await openKiosk()).requireKiosk(place);
  if (place.type !== 'files' || place.microphone === null) return;
  if (statSync(place.microphone, { throwIfNoEntry: false })?.isFile()) return;
  throw refusal(`there is no recording ${place.microphone}; give --microphone a WAV file`);
}

/** The stage that was asked for. Real devices, and the rig of the tests, are loaded only by who wants them. */
export async function openStage(
  { place, out, echoDb }: DemoOptions,
  scheduler: SchedulerLike,
  openKiosk = noKiosk,
): Promise<Stage> {
  switch (place.type) {
    case 'files':
      return fileStage({ scheduler, recording: place.microphone, out, echoDb });
    case 'devices':
      return (await import('./device-stage.js')).deviceStage({ scheduler, place, out });
    case 'virtual-kiosk':
      return (await openKiosk()).kioskStage({ scheduler, place, out, echoDb });
  }
}
