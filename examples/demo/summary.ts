import type { PipelineEvent } from 'earshot';
import type { BargeInSummary, CoughSummary, Summary, TurnSummary } from './summary/data.js';
import { summariseDegraded } from './summary/degraded.js';
import { summariseWait } from './summary/fillers.js';

export type { Summary };

type Of<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { readonly type: Type }>;

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
