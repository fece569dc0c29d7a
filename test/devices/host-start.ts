import { fork } from 'node:child_process';
import { once } from 'node:events';
import { findHostProgram } from '../../src/devices/audify/host-program.js';
import type { Allowance } from './go-and-return.js';

/** How long a program of Node takes until it speaks. Units: ms. */
async function startMs(file: string, nodeOptions: readonly string[]): Promise<number> {
  const fromMs = performance.now();
  const child = fork(file, [], {
    execArgv: [...nodeOptions],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(child, 'message');
  const atMs = performance.now();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return atMs - fromMs;
}

/** How much longer an audio host takes to start from sources, which tsx compiles, than any program of Node. Units: ms. */
async function compilingMs(): Promise<number> {
  const { file, nodeOptions } = findHostProgram();
  const host = await startMs(file, nodeOptions);
  const bare = await startMs('/dev/null', ['--import', 'data:text/javascript,process.send(1)']);
  return Math.max(0, host - bare);
}

/**
 * A child in which a stream hangs is replaced, and starting one from sources keeps a core busy for half a second. What a dead server makes
 * spin is the child and this process.
 */
export async function replacedChildren(): Promise<Partial<Allowance>> {
  return { cpuShare: 1.6, startMs: await compilingMs() };
}
