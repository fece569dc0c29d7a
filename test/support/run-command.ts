import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';
import { projectFolder } from './project.js';

/** What a command left behind. */
export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Its output so far. */
  readonly said: { readonly stdout: string; readonly stderr: string };
  readonly finished: Promise<Finished>;
}

/** How `earshot` is started. */
export const earshotCommand = [process.execPath, join(inject('programsFolder'), 'cli/main.js')] as const;

const running = new Set<ChildProcessWithoutNullStreams>();

/** Ends what a failed test left running. */
export function killCommands(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a program with nothing to read; without a network proxy, since everything is on this machine. */
export function start(
  program: string,
  args: readonly string[],
  input?: string,
  env: NodeJS.ProcessEnv = process.env,
): Running {
  const child = spawn(program, args, { cwd: projectFolder, env });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  child.stdin.on('error', () => {}).end(input);
  const finished = once(child, 'close').then(([code]: unknown[]): Finished => {
    running.delete(child);
    return { code: code as number | null, ...said };
  });
  return { child, said, finished };
}

/** Starts `earshot` with these arguments. */
export function startEarshot(
  args: readonly string[],
  input?: string,
  env: NodeJS.ProcessEnv = process.env,
): Running {
  const [node, ...script] = earshotCommand;
  return start(node, [...script, ...args], input, env);
}
