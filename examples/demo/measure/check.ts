/** One thing that was measured, against what was promised. */
export interface Check {
  /** Which turn or barge-in. */
  readonly subject: string;
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly ok: boolean;
}

/** A time that must not be above its limit. A null was never reached. */
export function atMost(subject: string, what: string, measuredMs: number | null, limitMs: number): Check {
  return {
    subject,
    what,
    measured: measuredMs === null ? 'never' : `${Math.round(measuredMs)} ms`,
    limit: `at most ${limitMs} ms`,
    ok: measuredMs !== null && measuredMs <= limitMs,
  };
}

/** Something that holds or does not. */
export function holds(subject: string, what: string, ok: boolean, measured: string, limit: string): Check {
  return { subject, what, measured, limit, ok };
}
