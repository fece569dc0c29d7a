import type { VoiceError } from '../errors.js';
import type { WatchdogOptions } from './watchdog-options.js';

/** How a part of the loop gets on. */
export interface PartProgress {
  /**
   * - `waiting`: nothing comes of it, and nobody said why, or that it was lost while it ran.
   * - `refused`: it could not be opened; the attempts go on.
   * - `moving`: it works, for `movingMs` without a loss, which is too short to prove anything.
   * - `settled`: it works.
   */
  readonly standing: 'waiting' | 'refused' | 'moving' | 'settled';
  readonly movingMs: number;
  /** Since it last showed a sign, of work or of an attempt. */
  readonly quietMs: number;
  /** Since it last worked for long enough; time in which it was refused does not count. */
  readonly stuckMs: number;
  /** The time in which it was refused. */
  readonly absentMs: number;
  /** So long it may be quiet until the next attempt. */
  readonly retryInMs: number;
  /** Why it was lost or refused last. */
  readonly error: VoiceError | null;
}

export const beginning: PartProgress = {
  standing: 'waiting',
  movingMs: 0,
  quietMs: 0,
  stuckMs: 0,
  absentMs: 0,
  retryInMs: 0,
  error: null,
};

/** Levels come every 100 ms, windows every 10 to 32; devices and programs in batches of a few. Units: ms. */
const leastQuietMs = 1000;

export const isMoving = ({ standing }: PartProgress): boolean =>
  standing === 'moving' || standing === 'settled';

/** It works: a frame, a window, a period. */
export function moved(part: PartProgress): PartProgress {
  return isMoving(part) ? { ...part, quietMs: 0 } : { ...part, standing: 'moving', movingMs: 0, quietMs: 0 };
}

/** It failed, and will be tried again. */
export function lost(part: PartProgress, error: VoiceError, retryInMs: number): PartProgress {
  // A device that vanishes, or falls silent while the system says that it is there, may be one that hangs.
  const standing = error.code === 'DEVICE_LOST' || !error.code.startsWith('DEVICE_') ? 'waiting' : 'refused';
  return { ...stopped(part), standing, quietMs: 0, retryInMs, error };
}

/** What worked for a moment only proves nothing. */
function stopped(part: PartProgress): PartProgress {
  const wasStuckMs = part.standing === 'moving' ? part.movingMs : 0;
  return { ...part, standing: 'waiting', movingMs: 0, stuckMs: part.stuckMs + wasStuckMs };
}

/** Time goes by, in which the event loop ran. */
export function passed(part: PartProgress, elapsedMs: number, options: WatchdogOptions): PartProgress {
  const quietMs = part.quietMs + elapsedMs;
  switch (part.standing) {
    case 'moving':
    case 'settled': {
      if (quietMs > Math.max(leastQuietMs, 3 * options.checkEveryMs)) return { ...stopped(part), quietMs };
      const movingMs = part.movingMs + elapsedMs;
      // Nothing before counts any more.
      if (part.standing === 'settled' || movingMs >= options.settledAfterMs) {
        return { ...beginning, standing: 'settled', quietMs };
      }
      return { ...part, quietMs, movingMs };
    }
    case 'refused':
      // The next attempt is overdue: the attempts have stopped, or one of them hangs.
      return quietMs > part.retryInMs + options.stuckAfterMs
        ? { ...part, standing: 'waiting', quietMs, stuckMs: part.stuckMs + quietMs, absentMs: 0 }
        : { ...part, quietMs, absentMs: part.absentMs + elapsedMs };
    case 'waiting':
      return { ...part, quietMs, stuckMs: part.stuckMs + elapsedMs };
  }
}
