import { Worker } from 'node:worker_threads';

/** How often it is looked. Units: ms. */
const lookEveryMs = 1000;

const program = `
const { workerData: { parent, lookEveryMs } } = require('node:worker_threads');
function isThere() {
  // Windows keeps the number of a parent that is gone.
  try { return process.ppid === parent && process.kill(parent, 0); } catch (error) { return error.code === 'EPERM'; }
}
setInterval(() => { if (!isThere()) process.kill(process.pid, 'SIGKILL'); }, lookEveryMs);
`;

/**
 * End this process when the one that started it is gone.
 *
 * A thread looks, because inference blocks the event loop, so that a disconnect is not noticed before it is over; of an
 * inference that hangs, never. It runs nothing but timers: two threads in one onnxruntime are what kills a process.
 */
export function endWithParent(): void {
  new Worker(program, {
    eval: true,
    // Those of the program load a compiler, which a thread need not.
    execArgv: [],
    workerData: { parent: process.ppid, lookEveryMs },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  }).unref();
}
