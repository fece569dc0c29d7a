import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private folder and the programs that run for it. Both are gone when this process is, however it ends. */
export interface Warden {
  readonly folder: string;
  /** Start a program, which says what it says to `<folder>/<log>`. Returns its id. */
  run(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    log: string,
  ): Promise<number>;
  /** SIGKILL it, and wait until it is gone. Does nothing when it has gone before. */
  kill(pid: number): Promise<void>;
  /** Kill everything and remove the folder. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts what it reads, one command a line, and answers with its process id. When the pipe closes, because it was told to or because
 * its owner died, it kills all of them, waits for them and removes the folder.
 */
const script = `
folder=$1
pids=
trap '' INT TERM HUP
while IFS= read -r line; do
  case $line in
    run\\ *)
      eval "\${line#run }" &
      pids="$pids $!"
      echo "$!";;
    reap\\ *)
      pid=\${line#reap }
      wait "$pid"
      left=
      for one in $pids; do [ "$one" = "$pid" ] || left="$left $one"; done
      pids=$left
      echo gone;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done 2>/dev/null
wait
rm -rf "$folder"
`;

/** Every wait for the shell ends after this. Units: ms. Starting a program takes it a few. */
const answerTimeoutMs = 10_000;

/** Whoever was killed is dead after this, or hangs in the kernel. Units: ms. */
const deathTimeoutMs = 2000;

interface Held {
  readonly folder: string;
  readonly pids: Set<number>;
}

/** What this process holds. The shells would see to it a moment later; a process that ends in good order leaves nothing even for a moment. */
const held = new Set<Held>();
let watchesExit = false;

function releaseAll(): void {
  for (const { pids } of held) for (const pid of pids) killNow(pid);
  // What is not dead yet would write into a folder while it is removed.
  const untilMs = performance.now() + deathTimeoutMs;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while ([...held].some(({ pids }) => [...pids].some(isAlive)) && performance.now() < untilMs) {
    Atomics.wait(nobody, 0, 0, 2);
  }
  for (const { folder } of held) {
    // Programs that somebody else started with this folder may be writing their last into it.
    do {
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch {
        // Somebody was quicker; once more.
      }
    } while (existsSync(folder) && performance.now() < untilMs);
  }
}

/** The shell, whose children they are, buries them later. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/[ZX]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    return false;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone before.
  }
}

/** @param prefix - what the folder's name begins with. */
export function createWarden(prefix: string): Warden {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // A group of its own, so that Ctrl-C ends this process first and not the shell that cleans up after it.
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // Nobody stays alive for its sake.
  shell.unref();
  for (const pipe of [shell.stdin, shell.stdout]) (pipe as Socket).unref();
  const mine: Held = { folder, pids: new Set() };
  held.add(mine);
  if (!watchesExit) {
    watchesExit = true;
    process.once('exit', releaseAll);
  }
  const ask = createAsker(shell);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    const exited = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
    for (const pid of mine.pids) killNow(pid);
    if (shell.exitCode === null && shell.signalCode === null) {
      shell.ref();
      shell.stdin?.end();
      await exited;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
    held.delete(mine);
  }

  return {
    folder,
    async run(program, args, env, log) {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
      const words = ['exec', 'env', ...variables, quote(program), ...args.map(quote)];
      const output = quote(join(folder, log));
      const pid = Number(await ask(`run ${words.join(' ')} </dev/null >>${output} 2>&1`));
      mine.pids.add(pid);
      return pid;
    },
    async kill(pid) {
      if (!mine.pids.has(pid)) return;
      killNow(pid);
      await ask(`reap ${pid}`);
      mine.pids.delete(pid);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** One line there, one line back. */
function createAsker(shell: ChildProcess): (line: string) => Promise<string> {
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let rest = '';
  shell.stdin?.on('error', () => {});
  shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.resolve(line);
  });
  const fail = (): void => {
    for (const { reject } of waiting.splice(0))
      reject(new Error('the shell that runs the servers has ended'));
  };
  shell.once('exit', fail).once('error', fail);
  return (line) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer in ${answerTimeoutMs} ms to: ${line}`)),
        answerTimeoutMs,
      );
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          settle(value);
        };
      waiting.push({ resolve: settled(resolve), reject: settled(reject) });
      shell.stdin?.write(`${line}\n`);
    });
}
