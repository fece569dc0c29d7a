import { UpstreamError } from 'earshot';
import type { Random } from '../support/random.js';

const noAnswer = (code: 'UPSTREAM_TIMEOUT' | 'UPSTREAM_OVERLOADED' | 'UPSTREAM_REJECTED') =>
  new UpstreamError(code, 'no answer to this; ask again', { retryable: code !== 'UPSTREAM_REJECTED' });

/** How the service deals with one turn: what, and how long after the turn ended. */
export type Plan = readonly { readonly afterMs: number; readonly does: Act }[];
export type Act =
  | { readonly type: 'begin' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'audio'; readonly ms: number }
  | { readonly type: 'end'; readonly reason: 'complete' | 'truncated' | 'failed' }
  | { readonly type: 'fail'; readonly error: UpstreamError }
  /** The session is lost: told, and the stream goes on, or the stream errors. */
  | { readonly type: 'lose'; readonly how: 'told' | 'error' };

/** Instants on a grid, so that many of them are the same. Units: ms. */
const gridMs = 100;

/** What a service that may be lost at any moment does with a turn; in a third of the cases what it should. */
export function planBy({ integer, pick, next }: Random): Plan {
  const beginMs = pick(0, 300, 600, 700, 1300, 2500, 4000);
  const pieces = integer(0, 4);
  const pieceMs = pick(100, 200, 500);
  const plan: { readonly afterMs: number; readonly does: Act }[] = [];
  const at = (afterMs: number, does: Act) => plan.push({ afterMs, does });
  const lose = (afterMs: number) => at(afterMs, { type: 'lose', how: pick('told', 'error') });
  const kind = integer(0, 8);
  if (kind === 0) return plan;
  if (kind === 1) {
    const failMs = pick(0, 600, 1300, 3000);
    if (next() < 0.3) lose(failMs);
    at(failMs, {
      type: 'fail',
      error: noAnswer(pick('UPSTREAM_TIMEOUT', 'UPSTREAM_OVERLOADED', 'UPSTREAM_REJECTED')),
    });
    if (next() < 0.5) lose(failMs + pick(0, 0, gridMs));
    return plan;
  }
  if (kind === 2) {
    lose(pick(0, 600, 700, 2500));
    return plan;
  }
  at(beginMs, { type: 'begin' });
  at(beginMs, { type: 'text', text: 'one two three four five six' });
  for (let piece = 0; piece < pieces; piece++) {
    at(beginMs + (next() < 0.5 ? 0 : piece * pieceMs), { type: 'audio', ms: pieceMs });
  }
  const heardMs = beginMs + pieces * pieceMs;
  // When all that came is heard, or before that, or after it: then the loudspeaker has run dry.
  const endMs = pick(beginMs, heardMs, heardMs, heardMs + gridMs, heardMs + 700);
  if (kind >= 6) {
    at(endMs, { type: 'end', reason: 'complete' });
    if (next() < 0.2) lose(endMs + pick(0, gridMs));
    return plan;
  }
  const losesFirst = next() < 0.4;
  if (losesFirst) lose(endMs);
  if (kind > 3 || losesFirst) at(endMs, { type: 'end', reason: pick('truncated', 'failed') });
  if (!losesFirst && next() < 0.7) lose(endMs + pick(0, 0, 0, gridMs, 700));
  return plan;
}

/** What it should do. */
export const wholeAnswer: Plan = [
  { afterMs: 500, does: { type: 'begin' } },
  { afterMs: 500, does: { type: 'text', text: 'seven eight nine' } },
  { afterMs: 500, does: { type: 'audio', ms: 900 } },
  { afterMs: 900, does: { type: 'end', reason: 'complete' } },
];
