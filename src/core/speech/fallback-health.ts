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
    };

export const wellUp: Health = { state: 'up', failures: 0 };

type Rule = Pick<FallbackOptions, 'failuresUntilDown' | 'probeAfterMs' | 'maxProbeAfterMs'>;

/** It failed, or was too late. */
export function afterFailure(health: Health, nowMs: number, rule: Rule): Health {
  if (health.state === 'up') {
    const failures = health.failures + 1;
    if (failures < rule.failuresUntilDown) return { state: 'up', failures };
    return down(nowMs, nowMs, 0, rule);
  }
  return down(health.sinceMs, nowMs, health.probes + 1, rule);
}

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

/** In the order they are asked: those that are up, then those that are down, since nobody else is left. */
export function askingOrder(healths: readonly Health[]): readonly number[] {
  const all = healths.map((_, index) => index);
  const isUp = (index: number) => healths[index]?.state === 'up';
  return [...all.filter(isUp), ...all.filter((index) => !isUp(index))];
}
