import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What came at the socket: a notification, or that none came in time. */
export type Heard =
  | { readonly type: 'told'; readonly variables: readonly string[] }
  | { readonly type: 'expired' };

/** A real datagram socket, as systemd binds it, in a process of its own: it goes on when this one stands still. */
export interface NotifySocket {
  readonly name: string;
  readonly heard: readonly Heard[];
  /** Resolves when something of this kind has been heard after the first `after`. */
  waitFor(what: (heard: Heard) => boolean, after?: number): Promise<Heard>;
  close(): Promise<void>;
}

const interpreters = ['/usr/bin/python3', 'python3'];
const works = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** Why there can be no such socket here; undefined where there can. */
export function whyNoNotifySocket(): string | undefined {
  if (process.platform !== 'linux') return 'systemd is on Linux only';
  if (!works('systemd-notify', '--version'))
    return 'systemd-notify is not installed here; apt-get install systemd';
  return interpreters.some((python) => works(python, '--version'))
    ? undefined
    : 'Python is not installed here; apt-get install python3';
}

/**
 * @param name - a path, or an abstract name from @.
 * @param watchdogMs - tells `expired` when after one WATCHDOG=1 none comes for so long; 0 never does.
 */
export async function bindNotifySocket(name: string, watchdogMs = 0): Promise<NotifySocket> {
  const script = fileURLToPath(new URL('notify-socket.py', import.meta.url));
  const python = interpreters.find((one) => works(one, '--version')) ?? 'python3';
  const child = spawn(python, [script, name, String(watchdogMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  const bound = new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`the socket ${name} could not be bound`)));
    createInterface(child.stdout).on('line', (line) => {
      const said = JSON.parse(line) as Heard | { readonly type: 'bound' };
      if (said.type === 'bound') resolve();
      else heard.push(said);
      for (const look of waiting) look();
    });
  });
  await bound;
  return {
    name,
    heard,
    waitFor: (what, after = 0) =>
      new Promise((resolve) => {
        const look = () => {
          const found = heard.slice(after).find(what);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
