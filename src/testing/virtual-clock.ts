import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { createDueQueue } from './due-queue.js';

/** How `VirtualClock.runAsync` goes on. @public */
export interface RunAsyncOptions {
  /** Virtual time to stop at; what is due at that instant still runs. Units: milliseconds. */
  readonly untilMs: number;
  /** Asked after each instant; true stops early. */
  readonly until?: () => boolean;
  /**
   * Lets work that is asynchronous in real life finish, such as the promise of a model. Awaited after every instant at
   * which something ran. The clock has no timers of its own, so what to wait for is the caller's: a
   * `setImmediate` or two, or a count of work under way that has come down to zero.
   */
  readonly settle: () => Promise<void>;
}

/** Time that moves when told to. @public */
export interface VirtualClock {
  /** Give it to whatever takes a scheduler. */
  readonly scheduler: SchedulerLike;
  /** Units: milliseconds since the clock was created. */
  readonly nowMs: number;
  /** Move on by `ms` and run what becomes due, in order, before returning. `advanceBy(0)` runs what is due now. */
  advanceBy(ms: number): void;
  /** Move on to `untilMs` and run what becomes due, in order, before returning. */
  run(untilMs: number): void;
  /**
   * Move on to `untilMs` and let asynchronous work finish between any two instants, so that what it schedules or emits
   * happens at the virtual instant that caused it.
   *
   * @returns whether `until` came true.
   */
  runAsync(options: RunAsyncOptions): Promise<boolean>;
}

/**
 * Actions that may run at one instant before the clock takes them for a loop without end. A pipeline runs some
 * dozens at an instant; the largest burst in our tests is a few thousand.
 */
const maxActionsPerInstant = 100_000;

/**
 * Create a clock that moves only when told to.
 *
 * @remarks
 * Order: by due time, then by when it was scheduled. An action that is due at the current instant runs within the same
 * call, so time never moves on with work left over.
 * Errors: what an action throws comes out of `advanceBy`, `run` or `runAsync`; the clock stays usable.
 * An action that keeps rescheduling itself without delay is an error, not a hang.
 * @public
 */
export function createVirtualClock(): VirtualClock {
  const due = createDueQueue();
  let nowMs = 0;
  let running = false;
  let ranAtThisInstant = 0;

  const scheduler: SchedulerLike = {
    now: () => nowMs,
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
      let cancel: (() => void) | undefined;
      const action: SchedulerAction<T> = Object.assign(new Subscription(), {
        schedule(nextState?: T, nextDelay = 0): Subscription {
          cancel?.();
          // As in rxjs: an action that was unsubscribed, or that is due never, stays silent.
          if (action.closed || !Number.isFinite(nextDelay)) return action;
          cancel = due.push(nowMs + Math.max(0, nextDelay), () => {
            if (!action.closed) work.call(action, nextState);
          });
          return action;
        },
      });
      action.add(() => cancel?.());
      return action.schedule(state, delay);
    },
  };

  /** Run what is due first if that is by `untilMs`; say whether there was something. */
  function runNext(untilMs: number): boolean {
    const next = due.peek();
    if (next === undefined || next.dueMs > untilMs) return false;
    if (next.dueMs > nowMs) {
      nowMs = next.dueMs;
      ranAtThisInstant = 0;
    }
    ranAtThisInstant += 1;
    if (ranAtThisInstant > maxActionsPerInstant) {
      ranAtThisInstant = 0;
      throw new Error(
        `virtual clock: more than ${maxActionsPerInstant} actions ran at ${nowMs} ms; something schedules itself again without a delay`,
      );
    }
    due.pop()?.work();
    return true;
  }

  function begin(untilMs: number): void {
    if (running) throw new Error('virtual clock: time cannot be moved from inside a scheduled action');
    if (!(Number.isFinite(untilMs) && untilMs >= nowMs)) {
      throw new Error(
        `virtual clock: cannot go to ${untilMs} ms, it is ${nowMs} ms; time only moves forward, to a finite instant`,
      );
    }
    running = true;
  }

  function run(untilMs: number): void {
    begin(untilMs);
    try {
      ranAtThisInstant = 0;
      while (runNext(untilMs));
      nowMs = untilMs;
    } finally {
      running = false;
    }
  }

  async function runAsync({ untilMs, until = () => false, settle }: RunAsyncOptions): Promise<boolean> {
    begin(untilMs);
    try {
      ranAtThisInstant = 0;
      await settle();
      while (!until()) {
        const next = due.peek();
        if (next === undefined || next.dueMs > untilMs) {
          nowMs = untilMs;
          return until();
        }
        // All that is due at that instant, including what it schedules for the same instant; then the world settles.
        while (runNext(next.dueMs));
        await settle();
      }
      return true;
    } finally {
      running = false;
    }
  }

  return {
    scheduler,
    get nowMs() {
      return nowMs;
    },
    advanceBy: (ms) => run(nowMs + ms),
    run,
    runAsync,
  };
}
