import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { EngineMessage, EngineOrder } from './engine-messages.js';
import type { EngineProgram } from './engine-program.js';
import { keepLastWords } from './last-words.js';

/** One run of an engine program. */
export interface EngineChild {
  readonly pid: number | undefined;
  /** @throws what cannot be sent to another process. */
  send(order: EngineOrder): void;
  /** Whether it keeps this program alive. */
  keepAlive(isKept: boolean): void;
  /** End it now. */
  kill(): void;
  /** Settles when it is gone. */
  readonly gone: Promise<void>;
  /** Memory that it has in use, where the system tells. Units: bytes. */
  residentBytes(): Promise<number | undefined>;
}

/** What a child tells. */
export interface EngineChildEvents {
  onMessage(message: EngineMessage): void;
  /** It is gone, or never came. Once. */
  onGone(how: string): void;
}

/** How long its last words may take to arrive after its end. Units: ms. */
const wordsWithinMs = 200;

export type StartEngineChild = typeof startEngineChild;

/** Start the program. */
export function startEngineChild(program: EngineProgram, events: EngineChildEvents): EngineChild {
  const child = fork(program.file, [], {
    execArgv: [...program.nodeOptions],
    // 1.30 of onnxruntime writes a database of telemetry into the user's home unless told not to in the environment.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    // Samples as they are, and not as text.
    serialization: 'advanced',
    // kokoro-js prints tables to the standard output.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lastWords = keepLastWords(child.stderr);
  let isGone = false;
  let settle = (): void => {};
  const gone = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const leave = (how: string): void => {
    if (isGone) return;
    isGone = true;
    const words = lastWords();
    settle();
    events.onGone(words === '' ? how : `${how} (it said: ${words})`);
  };
  child.on('message', (message) => events.onMessage(message as EngineMessage));
  child.on('error', (error) => {
    // A message that could not be sent is no end of it; one comes if it is gone.
    if (child.pid === undefined) leave(`could not be run (${error.message})`);
  });
  child.on('exit', (code, signal) => {
    const how = signal === null ? `ended with exit code ${code}` : `died of ${signal}`;
    child.on('close', () => leave(how));
    setTimeout(() => leave(how), wordsWithinMs);
  });
  return {
    pid: child.pid,
    gone,
    send(order) {
      // What a child that is gone does not take is told by its end. One that never came, for want of files, has no `send`.
      (child as Partial<Pick<typeof child, 'send'>>).send?.(order, () => {});
    },
    keepAlive(isKept) {
      // A pipe is a socket, which its type does not say.
      const stderr = child.stderr as { ref?(): void; unref?(): void } | null;
      for (const part of [child, child.channel, stderr]) {
        if (isKept) part?.ref?.();
        else part?.unref?.();
      }
    },
    kill() {
      child.kill('SIGKILL');
    },
    async residentBytes() {
      try {
        // Not `statm`, which counts in pages, of 4 or 16 KB.
        const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(
          await readFile(`/proc/${child.pid}/status`, 'utf8'),
        )?.[1];
        return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
      } catch {
        return undefined;
      }
    },
  };
}
