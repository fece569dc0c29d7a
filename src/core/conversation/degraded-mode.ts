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
  /** The turn that somebody has not been told of yet: they are, once the floor is free. */
  readonly owedTo: string | undefined;
  /** The turn whose answer broke off, nobody knows why yet, and since when nobody has the floor. */
  readonly brokeOff: { readonly turnId: string; readonly freeSinceMs: number | undefined } | undefined;
}

/** @internal */
export const wellAndGood: DegradedMode = { since: undefined, owedTo: undefined, brokeOff: undefined };

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
  | { readonly type: 'floor-free'; readonly atMs: number };

/** @internal */
export type DegradedModeOutput =
  | { readonly type: 'entered' }
  | { readonly type: 'left'; readonly lastedMs: number; readonly turnsLost: number }
  | { readonly type: 'apologise'; readonly turnId: string };

/**
 * An answer breaks off first, and that the session is lost is told after that: at once by most, later by a service that is asked
 * now and then whether it is there. By then the last word may have been heard. Whoever waits so long in silence still waits for the
 * rest of it. Units: ms.
 */
const sameCauseMs = 1000;

/** Pure. @internal */
export function stepDegradedMode(
  mode: DegradedMode,
  input: DegradedModeInput,
): { readonly mode: DegradedMode; readonly outputs: readonly DegradedModeOutput[] } {
  switch (input.type) {
    case 'service-failed':
      return fail(mode, input.turnId, input.atMs);
    case 'reply-broke-off':
      return { mode: { ...mode, brokeOff: { turnId: input.turnId, freeSinceMs: undefined } }, outputs: [] };
    case 'service-answered': {
      const { since, owedTo, brokeOff } = mode;
      if (!since) return { mode, outputs: [] };
      const { atMs, turnsLost } = since;
      return {
        // What is still being heard of an answer has no end, whether the service is back or not.
        mode: {
          ...wellAndGood,
          brokeOff: owedTo === undefined ? brokeOff : { turnId: owedTo, freeSinceMs: undefined },
        },
        outputs: [{ type: 'left', lastedMs: input.atMs - atMs, turnsLost }],
      };
    }
    case 'turn-opened':
      return { mode: { ...mode, owedTo: undefined, brokeOff: undefined }, outputs: [] };
    case 'floor-free': {
      const { since, owedTo, brokeOff } = mode;
      return {
        mode: {
          since,
          owedTo: undefined,
          brokeOff: brokeOff && { ...brokeOff, freeSinceMs: brokeOff.freeSinceMs ?? input.atMs },
        },
        outputs: since && owedTo !== undefined ? [{ type: 'apologise', turnId: owedTo }] : [],
      };
    }
  }
}

function fail(
  { since, owedTo, brokeOff }: DegradedMode,
  turnId: string | undefined,
  atMs: number,
): ReturnType<typeof stepDegradedMode> {
  const freeSinceMs = brokeOff?.freeSinceMs;
  const isSameCause = freeSinceMs === undefined || atMs - freeSinceMs <= sameCauseMs;
  const lost = turnId ?? (isSameCause ? brokeOff?.turnId : undefined);
  // A turn that fails when its session is lost, and then by itself, is one.
  const turnsLost = (since?.turnsLost ?? 0) + (lost !== undefined && lost !== owedTo ? 1 : 0);
  const entered: readonly DegradedModeOutput[] = since ? [] : [{ type: 'entered' }];
  const next = { since: { atMs: since?.atMs ?? atMs, turnsLost }, brokeOff: undefined };
  // Nobody has the floor: it will not become free again.
  if (lost !== undefined && lost === brokeOff?.turnId && freeSinceMs !== undefined) {
    return {
      mode: { ...next, owedTo: undefined },
      outputs: [...entered, { type: 'apologise', turnId: lost }],
    };
  }
  return { mode: { ...next, owedTo: lost ?? owedTo }, outputs: entered };
}
