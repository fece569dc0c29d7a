import type { KioskServer } from './problem.js';
import { createVirtualKiosk } from './virtual-kiosk.js';

/** A process with a kiosk in full use, to be killed, or told how to end. */
const kiosk = await createVirtualKiosk({ server: process.argv[2] as KioskServer });
await Promise.all([kiosk.recordLoudspeaker(), kiosk.addMicrophoneArray()]);
process.stdin.on('data', (word: Buffer) => {
  if (word.toString().trim() === 'throw') throw new Error('the owner ends, as it was told');
  process.exit(0);
});
process.stdout.write(`${kiosk.folder}\n`);
