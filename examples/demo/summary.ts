import type { PipelineEvent } from 'earshot';
import { type DegradedSummary, summariseDegraded } from './summary/degraded.js';
import { summariseWait, type WaitSummary } from './summary/fillers.js';
import type { ListeningSummary, SpeakingSummary } from './summary/speech.js';
import type { Place } from './timeline/data.js';

type Of<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { readonly type: Type }>;

/** One turn of the user and what came of it. Times in ms, 0 is the first sample of both recordings. */
export interface TurnSummary extends WaitSummary {
  readonly turnId: string;
  readonly revision: number;
  readonly said: string;
  readonly answered: string;
  readonly endOfSpeechMs: number;
  readonly turnEndedMs: number;
  readonly fillerHeardMs: number | null;
  readonly firstReplyHeardMs: number | null;
  /** How much of the reply was heard. */
  readonly replyHeardMs: number;
  readonly outcome: 'answered' | 'interrupted' | 'reopened' | 'unanswered';
  /** The turn as it was sent before the user went on with it. */
  readonly earlierRevisions: readonly TurnSummary[];
}

export interface BargeInSummary {
  readonly kind: 'filler' | 'reply';
  readonly turnId: string;
  readonly speechOnsetMs: number;
  /** When the loudspeaker had reached its ducked volume. */
  readonly duckedMs: number;
  /** Null when it ended before that. */
  readonly silentMs: number | null;
  readonly heardMs: number;
  readonly heardText: string;
}

/** Something that sounded like speech and was none. */
export interface CoughSummary {
  readonly kind: 'cough';
  readonly turnId: string;
  readonly speechOnsetMs: number;
  readonly duckedMs: number;
  readonly restoredMs: number;
}

export interface Summary {
  readonly ok: boolean;
  /** What is not as the script says, one sentence each. */
  readonly problems: readonly string[];
  readonly place: Place;
  /** How much less of the loudspeaker the microphone hears; null: nothing to speak of. Units: dB. */
  readonly echoDb: number | null;
  readonly turns: readonly TurnSummary[];
  readonly bargeIns: readonly BargeInSummary[];
  readonly coughs: readonly CoughSummary[];
  /** Times in which the service could not be reached. */
  readonly degraded: readonly DegradedSummary[];
  /** Null where the script says what was said, or nobody knows. */
  readonly listening: ListeningSummary | null;
  /** Null where the service spoke. */
  readonly speaking: SpeakingSummary | null;
  /** What had to be known before the conversation began, one sentence each. */
  readonly notices: readonly string[];
  readonly totals: {
    readonly turns: number;
    readonly answered: number;
    readonly bargeIns: number;
    readonly coughs: number;
    readonly fillers: number;
    readonly durationMs: number;
    readonly fillerDelayMs: number;
  };
  /** How the devices fared. All of it is zero where there are none. */
  readonly devices: {
    /** How often samples were lost, or there were none to play. */
    readonly xruns: number;
    readonly lost: number;
    /** How late a timer of this process came, at most. */
    readonly loopLagMs: number;
  };
}

/**
 * What a run came to.
 *
 * @param events - with times relative to the recordings.
 * @param onsetNear - where speech really begins near an instant, measured in the recording of the microphone.
 */
export function summarise(
  events: readonly PipelineEvent[],
  durationMs: number,
  fillerDelayMs: number,
  onsetNear: (atMs: number) => number,
): Omit<Summary, 'ok' | 'problems' | 'place' | 'echoDb' | 'listening' | 'speaking' | 'notices'> {
  const all = <Type extends PipelineEvent['type']>(type: Type) =>
    events.filter((event): event is Of<Type> => event.type === type);
  const started = (kind: 'reply' | 'filler', id: string) =>
    all('playout-started').find(({ owner }) => owner.kind === kind && owner.id === id)?.atMs ?? null;
  const ends = all('turn-ended');

  const rows = ends.map((end): TurnSummary => {
    const { turnId, revision } = end;
    const later = ends.find((other) => other.turnId === turnId && other.revision === revision + 1);
    const isOf = (event: { readonly turnId: string; readonly revision: number }) =>
      event.turnId === turnId && event.revision === revision;
    const filler = all('filler-spoken').find(
      (event) => event.turnId === turnId && event.atMs >= end.atMs && event.atMs < (later?.atMs ?? Infinity),
    );
    const reply = all('reply-started').filter(isOf).at(-1);
    const playout = all('playout-ended').find(
      ({ owner }) => owner.kind === 'reply' && owner.id === reply?.replyId,
    );
    const heardMs = playout?.heardMs ?? 0;
    const firstReplyHeardMs = reply ? started('reply', reply.replyId) : null;
    const cut = all('barge-in').find(({ replyId }) => replyId !== null && replyId === reply?.replyId);
    return {
      turnId,
      revision,
      said: all('turn-sent').find(isOf)?.text ?? '',
      answered:
        cut?.heardText ?? all('reply-ended').find(({ replyId }) => replyId === reply?.replyId)?.text ?? '',
      endOfSpeechMs: end.endOfSpeechMs,
      turnEndedMs: end.atMs,
      fillerHeardMs: filler ? started('filler', filler.fillerId) : null,
      firstReplyHeardMs,
      replyHeardMs: heardMs,
      outcome: later
        ? 'reopened'
        : heardMs === 0
          ? 'unanswered'
          : playout?.reason === 'cut'
            ? 'interrupted'
            : 'answered',
      ...summariseWait(events, end, later?.atMs ?? Infinity, firstReplyHeardMs),
      earlierRevisions: [],
    };
  });
  const turns = rows
    .filter(({ outcome }) => outcome !== 'reopened')
    .map((row) => ({
      ...row,
      earlierRevisions: rows.filter((other) => other.turnId === row.turnId && other !== row),
    }));

  const lastDuck = (beforeMs: number) =>
    all('ducked')
      .filter(({ atMs }) => atMs <= beforeMs + 100)
      .at(-1)?.atMs ?? beforeMs;
  const bargeIns = all('barge-in')
    .filter(({ replyId, fillerId }) => replyId !== null || fillerId !== null)
    .map((event): BargeInSummary => {
      const { atMs, turnId, onsetMs, replyId, heardMs, heardText } = event;
      return {
        kind: replyId === null ? 'filler' : 'reply',
        turnId,
        speechOnsetMs: onsetNear(onsetMs),
        duckedMs: lastDuck(atMs),
        silentMs: all('silenced').filter((silenced) => silenced.atMs >= onsetMs)[0]?.atMs ?? null,
        heardMs,
        heardText,
      };
    });
  const coughs = all('speech-misfired').flatMap(({ onsetMs, atMs }): CoughSummary[] => {
    const ducked = all('ducked').find((event) => event.atMs >= onsetMs && event.atMs <= atMs + 100);
    const restored = all('restored').find((event) => event.atMs >= atMs);
    const playing = rows.find(
      (row) =>
        row.firstReplyHeardMs !== null &&
        row.firstReplyHeardMs <= onsetMs &&
        onsetMs <= row.firstReplyHeardMs + row.replyHeardMs,
    );
    if (!ducked || !restored || !playing) return [];
    return [
      {
        kind: 'cough',
        turnId: playing.turnId,
        speechOnsetMs: onsetNear(onsetMs),
        duckedMs: ducked.atMs,
        restoredMs: restored.atMs,
      },
    ];
  });

  return {
    turns,
    bargeIns,
    coughs,
    degraded: summariseDegraded(events),
    totals: {
      turns: turns.length,
      answered: turns.filter(({ outcome }) => outcome === 'answered' || outcome === 'interrupted').length,
      bargeIns: bargeIns.length,
      coughs: coughs.length,
      fillers: all('playout-started').filter(({ owner }) => owner.kind === 'filler').length,
      durationMs,
      fillerDelayMs,
    },
    devices: {
      xruns: all('fact').filter(({ fact }) => fact === 'capture-xrun' || fact === 'playout-xrun').length,
      lost: all('device-lost').length,
      loopLagMs: Math.max(0, ...all('device-measured').map(({ loopLagMs }) => loopLagMs)),
    },
  };
}

/** The same with every time of it to the microsecond; more digits say nothing. */
export function rounded(summary: Summary): Summary {
  const text = JSON.stringify(summary, (key, value: unknown) =>
    key.endsWith('Ms') && typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
  );
  return JSON.parse(text) as Summary;
}
