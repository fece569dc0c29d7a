import { Worker } from 'node:worker_threads';

/** A time in which this machine let a program wait that had something to do. Units: ms of `performance.now()` in this process. */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Watches for stalls until it is stopped. */
export interface StallWatch {
  /** So far; the last one comes some ms late. */
  readonly stalls: readonly Stall[];
  stop(): Promise<void>;
}

/** Units: ms. */
const everyMs = 3;
/** Shorter ones are usual. Units: ms. */
const shortestStallMs = 3;

/** Sleeps again and again, and tells how much too long it slept. It blocks, so it has a thread of its own. */
const script = `
const { parentPort, workerData } = require('node:worker_threads');
const { everyMs, shortestStallMs, stop } = workerData;
const flag = new Int32Array(stop);
const now = () => performance.timeOrigin + performance.now();
let last = now();
while (Atomics.wait(flag, 0, 0, everyMs) === 'timed-out') {
  const at = now();
  if (at - last - everyMs >= shortestStallMs) parentPort.postMessage([last + everyMs, at]);
  last = at;
}
`;

/**
 * A thread that has nothing else to do and a program that plays audio wait for the same processors, but neither for the other: that
 * the thread came late is no fault of what is measured.
 */
export function watchStalls(): StallWatch {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(script, { eval: true, workerData: { everyMs, shortestStallMs, stop } });
  const stalls: Stall[] = [];
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', ([from, to]: readonly [number, number]) => {
    stalls.push({ fromMs: from - performance.timeOrigin, toMs: to - performance.timeOrigin });
  });
  worker.unref();
  return {
    stalls,
    async stop() {
      worker.ref();
      const flag = new Int32Array(stop);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
      await exited;
    },
  };
}

/** The longest one that touches a stretch of time. Units: ms. */
export const longestStallMs = (stalls: readonly Stall[], fromMs: number, toMs: number): number =>
  stalls
    .filter((stall) => stall.toMs >= fromMs && stall.fromMs <= toMs)
    .reduce((most, stall) => Math.max(most, stall.toMs - stall.fromMs), 0);
