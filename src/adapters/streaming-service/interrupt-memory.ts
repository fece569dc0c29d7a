import type { SchedulerLike } from 'rxjs';
import { blockMs } from './ask-again.js';

/** Remembers our InterruptSessions, because each blocks the device for some seconds. */
export interface InterruptMemory {
  /** How many were sent: more than before an attempt means that it was interrupted. */
  readonly sent: number;
  noteSent(): void;
  /** It was taken. @returns until when the service answers nothing else; on the clock of the scheduler. */
  noteTaken(): number;
  /** How long the block still lasts; 0 when there is none. Range: 0..5100 ms, whatever the clock does. */
  blockedForMs(): number;
}

export function createInterruptMemory(scheduler: SchedulerLike): InterruptMemory {
  let sent = 0;
  let blockedUntilMs = Number.NEGATIVE_INFINITY;
  return {
    get sent() {
      return sent;
    },
    noteSent() {
      sent += 1;
    },
    noteTaken() {
      blockedUntilMs = scheduler.now() + blockMs;
      return blockedUntilMs;
    },
    blockedForMs: () => Math.min(blockMs, Math.max(0, blockedUntilMs - scheduler.now())),
  };
}
