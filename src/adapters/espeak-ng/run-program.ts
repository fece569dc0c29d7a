import { type ChildProcess, spawn } from 'node:child_process';
import { Observable } from 'rxjs';

/** What to run, and what it reads. */
export interface ProgramCall {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** All of its standard input. */
  readonly input: string;
}

/** Why a program did not do what it was to do. */
export interface ProgramFailure {
  readonly type: 'not-started' | 'failed';
  /** As in `exited with code 1`. */
  readonly how: string;
  /** The last of what it complained of; empty when it said nothing. */
  readonly words: string;
  readonly cause?: unknown;
}

/** The cause is in the last words; what a library says before is long. Units: characters. */
const longestWords = 300;

/**
 * Run a program to its end.
 *
 * @remarks
 * Cold. Emits what it writes, as it comes, in buffers that are the reader's; completes when it exits with code 0. Errors with a `ProgramFailure`.
 * Cancellation: SIGKILL, at once, and nothing more is told.
 */
export function runProgram({ command, args, env, input }: ProgramCall): Observable<Uint8Array> {
  return new Observable((observer) => {
    let words = '';
    const fail = (type: ProgramFailure['type'], how: string, cause?: unknown): void => {
      const failure: ProgramFailure = { type, how, words: words.trim().replaceAll('"', "'"), cause };
      observer.error(failure);
    };
    let child: ChildProcess;
    try {
      child = spawn(command, args, {
        // Only in the locale `C` is everything said in English, whatever `LANGUAGE` says.
        env: { ...process.env, ...env, LC_ALL: 'C' },
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own: Ctrl-C on a terminal is for this process, which may want to say goodbye.
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
    } catch (cause) {
      // An argument that no program can be given, or no memory to start one.
      fail('not-started', 'could not be started', cause);
      return undefined;
    }
    const { stdin, stdout, stderr } = child;
    // A pipe that breaks is the end of the program, which is told as such; unheard it would end this process.
    for (const pipe of [stdin, stdout, stderr]) pipe?.on('error', () => undefined);
    stdout?.on('data', (bytes: Buffer) => observer.next(bytes));
    stderr?.on('data', (bytes: Buffer) => {
      words = (words + bytes.toString()).replace(/\s+/g, ' ').slice(-longestWords);
    });
    child.on('error', (cause) => {
      if (child.pid === undefined) fail('not-started', 'could not be started', cause);
    });
    child.on('close', (code, signal) => {
      if (child.pid === undefined) return;
      if (code === 0) observer.complete();
      else fail('failed', signal === null ? `exited with code ${code}` : `was killed by ${signal}`);
    });
    stdin?.end(input);

    return () => {
      child.kill('SIGKILL');
      for (const pipe of [stdin, stdout, stderr]) pipe?.destroy();
    };
  });
}
