import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program in a terminal of its own, and whoever sits at it. */
export interface Pty {
  /** Resolves when the screen shows this, after what was waited for before. Bounded. */
  shows(text: string): Promise<void>;
  type(text: string): void;
  /** All that was shown. */
  readonly screen: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** The exit code; null when a signal ended it. */
  readonly finished: Promise<number | null>;
}

/** Longer than any stall of a busy machine. Units: ms. */
const patienceMs = 20_000;

/**
 * Start a shell command in a pseudo-terminal, by the program `script` of util-linux.
 *
 * @param command - as a shell reads it.
 */
export function startInPty(command: string, cwd: string): Pty {
  const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd });
  let screen = '';
  let seen = 0;
  const waiting = new Set<() => void>();
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    for (const look of waiting) look();
  });
  const finished = once(child, 'close').then(([code]: unknown[]) => code as number | null);
  return {
    child,
    finished,
    get screen() {
      return screen;
    },
    type: (text) => void child.stdin.write(text),
    shows: (text) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          waiting.delete(look);
          clearTimeout(limit);
          end();
        };
        const look = () => {
          const at = screen.indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          settle(resolve);
        };
        const fail = (why: string) =>
          settle(() => reject(new Error(`${JSON.stringify(text)} ${why}; the screen is:\n${screen}`)));
        const limit = setTimeout(() => fail(`was not shown within ${patienceMs} ms`), patienceMs);
        waiting.add(look);
        finished.then(() => fail('was not shown, and the program has ended'));
        look();
      }),
  };
}
