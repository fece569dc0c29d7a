/**
 * Whether the service can be reached, as far as is known, and who is to be told that it cannot.
 *
 * Told once each time: in the events when it begins and when it is over, and in the room whenever somebody is left without an
 * answer because of it.
 * @internal
 */
export interface DegradedMode {
  /** Since when, and for how many turns without an answer; undefined while all is well. */
  readonly since: { readonly atMs: number; readonly turnsLost: number } | undefined;
  /** The turn that somebody has not been told of yet. */
  readonly owedTo: string | undefined;
}

/** @internal */
export const wellAndGood: DegradedMode = { since: undefined, owedTo: undefined };

/** @internal */
export type DegradedModeInput =
  /** The session was lost, or a turn failed for the service's sake; `turnId` is the one that is left without an answer. */
  | { readonly type: 'service-failed'; readonly turnId: string | undefined; readonly atMs: number }
  /** An answer broke off. That alone does not say that the service cannot be reached. */
  | { readonly type: 'reply-broke-off'; readonly turnId: string }
  /** It can be reached: a session was opened, or an answer has begun. */
  | { readonly type: 'service-answered'; readonly atMs: number }
  /** Somebody speaks again: what they are owed is the answer to that. */
  | { readonly type: 'turn-opened' }
  /** Nobody has the floor. */
  | { readonly type: 'floor-free' };

/** @internal */
export type DegradedModeOutput =
  | { readonly type: 'entered' }
  | { readonly type: 'left'; readonly lastedMs: number; readonly turnsLost: number }
  | { readonly type: 'apologise'; readonly turnId: string };

/** Pure. @internal */
export function stepDegradedMode(
  mode: DegradedMode,
  input: DegradedModeInput,
): { readonly mode: DegradedMode; readonly outputs: readonly DegradedModeOutput[] } {
  const { since, owedTo } = mode;
  switch (input.type) {
    case 'service-failed': {
      const { turnId, atMs } = input;
      // A turn that fails when its session is lost, and then by itself, is one; an answer that broke off before is known only now to be lost.
      const brokeOff = since === undefined && owedTo !== undefined;
      const lost = brokeOff || (turnId !== undefined && turnId !== owedTo) ? 1 : 0;
      const { atMs: sinceMs, turnsLost } = since ?? { atMs, turnsLost: 0 };
      return {
        mode: { since: { atMs: sinceMs, turnsLost: turnsLost + lost }, owedTo: turnId ?? owedTo },
        outputs: since ? [] : [{ type: 'entered' }],
      };
    }
    case 'reply-broke-off':
      return { mode: { ...mode, owedTo: input.turnId }, outputs: [] };
    case 'service-answered': {
      if (!since) return { mode, outputs: [] };
      const { atMs, turnsLost } = since;
      return {
        mode: wellAndGood,
        outputs: [{ type: 'left', lastedMs: input.atMs - atMs, turnsLost }],
      };
    }
    case 'turn-opened':
      return { mode: { ...mode, owedTo: undefined }, outputs: [] };
    case 'floor-free':
      return {
        mode: { ...mode, owedTo: undefined },
        outputs: since && owedTo !== undefined ? [{ type: 'apologise', turnId: owedTo }] : [],
      };
  }
}
