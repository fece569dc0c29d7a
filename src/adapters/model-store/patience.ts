import { setTimeout as delay } from 'node:timers/promises';
import { isVoiceError, type ModelError } from '../../core/errors.js';
import type { ModelPlan } from './wanted-model.js';

/** Told of what is tried again; `attempt` counts from 2. */
export type OnRetry = (why: string, attempt: number) => void;

const longestDelayMs = 60_000;

/** Wait before another attempt: after the first failure in a row `retryDelayMs`, then twice as long each time. */
export async function pause(plan: ModelPlan, failures: number, signal: AbortSignal): Promise<void> {
  await delay(Math.min(longestDelayMs, plan.retryDelayMs * 2 ** (failures - 1)), undefined, { signal });
}

/** What may pass, to be tried again. @throws whatever will not. */
export function passing(error: unknown, signal: AbortSignal): ModelError {
  signal.throwIfAborted();
  if (!isVoiceError(error) || !error.retryable) throw error;
  return error;
}

/** Do something again as often as may be, while what goes wrong may pass. */
export async function patiently<T>(
  plan: ModelPlan,
  signal: AbortSignal,
  onRetry: OnRetry,
  work: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const failure = passing(error, signal);
      if (failures >= plan.attempts) throw failure;
      onRetry(failure.message, failures + 1);
    }
    await pause(plan, failures, signal);
  }
}
