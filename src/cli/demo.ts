import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { complaint } from './command-error.js';
import type { Console } from './console.js';
import { exitCodes, signalCodes } from './exit-codes.js';
import { isSource, packageFolder } from './package-folder.js';

/** What the program of the demo exports. */
export interface DemoProgram {
  readonly usage: string;
  /** Resolves with whether all went as it should; rejects with the reason of `stop` when it had not begun. */
  demo(
    args: readonly string[],
    surroundings: { print(text: string): void; readonly stop: AbortSignal },
  ): Promise<boolean>;
}

/** The demo is an example, which may import the package, and the package no example: it is found as a file. */
const loadDemo = (): Promise<DemoProgram> => {
  const path = isSource ? 'examples/demo/earshot-demo.ts' : 'dist/demo/main.js';
  return import(pathToFileURL(join(packageFolder(), path)).href);
};

export const demoUsage = async (): Promise<string> => (await loadDemo()).usage;

/**
 * `earshot demo`.
 *
 * The first signal stops the conversation, and what there is of it is written; the second one ends at once.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function demo(args: readonly string[], console: Console): Promise<number> {
  const stop = new AbortController();
  let stoppedWith: number | undefined;
  const listen = (signal: keyof typeof signalCodes) => {
    if (stoppedWith !== undefined) process.exit(stoppedWith);
    stoppedWith = signalCodes[signal];
    stop.abort(signal);
  };
  const names = Object.keys(signalCodes) as (keyof typeof signalCodes)[];
  for (const name of names) process.on(name, listen);
  try {
    const isAsItShould = await (await loadDemo()).demo(args, { print: console.print, stop: stop.signal });
    return stoppedWith ?? (isAsItShould ? exitCodes.done : exitCodes.declined);
  } catch (error) {
    if (stoppedWith === undefined || error !== stop.signal.reason) throw error;
    console.say(complaint('demo', `stopped by ${String(error)} before the conversation began`));
    return stoppedWith;
  } finally {
    for (const name of names) process.off(name, listen);
  }
}
