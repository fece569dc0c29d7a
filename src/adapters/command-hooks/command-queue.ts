import type { SchedulerLike } from 'rxjs';
import { type CommandCall, type CommandEnd, runCommand } from './run-command.js';

/** Something to run, in the order of its lane. */
export interface QueuedCommand {
  /** Two of one lane never run at once. */
  readonly lane: number;
  readonly call: CommandCall;
  /** How it ended, and how long it took. Units: ms. */
  ended(end: CommandEnd, tookMs: number): void;
  /** It was never run, since there was no room. */
  dropped(): void;
}

/** Runs commands a few at a time. */
export interface CommandQueue {
  add(command: QueuedCommand): void;
  /** Whether nothing runs and nothing waits. */
  isIdle(): boolean;
  /** Kills what runs and forgets what waits. Nothing is told any more. */
  close(): void;
}

/**
 * @param mostRunning - at once.
 * @param mostWaiting - then the oldest that waits is dropped: what is newer is truer.
 */
export function createCommandQueue(
  mostRunning: number,
  mostWaiting: number,
  scheduler: SchedulerLike,
): CommandQueue {
  const waiting: QueuedCommand[] = [];
  const running = new Map<QueuedCommand, () => void>();

  const isFree = ({ lane }: QueuedCommand) => [...running.keys()].every((other) => other.lane !== lane);
  const startNext = () => {
    while (running.size < mostRunning) {
      const index = waiting.findIndex(isFree);
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (next === undefined) return;
      const startedMs = scheduler.now();
      running.set(
        next,
        runCommand(next.call, scheduler, (end) => {
          running.delete(next);
          // The next one first: whoever is told may look whether this is idle.
          startNext();
          next.ended(end, scheduler.now() - startedMs);
        }),
      );
    }
  };

  return {
    add(command) {
      waiting.push(command);
      startNext();
      if (waiting.length > mostWaiting) waiting.shift()?.dropped();
    },
    isIdle: () => running.size === 0 && waiting.length === 0,
    close() {
      waiting.length = 0;
      for (const kill of running.values()) kill();
      running.clear();
    },
  };
}
