import { connect } from 'node:net';
import type { Check } from '../check.js';
import { type Finding, green, red } from '../finding.js';
import { placeOf } from './service-place.js';

const subject = { id: 'backend-connect' } as const;
/** A connection that takes longer is none that a person waits for. Units: ms. */
const connectWithinMs = 5000;

/** What came of a connection. */
export interface ConnectFigures {
  readonly host: string;
  readonly port: number;
  readonly tookMs: number;
  /** As `ECONNREFUSED`, or `timeout`; undefined when it was made. */
  readonly code?: string | undefined;
}

const causes: Readonly<Record<string, readonly [what: string, cure: string]>> = {
  ECONNREFUSED: ['nobody listens there', 'start the service, or correct the port of upstream.target'],
  timeout: [
    `nothing answered within ${connectWithinMs / 1000} s`,
    'see whether a firewall drops it, on this machine, on the way or at the service',
  ],
  EHOSTUNREACH: ['there is no way to it', 'see whether the network of this machine is up: ip route'],
  ENETUNREACH: ['there is no way to its network', 'see whether the network of this machine is up: ip route'],
};

export function judgeConnect({ host, port, tookMs, code }: ConnectFigures): Finding {
  const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const figures = { host, port, tookMs: Math.round(tookMs) };
  if (code === undefined)
    return green(subject, `${at} takes connections, within ${tookMs.toFixed(0)} ms`, figures);
  const [what, cure] = causes[code] ?? [
    `it failed with ${code}`,
    'see whether the network of this machine is up',
  ];
  return red(subject, `${at} cannot be connected to: ${what}`, cure, { ...figures, code });
}

/** The code of what went wrong; undefined when a connection was made. */
function tryConnection(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (code?: string): void => {
      socket.destroy();
      resolve(code);
    };
    socket.setTimeout(connectWithinMs, () => end('timeout'));
    socket.once('connect', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // One that stands for several addresses has the reasons of each.
      const [first] = (error as { readonly errors?: readonly NodeJS.ErrnoException[] }).errors ?? [];
      end(error.code ?? first?.code ?? error.message);
    });
    signal.addEventListener('abort', () => end('timeout'), { once: true });
  });
}

export const backendConnect: Check = {
  doing: 'connecting to the backend',
  subject,
  limitMs: connectWithinMs + 3000,
  async examine({ machine, config }, signal) {
    if (config === undefined) return [];
    const { host, port, hasProxy } = placeOf(config.upstream, machine.env);
    if (hasProxy) return [green(subject, 'a proxy connects, so that the call below tells', { host, port })];
    const fromMs = machine.steadyMs();
    const code = await tryConnection(host, port, signal);
    return [judgeConnect({ host, port, tookMs: machine.steadyMs() - fromMs, code })];
  },
};
