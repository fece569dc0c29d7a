import { type ChildProcess, spawn } from 'node:child_process';
import { Observable, type SchedulerLike } from 'rxjs';

/** Additional environment of a program. */
export type Environment = Readonly<Record<string, string>>;

/** What to run. */
export interface GpioCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /**
   * Whether it goes on until it is killed. The kernel then kills it when this process dies, however it dies: left alone it would hold its
   * lines for ever, and the next start would find them busy.
   */
  readonly stays: boolean;
}

/** How a program ended. */
export interface GpioEnd {
  /** As in `exited with code 1`. */
  readonly how: string;
  /** 0 for what did all it was to do. Null where there was no exit of its own. */
  readonly code: number | null;
  readonly wasKilledByUs: boolean;
  /** The last of what it complained of. */
  readonly words: string;
  readonly cause?: unknown;
}

/** A program that runs. */
export interface GpioProgram {
  /** SIGKILL. Its end is told when it is gone, and its lines are free. */
  kill(): void;
}

/** The cause is in the last words. Units: characters. */
const longestWords = 300;
/** What is longer is no line of these programs. Units: characters. */
const longestLine = 1000;

/**
 * Start a program of libgpiod.
 *
 * @param onLine - each line it prints, while it was not killed.
 * @param onEnd - once, never before this returns.
 */
export function startGpioProgram(
  { command, args, env, stays }: GpioCall,
  onLine: (line: string) => void,
  onEnd: (end: GpioEnd) => void,
): GpioProgram {
  let wasKilled = false;
  let isOver = false;
  let words = '';
  let rest = '';
  const end = (how: string, code: number | null, cause?: unknown) => {
    if (isOver) return;
    isOver = true;
    onEnd({ how, code, wasKilledByUs: wasKilled, words: words.trim().replaceAll('"', "'"), cause });
  };

  let child: ChildProcess;
  try {
    const [program, programArgs] = stays
      ? ['setpriv', ['--pdeathsig', 'KILL', command, ...args]]
      : [command, args];
    child = spawn(program, programArgs, {
      // Only in the locale `C` is everything said in English.
      env: { ...process.env, ...env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C on a terminal is for this process, which may want to put the light out.
      detached: true,
    });
  } catch (cause) {
    queueMicrotask(() => end('could not be started', null, cause));
    return { kill() {} };
  }
  for (const pipe of [child.stdout, child.stderr]) pipe?.on('error', () => undefined);
  child.stdout?.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n');
    rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) if (!wasKilled && line.trim() !== '') onLine(line.trim());
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    words = (words + bytes.toString()).replace(/\s+/g, ' ').slice(-longestWords);
  });
  child.on('error', (cause) => {
    if (child.pid === undefined) end('could not be started', null, cause);
  });
  child.on('close', (code, signal) => {
    if (child.pid === undefined) return;
    if (!wasKilled && rest.trim() !== '') onLine(rest.trim());
    end(signal === null ? `exited with code ${code}` : `was killed by ${signal}`, code);
  });
  return {
    kill() {
      if (isOver) return;
      wasKilled = true;
      child.kill('SIGKILL');
    },
  };
}

/** What a short program printed, and how it ended. */
export interface GpioAnswer extends GpioEnd {
  readonly lines: readonly string[];
}

/** A list of lines is short. */
const mostLines = 100;

/**
 * Run a short program to its end.
 *
 * @remarks
 * Cold. Emits once and completes; never errors. Bounded: it is killed after `timeoutMs`. Cancellation: kills it.
 */
export function askGpio(
  command: string,
  args: readonly string[],
  env: Environment,
  timeoutMs: number,
  scheduler: SchedulerLike,
): Observable<GpioAnswer> {
  return new Observable((subscriber) => {
    const lines: string[] = [];
    const program = startGpioProgram(
      { command, args, env, stays: false },
      (line) => {
        if (lines.length < mostLines) lines.push(line);
      },
      (end) => {
        timeout.unsubscribe();
        const how = end.wasKilledByUs ? `did not end within ${timeoutMs} ms` : end.how;
        subscriber.next({ ...end, how, lines });
        subscriber.complete();
      },
    );
    const timeout = scheduler.schedule(() => program.kill(), timeoutMs);
    return () => {
      timeout.unsubscribe();
      program.kill();
    };
  });
}
