import type { EarshotConfig } from '../../config/earshot-config.js';

/** A loop whose speech is made elsewhere: 256 MB of objects, as the unit for systemd allows, and node, the detector and programs beside them. Units: MB. */
const loopMb = 350;
/** Each model that runs on this device. Kokoro takes some 0.8 GB, Moonshine less. Units: MB. */
const modelMb = 850;

/** How much memory a loop takes. Units: MB. */
export function neededMemoryMb(config: EarshotConfig | undefined): number {
  const hasKokoro = config?.voice?.ladder.some(({ engine }) => engine === 'kokoro') ?? false;
  const hasMoonshine = config?.transcriber.engine === 'moonshine';
  return loopMb + [hasKokoro, hasMoonshine].filter(Boolean).length * modelMb;
}
