import { setTimeout as sleep } from 'node:timers/promises';

/** Every wait ends after this. Units: ms. Longer than any stall of a busy machine. */
const patienceMs = 20_000;

export async function waitUntil(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error(`not so in ${patienceMs} ms: ${what}`);
    await sleep(5);
  }
}
