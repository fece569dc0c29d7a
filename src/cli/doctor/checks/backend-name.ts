import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Check } from '../check.js';
import { amber, type Finding, green, red } from '../finding.js';
import { placeOf } from './service-place.js';

const subject = { id: 'backend-name' } as const;
const limitMs = 6000;
/** What is slower than this delays every connection that is lost. Units: ms. */
const slowMs = 500;

/** What a resolver answered. */
export interface NameFigures {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly tookMs: number;
  /** As `ENOTFOUND`; undefined when it answered. */
  readonly code?: string | undefined;
}

export function judgeName({ host, addresses, tookMs, code }: NameFigures): Finding {
  const figures = { host, addresses: addresses.join(' '), tookMs: Math.round(tookMs) };
  if (code === 'ENOTFOUND') {
    return red(
      subject,
      `there is no ${host}`,
      'correct upstream.target, or see whether this network has a name server that knows it',
      figures,
    );
  }
  if (code !== undefined) {
    return red(
      subject,
      `the name ${host} cannot be looked up (${code})`,
      `see whether this machine has a network and a name server: getent hosts ${host}`,
      figures,
    );
  }
  const what = `${host} is ${addresses.join(', ')}`;
  if (tookMs <= slowMs) return green(subject, what, figures);
  return amber(
    subject,
    `${what}, but that took ${tookMs.toFixed(0)} ms`,
    'take a nearer name server, or one that keeps answers, such as systemd-resolved',
    figures,
  );
}

/** An address needs no looking up, and a proxy looks up by itself. */
export const backendName: Check = {
  doing: 'looking up the backend',
  subject,
  limitMs,
  async examine({ machine, config }) {
    if (config === undefined) return [];
    const { host, hasProxy } = placeOf(config.upstream, machine.env);
    if (isIP(host) !== 0 || hasProxy) return [];
    const fromMs = machine.steadyMs();
    const took = (): number => machine.steadyMs() - fromMs;
    try {
      const found = await lookup(host, { all: true });
      return [judgeName({ host, addresses: found.map(({ address }) => address), tookMs: took() })];
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return [judgeName({ host, addresses: [], tookMs: took(), code })];
    }
  },
};
