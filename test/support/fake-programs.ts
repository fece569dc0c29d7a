import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A folder of programs that only pretend, to be found before the real ones. */
export interface FakePrograms {
  readonly folder: string;
  /** To hand to whoever runs programs. */
  readonly env: { readonly PATH: string };
  /**
   * A shell script. `$0.args` holds the arguments of its latest start and `$0.pid` its process id.
   *
   * @param body - what it does.
   */
  add(name: string, body: string): void;
  /** The arguments of the latest start. */
  argsOf(name: string): readonly string[];
  /** Resolves when the latest one that was started does not run any more. Bounded. */
  gone(name: string): Promise<void>;
  /** Resolves when it runs. Bounded. */
  runs(name: string): Promise<number>;
  dispose(): void;
}

/** Every wait ends after this. Units: ms. Longer than any stall of a busy machine. */
const patienceMs = 10_000;

/** @param path - where the scripts find the programs that they use. */
export function createFakePrograms(path = process.env['PATH'] ?? ''): FakePrograms {
  const folder = mkdtempSync(join(tmpdir(), 'fake-programs-'));
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      return '';
    }
  };
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    for (const untilMs = performance.now() + patienceMs; ; await sleep(5)) {
      const seen = look();
      if (seen !== undefined) return seen;
      if (performance.now() > untilMs) throw new Error(`${what} not within ${patienceMs} ms`);
    }
  };
  return {
    folder,
    env: { PATH: `${folder}:${path}` },
    add(name, body) {
      const preface = `#!/bin/sh\nprintf '%s\\n' "$@" > "$0.args"\necho $$ > "$0.pid.$$"; mv "$0.pid.$$" "$0.pid"\n`;
      writeFileSync(join(folder, name), `${preface}${body}\n`, { mode: 0o755 });
    },
    argsOf: (name) => read(`${name}.args`).split('\n').slice(0, -1),
    runs: (name) => until(`${name} runs`, () => Number(read(`${name}.pid`)) || undefined),
    gone: (name) =>
      until(`${name} is gone`, () => {
        const pid = Number(read(`${name}.pid`));
        return pid > 0 && !isAlive(pid) ? (true as const) : undefined;
      }).then(() => undefined),
    dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }),
  };
}

/** Whether there is such a process, a zombie included. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
