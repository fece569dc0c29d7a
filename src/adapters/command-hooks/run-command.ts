import { type ChildProcess, spawn } from 'node:child_process';
import type { SchedulerLike } from 'rxjs';

/** What to run. */
export interface CommandCall {
  readonly program: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** All of its standard input; null for none. */
  readonly input: string | null;
  /** Units: ms. */
  readonly timeLimitMs: number;
}

/** How it ended. @public */
export type CommandEnd =
  | { readonly type: 'done' }
  | {
      readonly type: 'failed';
      readonly reason: 'not-started' | 'exit-code' | 'signal' | 'time-limit';
      /** In words, with what it complained of. */
      readonly detail: string;
    };

/** The cause is in the last words. Units: characters. */
const longestWords = 300;

/**
 * Run a command to its end, without a shell and without its output.
 *
 * @param onEnd - once, never before this returns; not after it was killed.
 * @returns kills it, and what it has started in its group, at once.
 */
export function runCommand(
  { program, args, env, input, timeLimitMs }: CommandCall,
  scheduler: SchedulerLike,
  onEnd: (end: CommandEnd) => void,
): () => void {
  let isOver = false;
  let isLate = false;
  let words = '';
  const said = () => (words.trim() === '' ? '' : `: "${words.trim().replaceAll('"', "'")}"`);
  const end = (how: CommandEnd) => {
    if (isOver) return;
    isOver = true;
    timeLimit.unsubscribe();
    child?.stderr?.destroy();
    onEnd(how);
  };
  const fail = (reason: 'not-started' | 'exit-code' | 'signal' | 'time-limit', what: string) =>
    end({ type: 'failed', reason, detail: `${program} ${what}${said()}` });
  const kill = () => {
    if (child?.pid === undefined) return;
    try {
      // The whole group: what a script has started would stay otherwise.
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };

  const failLate = () => fail('time-limit', `did not end within ${timeLimitMs} ms and was killed`);
  const timeLimit = scheduler.schedule(() => {
    isLate = true;
    kill();
    // What it said before is read first.
    setImmediate(failLate);
  }, timeLimitMs);
  let child: ChildProcess | undefined;
  try {
    child = spawn(program, args, {
      env,
      shell: false,
      stdio: [input === null ? 'ignore' : 'pipe', 'ignore', 'pipe'],
      // A group of its own, to be killed as one; and Ctrl-C on a terminal is for this process.
      detached: true,
      windowsHide: true,
    });
  } catch (cause) {
    queueMicrotask(() => fail('not-started', `could not be started (${String(cause)})`));
    return () => {
      isOver = true;
      timeLimit.unsubscribe();
    };
  }
  // A pipe that breaks is told as the end of the command; unheard it would end this process.
  for (const pipe of [child.stdin, child.stderr]) pipe?.on('error', () => undefined);
  child.stderr?.on('data', (bytes: Buffer) => {
    words = (words + bytes.toString()).replace(/\s+/g, ' ').slice(-longestWords);
  });
  child.on('error', (cause: NodeJS.ErrnoException) => {
    if (child?.pid === undefined)
      fail('not-started', `could not be started (${cause.code ?? cause.message})`);
  });
  child.on('exit', (code, signal) => {
    // What it has started may keep the pipe open, and is not waited for; what it said last is read first.
    setImmediate(() => {
      if (isLate) failLate();
      else if (code === 0) end({ type: 'done' });
      else if (signal === null) fail('exit-code', `exited with code ${code}`);
      else fail('signal', `was killed by ${signal}`);
    });
  });
  child.stdin?.end(input ?? '');

  return () => {
    if (isOver) return;
    isOver = true;
    timeLimit.unsubscribe();
    kill();
    child?.stderr?.destroy();
  };
}
