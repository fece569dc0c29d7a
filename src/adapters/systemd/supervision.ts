import { OptionError } from '../../core/errors.js';

/** What systemd tells a service by its environment, read once. */
export interface Supervision {
  /** Where notifications go; null when nobody asked for them. */
  readonly socket: string | null;
  /** A notification has to come within so long, each time. Units: ms. Null when none is asked of this process. */
  readonly watchdogMs: number | null;
  /** Why a watchdog that was asked for will not be fed by this process, with the way out; else null. */
  readonly watchdogProblem: string | null;
}

/** `sockaddr_un` has no room for more. Units: bytes. */
const longestSocketName = 107;

const nobody: Supervision = { socket: null, watchdogMs: null, watchdogProblem: null };

/**
 * @param pid - of this process.
 * @throws OptionError `OPTION_INVALID` for a value that systemd does not set.
 */
export function readSupervision(env: Readonly<Record<string, string | undefined>>, pid: number): Supervision {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: watchdogPid } = env;
  if (!socket) return nobody;
  const isName = /^[/@][^\0]+$/.test(socket) && Buffer.byteLength(socket) <= longestSocketName;
  if (!isName && !/^vsock:\d+:\d+$/.test(socket)) {
    throw new OptionError(
      'OPTION_INVALID',
      `NOTIFY_SOCKET must be a path from / or an abstract name from @ of at most ${longestSocketName} bytes, but is ${JSON.stringify(socket.slice(0, 200))}; unset it, or let systemd set it`,
    );
  }
  if (!usec) return { ...nobody, socket };
  const watchdogUs = /^\d{1,16}$/.test(usec) ? Number(usec) : 0;
  if (watchdogUs === 0) {
    throw new OptionError(
      'OPTION_INVALID',
      `WATCHDOG_USEC must be a whole number of microseconds above 0, but is ${JSON.stringify(usec.slice(0, 40))}; unset it, or let systemd set it from WatchdogSec=`,
    );
  }
  if (watchdogPid && watchdogPid !== String(pid)) {
    return {
      socket,
      watchdogMs: null,
      watchdogProblem: `the watchdog is meant for process ${watchdogPid} and this one is ${pid}, so nobody feeds it; start node itself in ExecStart=, not npx, npm or a shell`,
    };
  }
  return { socket, watchdogMs: watchdogUs / 1000, watchdogProblem: null };
}
