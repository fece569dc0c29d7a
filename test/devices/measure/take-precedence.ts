import { spawnSync } from 'node:child_process';
import { setPriority } from 'node:os';

/** Above everything that is not for sound, below what the kernel does. Range: 1..99. */
const realTimePriority = '5';
const niceness = -10;

/**
 * Sound cards do not wait, and sound servers of real machines run in real time: so does, where it may, this process and what it starts from
 * now on. What a machine shows that is busy with other things is how busy it is.
 */
export function takePrecedence(): void {
  const { status } = spawnSync(
    'chrt',
    ['--all-tasks', '--rr', '--pid', realTimePriority, String(process.pid)],
    { stdio: 'ignore' },
  );
  if (status === 0) return;
  try {
    setPriority(niceness);
  } catch {
    // Not allowed: disturbances are measured, too.
  }
}
