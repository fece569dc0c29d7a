import { spawn } from 'node:child_process';
import { Observable } from 'rxjs';

export interface Sending {
  readonly program: string;
  readonly socket: string;
  /** Where the program is looked for. */
  readonly path: string | undefined;
  readonly timeoutMs: number;
}

/** What a program says of its failure is one line. Units: characters. */
const mostWords = 400;
/** After it exited, what it said last is waited for. Units: ms. */
const lastWordsMs = 100;

const start = (
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; timeout: number },
) => spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], killSignal: 'SIGKILL' });

const codeOf = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;

/**
 * Send one datagram, by a program: Node.js has no sockets of this kind.
 *
 * @remarks
 * Cold. Emits once and completes, with null when it was taken, else with why not. Bounded: after `timeoutMs` the program is killed.
 * Cancellation: kills it.
 */
export function sendNotification(
  { program, socket, path, timeoutMs }: Sending,
  variables: readonly string[],
): Observable<string | null> {
  return new Observable((subscriber) => {
    let words = '';
    let lastWords: NodeJS.Timeout | undefined;
    const end = (failure: string | null) => {
      subscriber.next(failure);
      subscriber.complete();
    };
    const notStarted = (cause: unknown) =>
      end(
        codeOf(cause) === 'ENOENT'
          ? `${program} is not installed; apt install systemd, or give its path as the option program`
          : `${program} cannot be started: ${String(cause)}`,
      );
    let child: ReturnType<typeof start>;
    try {
      child = start(program, variables, {
        env: { NOTIFY_SOCKET: socket, LC_ALL: 'C', ...(path !== undefined && { PATH: path }) },
        timeout: timeoutMs,
      });
    } catch (cause) {
      // An argument that no program can be given.
      notStarted(cause);
      return;
    }
    child.stderr.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, mostWords);
    });
    child.on('error', notStarted);
    child.on('exit', (code, signal) => {
      if (code === 0) end(null);
      else if (signal) end(`${program} was killed by ${signal}; it has ${timeoutMs} ms`);
      else {
        const failed = () => end(`${program} exited with code ${code}: ${words.trim() || 'it said nothing'}`);
        child.on('close', failed);
        // A child of its own may keep the pipe open.
        lastWords = setTimeout(failed, lastWordsMs);
      }
    });
    return () => {
      clearTimeout(lastWords);
      child.stderr.destroy();
      child.kill('SIGKILL');
    };
  });
}
