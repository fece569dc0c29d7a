import type { PipelineEvent, TurnRevision } from 'earshot';

type Of<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { readonly type: Type }>;

/** A filler that was spoken while an answer was awaited, and why this one. */
export interface FillerSummary {
  readonly atMs: number;
  readonly text: string;
  /** What it was chosen for; null for any wait. */
  readonly context: Of<'filler-spoken'>['context'];
  /** How long the wait was expected to become, from when the turn was sent, as learned from those before; null for an apology. */
  readonly expectedWaitMs: number | null;
}

/** Why there was silence instead. */
export interface SilenceSummary {
  readonly atMs: number;
  readonly reason: string;
  /** As above. */
  readonly expectedWaitMs: number;
}

/** What bridged the wait for one answer. */
export interface WaitSummary {
  readonly fillers: readonly FillerSummary[];
  readonly heldBack: SilenceSummary | null;
  /** From when the turn was sent to the first sound of its answer; null where there was none. */
  readonly waitedMs: number | null;
}

/** @param firstReplyHeardMs - of the same revision of the turn. */
export function summariseWait(
  events: readonly PipelineEvent[],
  { turnId, revision }: TurnRevision,
  untilMs: number,
  firstReplyHeardMs: number | null,
): WaitSummary {
  const sent = events.find(
    (event): event is Of<'turn-sent'> =>
      event.type === 'turn-sent' && event.turnId === turnId && event.revision === revision,
  );
  if (sent === undefined) return { fillers: [], heldBack: null, waitedMs: null };
  const ofWait = (event: PipelineEvent & { readonly turnId: string }) =>
    event.turnId === turnId && event.atMs >= sent.atMs && event.atMs < untilMs;
  const expected = (atMs: number, expectedMs: number) => atMs - sent.atMs + expectedMs;
  const silence = events.find(
    (event): event is Of<'filler-held-back'> => event.type === 'filler-held-back' && ofWait(event),
  );
  return {
    fillers: events.flatMap((event): FillerSummary[] => {
      if (event.type !== 'filler-spoken' || !ofWait(event)) return [];
      const { atMs, text, context, expectedMs } = event;
      return [
        { atMs, text, context, expectedWaitMs: expectedMs === null ? null : expected(atMs, expectedMs) },
      ];
    }),
    heldBack: silence
      ? {
          atMs: silence.atMs,
          reason: silence.reason,
          expectedWaitMs: expected(silence.atMs, silence.expectedMs),
        }
      : null,
    waitedMs: firstReplyHeardMs === null ? null : firstReplyHeardMs - sent.atMs,
  };
}

/** In a few words, what a filler was chosen for. */
export function purposeOf(context: FillerSummary['context']): string {
  switch (context) {
    case 'question':
    case 'request':
    case 'greeting':
      return `fits a ${context}`;
    case 'long-wait':
      return 'fits a long wait';
    case 'apology':
      return 'says that there will be no answer';
    case null:
      return 'fits any wait';
  }
}

/** Why a filler was spoken, and for how long it has to do. */
export const reasonOf = ({ context, expectedMs }: Of<'filler-spoken'>): string =>
  expectedMs === null
    ? purposeOf(context)
    : `${purposeOf(context)}; the answer is expected in ${tenths(expectedMs)}`;

/** Seconds with a tenth. */
export const tenths = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
