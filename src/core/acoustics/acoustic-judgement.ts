/** What a figure means for a conversation, in words. @public */
export interface AcousticJudgement {
  /** What was looked at, in a word or two. */
  readonly about: string;
  /** `good`: nothing to do. `fair`: it works, and could be better. `bad`: people will notice. */
  readonly rating: 'good' | 'fair' | 'bad';
  /** What was found, with the figure. */
  readonly finding: string;
  /** What to do about it; null where there is nothing to do. */
  readonly cure: string | null;
}

/** Up to the first limit a figure is good, up to the second one fair. */
export function rate(value: number, good: number, fair: number): AcousticJudgement['rating'] {
  if (value <= good) return 'good';
  return value <= fair ? 'fair' : 'bad';
}

export const db = (value: number): string => `${value.toFixed(0)} dB`;
