import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks a private sound server by its own program. */
export interface Pactl {
  /** What it printed. Rejects with what it complained about. */
  (...args: readonly string[]): Promise<string>;
  /** Asks again and again until it is done, of a server that is still starting. Rejects with the last complaint. */
  insist(timeoutMs: number, ...args: readonly string[]): Promise<void>;
  /** Load a module; returns its index. */
  load(module: string, ...args: readonly string[]): Promise<string>;
  /** Everything of a kind that is there. */
  list<T>(kind: 'sinks' | 'sources' | 'sink-inputs' | 'source-outputs'): Promise<readonly T[]>;
}

/** One stream as `pactl -f json list` tells it; `sink` of one that plays, `source` of one that records. */
export interface StreamEntry {
  readonly index: number;
  readonly sink?: number;
  readonly source?: number;
  readonly owner_module?: string | number;
  readonly properties: Readonly<Record<string, string>>;
}

/** One device as `pactl -f json list` tells it. */
export interface DeviceEntry {
  readonly index: number;
  readonly name: string;
  readonly state: string;
  readonly owner_module: number | string;
}

/** A command that hangs is ended after this. Units: ms. */
const commandTimeoutMs = 10_000;

/** @param env - what reaches the server. */
export function createPactl(env: Readonly<Record<string, string>>): Pactl {
  const run = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(
        'pactl',
        args,
        // Numbers with a point, and words that can be read.
        { env: { ...process.env, ...env, LC_ALL: 'C.UTF-8' }, timeout: commandTimeoutMs, maxBuffer: 2 ** 24 },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`pactl ${args.join(' ')}: ${stderr.trim() || error.message}`));
          else resolve(stdout);
        },
      );
    });
  return Object.assign(run, {
    async insist(timeoutMs: number, ...args: readonly string[]) {
      const untilMs = performance.now() + timeoutMs;
      for (;;) {
        const answer = await run(...args).catch((error: unknown) => error);
        if (typeof answer === 'string') return;
        if (performance.now() > untilMs) throw answer;
        await sleep(10);
      }
    },
    async load(module: string, ...args: readonly string[]) {
      return (await run('load-module', module, ...args)).trim();
    },
    async list<T>(kind: string) {
      return JSON.parse(await run('-f', 'json', 'list', kind)) as readonly T[];
    },
  });
}
