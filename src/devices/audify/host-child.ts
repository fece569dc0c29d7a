import { fork } from 'node:child_process';
import type { HostMessage, HostRequest } from './host-messages.js';
import type { HostProgram } from './host-program.js';
import { createLastWords } from './last-words.js';

/** One run of the host program. */
export interface HostChild {
  send(request: HostRequest): void;
  /** Whether it keeps this program alive. */
  keepAlive(isKept: boolean): void;
  /** Ask it to end, and end it when it does not. */
  dismiss(): void;
  /** End it now. */
  kill(): void;
  /** The last of what it wrote to its standard error. */
  lastWords(): string;
}

/** What a child tells. */
export interface HostChildEvents {
  onMessage(message: HostMessage): void;
  /** It does not read what is sent any more. */
  onDeaf(): void;
  /** It is gone, or never came. */
  onGone(how: string): void;
}

/** Messages that may wait for a child that does not read. Two seconds of audio and more; one that hangs is ended before. */
const mostWaiting = 256;
/** How long it may take to end when it is asked to. Units: ms. */
const endWithinMs = 1000;

/** Start the program. */
export function startHostChild(
  program: HostProgram,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
  events: HostChildEvents,
): HostChild {
  const child = fork(program.file, [...options], {
    execArgv: [...program.nodeOptions],
    env: { ...process.env, ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lastWords = createLastWords(child.stderr);
  let waiting = 0;
  child.on('message', (message) => events.onMessage(message as HostMessage));
  child.on('error', (error) => events.onGone(`could not be run (${error.message})`));
  child.on('exit', (code, signal) =>
    events.onGone(signal === null ? `ended with exit code ${code}` : `died of ${signal}`),
  );
  return {
    send(request) {
      if (waiting >= mostWaiting) {
        events.onDeaf();
        return;
      }
      waiting += 1;
      // An error means that it is gone, which is told elsewhere; and one that never came, for want of files, has no way to be told anything.
      child.send?.(request, () => {
        waiting -= 1;
      });
    },
    keepAlive(isKept) {
      // A pipe is a socket, which its type does not say.
      const stderr = child.stderr as { ref?(): void; unref?(): void } | null;
      for (const part of [child, child.channel, stderr]) {
        if (isKept) part?.ref?.();
        else part?.unref?.();
      }
    },
    dismiss() {
      if (child.connected) child.disconnect();
      setTimeout(() => child.kill('SIGKILL'), endWithinMs).unref();
    },
    kill() {
      child.kill('SIGKILL');
    },
    lastWords: lastWords.say,
  };
}
