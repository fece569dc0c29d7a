import { type ChildProcess, spawn } from 'node:child_process';
import type { SchedulerLike, Subscription } from 'rxjs';
import { createLineReader } from './lines.js';

/** Additional environment of a program. */
export type Environment = Readonly<Record<string, string>>;

/** What to run. */
export interface ProgramCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
}

/** How a program ended, when it was not us who ended it. */
export type ProgramEnd =
  /** It could not be started. */
  | { readonly type: 'not-started'; readonly cause: unknown }
  /** It exited, or was killed by somebody else. */
  | { readonly type: 'exited'; readonly code: number | null; readonly status: string };

/** What is told of a running program. Nothing is told any more after `end`, or after `kill`. */
export interface ProgramListener {
  /** It wrote this to its standard output. The bytes are reused when the call returns. */
  output(bytes: Uint8Array): void;
  /** It wrote this line to its standard error. */
  line(text: string): void;
  end(end: ProgramEnd): void;
}

/** A program that runs. */
export interface Program {
  readonly pid: number | undefined;
  /** To its standard input. Never blocks; what the pipe does not take waits in this process, the caller sees to a bound. */
  write(bytes: Uint8Array): void;
  /** Nothing more comes on its standard input. */
  endInput(): void;
  /** SIGKILL, at once, and nothing more is told. Idempotent. */
  kill(): void;
}

/** After a program exited, what it said last is waited for, but a child of its own that keeps the pipe open is not. Units: ms. */
const lastWordsMs = 50;

/**
 * The environment that a program gets: what this process has, then what the caller adds, and English.
 *
 * Only in the locale `C` is everything said in English, whatever `LANGUAGE` says. `PULSE_LATENCY_MSEC` would override the
 * latency that is asked for.
 */
export function environmentFor(env: Environment): NodeJS.ProcessEnv {
  const { PULSE_LATENCY_MSEC: _, ...inherited } = process.env;
  return { ...inherited, ...env, LC_ALL: 'C' };
}

/** Start a program. What keeps it from starting is told as its end, never thrown, and never before this returns. */
export function startProgram(
  call: ProgramCall,
  scheduler: SchedulerLike,
  listener: ProgramListener,
): Program {
  let isOver = false;
  let lastWords: Subscription | undefined;
  let reading: NodeJS.Immediate | undefined;
  let child: ChildProcess;
  try {
    child = spawn(call.command, call.args, {
      env: environmentFor(call.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C on a terminal is for this process, which may want to say goodbye.
      detached: true,
    });
  } catch (cause) {
    // An argument that no program can be given, or no memory to start one.
    const notStarted = scheduler.schedule(() => listener.end({ type: 'not-started', cause }));
    return { pid: undefined, write() {}, endInput() {}, kill: () => notStarted.unsubscribe() };
  }
  const { stdin, stdout, stderr } = child;

  function release(): void {
    isOver = true;
    lastWords?.unsubscribe();
    clearImmediate(reading);
    stdin?.destroy();
    stdout?.destroy();
    stderr?.destroy();
  }
  function end(how: ProgramEnd): void {
    if (isOver) return;
    release();
    listener.end(how);
  }
  function exited(): void {
    lines.end();
    const { exitCode: code, signalCode } = child;
    end({
      type: 'exited',
      code,
      status: signalCode ? `was killed by ${signalCode}` : `exited with code ${code}`,
    });
  }

  const lines = createLineReader((text) => {
    if (!isOver) listener.line(text);
  });
  stdout?.on('data', (bytes: Buffer) => {
    if (!isOver) listener.output(bytes);
  });
  stderr?.on('data', (bytes: Buffer) => {
    if (!isOver) lines.read(bytes);
  });
  // A pipe that breaks is the end of the program, which is told as such; unheard it would end this process.
  for (const pipe of [stdin, stdout, stderr]) pipe?.on('error', () => {});
  child.on('error', (cause) => {
    if (child.pid === undefined) end({ type: 'not-started', cause });
  });
  child.on('exit', () => {
    if (isOver) return;
    // A process that stood still has the timer first, and what lies in the pipes is read after it.
    lastWords = scheduler.schedule(() => {
      reading = setImmediate(exited);
    }, lastWordsMs);
  });
  child.on('close', () => {
    if (!isOver && child.pid !== undefined) exited();
  });

  return {
    pid: child.pid,
    write(bytes) {
      if (!isOver && stdin?.writable) stdin.write(bytes);
    },
    endInput() {
      stdin?.end();
    },
    kill() {
      if (isOver) return;
      // First of all: until then it sounds.
      child.kill('SIGKILL');
      release();
    },
  };
}
