import type { AskAgain } from './terminal-state.js';

/** How often and when a turn is asked again. */
export interface RetrySettings {
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  readonly retryJitter: number;
}

/** How long a service answers nobody after an InterruptSession (measured: 5.00 and 5.03 s), and then some. */
export const blockMs = 5100;
/** Between two looks whether a block is over that somebody else caused. */
const blockStepMs = 1000;
/** Longest wait for it. */
const maxBlockMs = 6000;

/** A delay, longer or shorter at random, so that devices that failed together do not come back together. */
export function jittered(
  delayMs: number,
  { retryJitter }: Pick<RetrySettings, 'retryJitter'>,
  random: () => number,
): number {
  return Math.round(delayMs * (1 + retryJitter * (2 * random() - 1)));
}

/** Decides, attempt after attempt of one turn, whether there is another one. */
export interface RetryPlan {
  /**
   * @param blockedForMs - how long our own last InterruptSession still blocks this device; 0 when it does not.
   * @returns how long to wait before the next attempt, or undefined when it is given up.
   */
  after(again: AskAgain, blockedForMs: number): number | undefined;
}

/**
 * @param random - gives numbers from 0 up to 1, for the jitter.
 */
export function createRetryPlan(settings: RetrySettings, random: () => number): RetryPlan {
  const { maxRetries, retryDelayMs, maxRetryDelayMs } = settings;
  const once = new Set<AskAgain>();
  let retries = 0;
  let blockWaitedMs = 0;

  function backOff(): number {
    const delayMs = Math.min(retryDelayMs * 2 ** retries, maxRetryDelayMs);
    retries += 1;
    return jittered(delayMs, settings, random);
  }

  function waitForBlock(blockedForMs: number): number | undefined {
    if (blockWaitedMs >= maxBlockMs) return undefined;
    const left = maxBlockMs - blockWaitedMs;
    const waitMs = Math.min(left, blockedForMs > 0 ? blockedForMs : blockStepMs);
    blockWaitedMs += waitMs;
    return waitMs;
  }

  return {
    after(again, blockedForMs) {
      if (again === 'never' || maxRetries === 0) return undefined;
      // A block ends by itself and soon, so waiting for it is none of the retries.
      if (again === 'after-block') return waitForBlock(blockedForMs);
      if (retries >= maxRetries) return undefined;
      if (again === 'backing-off') return backOff();
      if (once.has(again)) return undefined;
      once.add(again);
      if (again === 'once-backing-off') return backOff();
      retries += 1;
      return 0;
    },
  };
}
