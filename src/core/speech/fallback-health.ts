import type { FallbackOptions } from './fallback-options.js';

/** What is known of one of several that can do the same. */
export type Health =
  | { readonly state: 'up'; readonly failures: number }
  | {
      readonly state: 'down';
      readonly sinceMs: number;
      /** Tries that failed since. */
      readonly probes: number;
      readonly probeAtMs: number;
      readonly isProbing: boolean;
    }
  /** It makes no sense to try it again. */
  | { readonly state: 'out' };

export const wellUp: Health = { state: 'up', failures: 0 };

type Rule = Pick<FallbackOptions, 'failuresUntilDown' | 'probeAfterMs' | 'maxProbeAfterMs'>;

/** It failed at a request, or was too late. Of one that is down that is nothing new: several requests may fail of one cause. */
export function afterFailure(health: Health, nowMs: number, rule: Rule): Health {
  if (health.state !== 'up') return health;
  const failures = health.failures + 1;
  return failures < rule.failuresUntilDown ? { state: 'up', failures } : down(nowMs, nowMs, 0, rule);
}

/** It was tried again, and failed again. */
export const afterProbe = (health: Health, nowMs: number, rule: Rule): Health =>
  health.state === 'down' ? down(health.sinceMs, nowMs, health.probes + 1, rule) : health;

const down = (sinceMs: number, nowMs: number, probes: number, rule: Rule): Health => ({
  state: 'down',
  sinceMs,
  probes,
  probeAtMs: nowMs + Math.min(rule.maxProbeAfterMs, rule.probeAfterMs * 2 ** Math.min(probes, 30)),
  isProbing: false,
});

/** Whether it is time to see if it works again. */
export const isProbeDue = (health: Health, nowMs: number): boolean =>
  health.state === 'down' && !health.isProbing && nowMs >= health.probeAtMs;

export const whileProbing = (health: Health): Health =>
  health.state === 'down' ? { ...health, isProbing: true } : health;

/** Nothing was learnt. */
export const withoutProbe = (health: Health): Health =>
  health.state === 'down' ? { ...health, isProbing: false } : health;
