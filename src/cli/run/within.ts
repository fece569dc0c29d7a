import { setTimeout as wait } from 'node:timers/promises';

/** Waits for something, and no longer than this. What it fails with does not matter any more. Units: ms. */
export async function within(limitMs: number, something: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([something, wait(limitMs, undefined, { signal: stop.signal })]).catch(() => {});
  stop.abort();
}
