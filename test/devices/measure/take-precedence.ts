import { setPriority } from 'node:os';
import { runInRealTime } from '../../virtual-kiosk/real-time.js';

const niceness = -10;

/**
 * Devices and what measures them run in real time from now on, as the server does, where that is allowed: what a machine shows that is
 * busy with other things is how busy it is.
 */
export function takePrecedence(): void {
  if (runInRealTime(process.pid, 'client')) return;
  try {
    setPriority(niceness);
  } catch {
    // Not allowed: disturbances are measured, too.
  }
}
