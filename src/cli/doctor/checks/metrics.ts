import { createServer } from 'node:net';
import { defaultPrometheusOptions } from '../../../adapters/prometheus/index.js';
import { type Check, quickLimitMs } from '../check.js';
import { type Finding, green, red } from '../finding.js';

const subject = { id: 'metrics' } as const;

/** What came of listening where metrics are to be served. */
export interface MetricsFigures {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** As `EADDRINUSE`; undefined where it can be listened. */
  readonly code: string | undefined;
}

const causes: Readonly<Record<string, readonly [what: string, cure: string]>> = {
  EADDRINUSE: [
    'is taken by another program',
    'end that one (a running earshot is one), or set metrics.port to another port, or to 0 for any that is free',
  ],
  EACCES: ['may not be used by this account', 'set metrics.port to one of 1024 or more'],
  EADDRNOTAVAIL: [
    'is not there, because the machine has no such address',
    'set metrics.host to the other one',
  ],
};

export function judgeMetrics({ host, port, code }: MetricsFigures): Finding {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const figures = { host, port };
  if (code === undefined) {
    return green(subject, port === 0 ? 'any port that is free' : `${at} is free`, figures);
  }
  const [what, cure] = causes[code] ?? [`cannot be used (${code})`, 'set metrics.port to another port'];
  return red(subject, `${at} ${what}`, cure, { ...figures, code });
}

/** Listens for a moment; the code of what keeps it from that. */
function tryPort(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true, signal }, () => server.close(() => resolve(undefined)));
    server.once('close', () => resolve(undefined));
  });
}

/** Whether metrics can be served where the config wants them. Says nothing where it wants none. */
export const metrics: Check = {
  doing: 'trying the port of the metrics',
  subject,
  limitMs: quickLimitMs,
  async examine({ config }, signal) {
    if (config?.metrics === undefined) return [];
    const { host, port } = { ...defaultPrometheusOptions, ...config.metrics };
    return [judgeMetrics({ host, port, code: await tryPort(host, port, signal) })];
  },
};
