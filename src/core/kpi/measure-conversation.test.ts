import { from, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { UpstreamError, VoiceError } from '../errors.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import type { KpiEvent } from './kpi-event.js';
import { type KpiInput, measureConversation } from './measure-conversation.js';

const idle = { name: 'idle' } as const;
const opened = (atMs: number, turnId = 't1', revision = 1): PipelineEvent => ({
  ...{ type: 'turn-opened', turnId, revision, atMs },
});
const ended = (atMs: number, endOfSpeechMs: number, turnId = 't1', revision = 1): PipelineEvent => ({
  ...{ type: 'turn-ended', turnId, revision, endOfSpeechMs, reason: 'silence', atMs },
});
const sent = (atMs: number, turnId = 't1', revision = 1): PipelineEvent => ({
  ...{ type: 'turn-sent', turnId, revision, text: 'hm', atMs },
});
const reply = (atMs: number, replyId: string, turnId = 't1', revision = 1): PipelineEvent => ({
  ...{ type: 'reply-started', turnId, revision, replyId, atMs },
});
const heard = (atMs: number, id: string, kind: 'reply' | 'filler' = 'reply'): PipelineEvent => ({
  ...{ type: 'playout-started', owner: { kind, id }, atMs },
});
const spoken = (atMs: number, fillerId: string, nth = 1, turnId = 't1'): PipelineEvent => ({
  ...{ type: 'filler-spoken', turnId, fillerId, text: 'Hm.', context: null, expectedMs: 900, nth, atMs },
});
const becameIdle = (atMs: number): PipelineEvent => ({
  ...{ type: 'state-changed', state: idle, previous: idle, cause: 'playout-drained', atMs },
});
const decided = (atMs: number, cause = 'speech-confirmed'): PipelineEvent => ({
  ...{ type: 'state-changed', previous: idle, cause, atMs },
  state: { name: 'listening', turnId: 't2', revision: 1 },
});
const silenced = (atMs: number): PipelineEvent => ({ type: 'silenced', atMs });
const bargeIn = (atMs: number, onsetMs: number, by: 'speech' | 'press' = 'speech'): PipelineEvent => ({
  ...{ type: 'barge-in', by, onsetMs, turnId: 't1', replyId: 'r1', fillerId: null, atMs },
  ...{ heardMs: 400, heardText: 'That one' },
});
const unreachable = new UpstreamError('UPSTREAM_UNREACHABLE', 'nobody listens there; start it');
const turnFailed = (atMs: number, turnId = 't1', revision = 1): PipelineEvent => ({
  ...{ type: 'turn-failed', turnId, revision, error: unreachable, atMs },
});
const level = (atMs: number): PipelineEvent => ({
  ...{ type: 'level', device: 'microphone', endMs: atMs, rmsDb: -60, peakDb: -50, atMs },
});
const fact = (name: string, count: number): PipelineEvent => ({
  ...{ type: 'fact', fact: name, detail: 'x', count, atMs: 0 },
});

type Of<Type extends KpiEvent['type']> = Extract<KpiEvent, { readonly type: Type }>;

function measure(events: readonly KpiInput[], options: Parameters<typeof measureConversation>[0] = {}) {
  const found: KpiEvent[] = [];
  from(events)
    .pipe(measureConversation(options))
    .subscribe((kpi) => found.push(kpi));
  const of = <Type extends KpiEvent['type']>(type: Type) =>
    found.filter((kpi): kpi is Of<Type> => kpi.type === type);
  const latencies = (name: Of<'latency-measured'>['of']) =>
    of('latency-measured')
      .filter((kpi) => kpi.of === name)
      .map(({ valueMs }) => valueMs);
  const totals = Object.fromEntries(
    of('counted').map((kpi) => [kpi.label === null ? kpi.of : `${kpi.of} ${kpi.label}`, kpi.total]),
  );
  const alerts = found.flatMap((kpi) =>
    kpi.type === 'alert-raised' || kpi.type === 'alert-cleared'
      ? [`${kpi.type} ${kpi.alert} ${kpi.atMs}`]
      : [],
  );
  return { found, of, latencies, totals, alerts };
}

/** A turn that is answered `waitMs` after the end of speech. */
const answered = (atMs: number, turnId: string, waitMs: number): PipelineEvent[] => [
  ...[opened(atMs, turnId), ended(atMs + 500, atMs, turnId), sent(atMs + 500, turnId)],
  ...[reply(atMs + waitMs - 5, `r-${turnId}`, turnId), heard(atMs + waitMs, `r-${turnId}`)],
  becameIdle(atMs + waitMs + 1000),
];

describe('time to first audio', () => {
  it('is from the end of speech to the first sample of the filler, and of the answer', () => {
    const { latencies, totals, of } = measure([
      ...[opened(1000), ended(2000, 1500), sent(2100), spoken(2500, 'f1'), heard(2510, 'f1', 'filler')],
      ...[reply(3000, 'r1'), heard(3100, 'r1'), heard(3900, 'r1'), becameIdle(5000)],
    ]);

    expect(latencies('filler-heard')).toEqual([1010]);
    expect(latencies('reply-heard')).toEqual([1600]);
    expect(totals).toEqual({ 'turns answered': 1, 'fillers any': 1 });
    expect(of('share-measured')).toMatchObject([
      { of: 'filler', share: 1, count: 1 },
      { of: 'fallback', share: 0, count: 1 },
    ]);
  });

  it('counts once a turn, whatever else is heard of it', () => {
    const { latencies } = measure([
      ...[opened(0), ended(600, 100), sent(600), spoken(900, 'f1'), heard(900, 'f1', 'filler')],
      ...[spoken(2000, 'f2', 2), heard(2000, 'f2', 'filler'), reply(2500, 'r1'), heard(2600, 'r1')],
      ...[reply(2700, 'r2'), heard(2800, 'r2')],
    ]);

    expect(latencies('filler-heard')).toEqual([800]);
    expect(latencies('reply-heard')).toEqual([2500]);
  });

  it('is that of the last revision: what the user went on with has no answer of its own', () => {
    const { latencies, totals } = measure([
      ...[opened(0), ended(600, 100), sent(600), reply(700, 'r0'), opened(800, 't1', 2)],
      ...[ended(2600, 2100, 't1', 2), sent(2600, 't1', 2), heard(2650, 'r0')],
      ...[reply(2700, 'r1', 't1', 2), heard(2900, 'r1'), becameIdle(3000)],
    ]);

    expect(latencies('reply-heard')).toEqual([800]);
    expect(totals).toEqual({ 'turns reopened': 1, 'turns answered': 1 });
  });

  it('has percentiles of the newest measurements only', () => {
    const events = [100, 900, 300, 200].flatMap((waitMs, i) => answered(i * 10_000, `t${i}`, waitMs));

    expect(measure(events, { windowCount: 2 }).of('latency-measured')).toMatchObject([
      { valueMs: 100, p50Ms: 100, p95Ms: 100, maxMs: 100, count: 1 },
      { valueMs: 900, p50Ms: 100, p95Ms: 900, maxMs: 900, count: 2 },
      { valueMs: 300, p50Ms: 300, p95Ms: 900, maxMs: 900, count: 2 },
      { valueMs: 200, p50Ms: 200, p95Ms: 300, maxMs: 300, count: 2 },
    ]);
  });
});

describe('the alert for a slow answer', () => {
  it('is raised while nobody answers, by the first event after the limit, once', () => {
    const { alerts, of } = measure([
      ...[opened(0), ended(600, 100), sent(600), level(3100), level(3200), level(3300), level(9000)],
    ]);

    expect(alerts).toEqual(['alert-raised slow-answer 3200']);
    expect(of('alert-raised')).toMatchObject([{ severity: 'critical', value: 3100, limit: 3000 }]);
  });

  it('is cleared by three answers in time, one after the other', () => {
    const waits = [3001, 1000, 1000, 4000, 3000, 3000, 3000, 500];
    const { alerts, totals } = measure(waits.flatMap((waitMs, i) => answered(i * 10_000, `t${i}`, waitMs)));

    expect(alerts).toEqual(['alert-raised slow-answer 3001', 'alert-cleared slow-answer 63000']);
    expect(totals['alerts slow-answer']).toBe(1);
  });

  it('says nothing of a turn without words, of one that is not over, and of one that failed at once', () => {
    const empty: PipelineEvent = { type: 'turn-empty', turnId: 't1', revision: 1, atMs: 9000 };

    expect(measure([opened(0), level(9000)]).alerts).toEqual([]);
    expect(measure([opened(0), ended(600, 100), level(8000), empty, level(9000)]).alerts).toEqual([]);
    expect(measure([opened(0), ended(600, 100), sent(600), turnFailed(700), level(9000)]).alerts).toEqual([]);
  });
});

describe('what stood in', () => {
  const fellBack: PipelineEvent = {
    ...{ type: 'engine-fell-back', part: 'voice', from: 'kokoro', to: 'flite', reason: 'late', error: null },
    ...{ answered: 1, fallbacks: 1, recentShare: 1, atMs: 900 },
  };

  it('is a voice that is not the first choice, an apology, and no answer at all', () => {
    const byVoice = measure([
      opened(0),
      ended(600, 100),
      sent(600),
      reply(700, 'r1'),
      fellBack,
      heard(900, 'r1'),
      becameIdle(2000),
    ]);
    const failedTurn = measure([opened(0), ended(600, 100), sent(600), turnFailed(700), becameIdle(701)]);

    expect(byVoice.of('share-measured')[1]).toMatchObject({ of: 'fallback', share: 1, count: 1 });
    expect(byVoice.totals).toMatchObject({ 'engine-fallbacks voice': 1, 'turns answered': 1 });
    expect(failedTurn.of('share-measured')[1]).toMatchObject({ of: 'fallback', share: 1, count: 1 });
    expect(failedTurn.totals).toEqual({ 'turn-errors UPSTREAM_UNREACHABLE': 1, 'turns failed': 1 });
  });

  it('is an error above a tenth of the turns, from ten turns on, until it is less', () => {
    const turn = (i: number, fails: boolean): PipelineEvent[] =>
      fails
        ? [opened(i, `t${i}`), turnFailed(i, `t${i}`), becameIdle(i)]
        : [opened(i, `t${i}`), reply(i, `r${i}`, `t${i}`), heard(i, `r${i}`), becameIdle(i)];
    const { alerts, of } = measure(Array.from({ length: 30 }, (_, i) => turn(i, i < 2)).flat());

    expect(alerts).toEqual(['alert-raised many-fallbacks 9', 'alert-cleared many-fallbacks 19']);
    expect(of('alert-raised')).toMatchObject([{ severity: 'error', value: 0.2, limit: 0.1 }]);
  });

  it('does not count turns that nobody waited for', () => {
    const { of, totals } = measure([
      opened(0),
      ended(500, 10),
      sent(500),
      opened(700, 't2'),
      becameIdle(900),
    ]);

    expect(of('share-measured')).toEqual([]);
    expect(totals).toEqual({ 'turns left': 2 });
  });
});

describe('from the onset to silence', () => {
  const scored = (endMs: number, atMs: number): PipelineEvent => ({
    ...{ type: 'speech-probability', startMs: endMs - 32, endMs, probability: 0.9, atMs },
    ...{ detectorProbability: 0.9, upstreamProbability: null, confidence: null },
  });
  const edge = (type: 'speech-started' | 'speech-confirmed', atMs: number): PipelineEvent => ({
    ...{ type, onsetMs: 1000, atMs },
  });
  const onset = [
    ...[scored(1032, 1045), edge('speech-started', 1032), { type: 'ducked', atMs: 1090 } as const],
    ...[scored(1160, 1174), edge('speech-confirmed', 1160)],
  ];

  it('every millisecond has its stage, and they add up', () => {
    const { of, latencies, totals } = measure([...onset, decided(1175), silenced(1192), bargeIn(1177, 1000)]);

    const stagesMs = { detector: 32, gate: 128 + 1, loop: 14, queue: 2, device: 15 };
    expect(of('barge-in-measured')).toEqual([
      { type: 'barge-in-measured', by: 'speech', totalMs: 192, stagesMs, atMs: 1177 },
    ]);
    expect(latencies('onset-to-silence')).toEqual([192]);
    expect(latencies('onset-to-duck')).toEqual([90]);
    expect(totals).toEqual({ ducks: 1, 'barge-ins speech': 1 });
  });

  it('the wait for first words is the gate', () => {
    const { of } = measure([...onset, decided(1374), silenced(1390), bargeIn(1374, 1000)]);

    expect(of('barge-in-measured')[0]?.stagesMs).toEqual({
      detector: 32,
      gate: 328,
      loop: 14,
      queue: 0,
      device: 16,
    });
  });

  it('is known once the loudspeaker is silent, also where that is told later', () => {
    const { of } = measure([...onset, decided(1175), bargeIn(1177, 1000), level(1180), silenced(1192)]);

    expect(of('barge-in-measured')).toMatchObject([{ totalMs: 192 }]);
  });

  it('takes no silence for that of another barge-in', () => {
    const lost = measure([...onset, decided(1175), bargeIn(1177, 1000), decided(9000), silenced(9010)]);
    expect(lost.of('barge-in-measured')).toEqual([]);
    expect(
      measure([silenced(900), ...onset, decided(1175), bargeIn(1177, 1000)]).of('barge-in-measured'),
    ).toEqual([]);
  });

  it('a press has no detector and no gate, and figures of its own', () => {
    const { of, latencies } = measure([
      ...[decided(1001, 'floor-taken'), silenced(1020), bargeIn(1003, 1000, 'press')],
    ]);

    const stagesMs = { detector: 0, gate: 0, loop: 1, queue: 2, device: 17 };
    expect(of('barge-in-measured')).toMatchObject([{ by: 'press', totalMs: 20, stagesMs }]);
    expect([latencies('press-to-silence'), latencies('onset-to-silence')]).toEqual([[20], []]);
  });

  it('who goes on while nothing is heard silences nothing', () => {
    const { found } = measure([
      ...onset.slice(3),
      decided(1175),
      silenced(1175),
      { ...bargeIn(1177, 1000), replyId: null } as PipelineEvent,
    ]);

    expect(found).toEqual([]);
  });

  it('adds up where steps are missing or out of order', () => {
    const cases = [
      [decided(1175), silenced(1192), bargeIn(1177, 1000)],
      [edge('speech-confirmed', 1160), decided(1150), silenced(1155), bargeIn(1177, 1000)],
      [
        scored(1160, 5000),
        edge('speech-confirmed', 1160),
        decided(1175),
        silenced(1192),
        bargeIn(1177, 1000),
      ],
    ];
    for (const events of cases) {
      const [found] = measure(events).of('barge-in-measured');
      const stages = Object.values(found?.stagesMs ?? {});
      expect(stages.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(found?.totalMs ?? -1);
      for (const ms of stages) expect(ms).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('what is counted', () => {
  it('a duck for nothing is false, with its reason; one that became a cut is not', () => {
    const ducked: PipelineEvent = { type: 'ducked', atMs: 0 };
    const restored: PipelineEvent = { type: 'restored', atMs: 0 };
    const misfired: PipelineEvent = { type: 'speech-misfired', onsetMs: 0, atMs: 0 };
    const dismissed: PipelineEvent = {
      ...{
        type: 'speech-dismissed',
        onsetMs: 0,
        reason: 'backchannel',
        replyId: 'r1',
        text: 'mm-hm',
        atMs: 0,
      },
    };

    expect(
      measure([ducked, misfired, restored, ducked, dismissed, restored, ducked, silenced(0), restored])
        .totals,
    ).toEqual({ ducks: 3, 'false-ducks misfire': 1, 'false-ducks backchannel': 1 });
  });

  it('devices, detectors, sessions and the service that are lost', () => {
    const error = new VoiceError('DEVICE_LOST', 'gone; plug it in');
    const { totals, of } = measure([
      { type: 'device-lost', device: 'microphone', error, retryInMs: 250, atMs: 0 },
      { type: 'device-lost', device: 'loudspeaker', error, retryInMs: 250, atMs: 0 },
      { type: 'detector-lost', error, retryInMs: 250, atMs: 0 },
      { type: 'session-lost', error: unreachable, retryInMs: null, atMs: 0 },
      { type: 'degraded-mode-entered', error: unreachable, atMs: 0 },
      { type: 'degraded-mode-left', lastedMs: 400, turnsLost: 1, atMs: 400 },
      { type: 'degraded', part: 'fillers', error, atMs: 400 },
    ]);

    expect(totals).toEqual({
      ...{ 'device-losses microphone': 1, 'device-losses loudspeaker': 1, 'detector-losses': 1 },
      ...{ 'session-losses': 1, 'degraded-modes': 1, 'parts-degraded fillers': 1 },
    });
    expect(of('gauge-read').map(({ of, value }) => [of, value])).toEqual([
      ['unreachable', 1],
      ['unreachable', 0],
    ]);
  });

  it('a device that stays away counts once, until it was there again', () => {
    const error = new VoiceError('DEVICE_LOST', 'gone; plug it in');
    const gone: PipelineEvent = { type: 'device-lost', device: 'microphone', error, retryInMs: 250, atMs: 0 };
    const back: PipelineEvent = {
      ...{ type: 'device-opened', device: 'microphone', atMs: 0 },
      format: { sampleRateHz: 48_000, channels: 1 },
    };

    expect(measure([back, gone, gone, gone, back, gone, gone]).totals).toEqual({
      'device-losses microphone': 2,
    });
  });

  it('facts by how many more there are, also after a restart that counts anew, and xruns of either side', () => {
    const { of, totals } = measure([
      ...[fact('capture-xrun', 3), fact('playout-xrun', 1), fact('capture-xrun', 5)],
      ...[fact('capture-xrun', 2), fact('clock-reset', 1)],
    ]);

    expect(of('counted').filter((kpi) => kpi.of === 'xruns')).toMatchObject([
      ...[{ by: 3 }, { by: 1 }, { label: 'capture', by: 2, total: 5 }, { by: 2, total: 7 }],
    ]);
    expect(totals).toMatchObject({ 'facts clock-reset': 1, 'xruns capture': 7, 'xruns playout': 1 });
  });

  it('keeps to 64 names of facts, whatever a service makes up', () => {
    const { of } = measure(Array.from({ length: 1000 }, (_, i) => fact(`made-up-${i}`, 1)));
    const labels = new Set(of('counted').map(({ label }) => label));

    expect(labels.size).toBe(65);
    expect(of('counted').at(-1)).toMatchObject({ label: 'other', by: 1, total: 1000 - 64 });
  });

  it('reads what devices measure of themselves, and leaves out what they do not know', () => {
    const { of } = measure([
      {
        ...{ type: 'device-measured', device: 'microphone', lowWaterMs: null, driftPpm: null, atMs: 0 },
        ...{ jitterMs: { p50: 1, p99: 4, max: 9 }, loopLagMs: 12 },
      },
    ]);

    expect(of('gauge-read')).toMatchObject([
      { of: 'device-jitter', label: 'microphone', value: 4 },
      { of: 'loop-lag', label: 'microphone', value: 12 },
    ]);
  });
});

describe('synthesis', () => {
  const timed = (atMs: number, firstAudioMs: number | null): KpiInput => ({
    ...{ type: 'synthesis-timed', atMs, engine: 'kokoro', voice: 'af', letters: 9, firstAudioMs },
  });

  it('is measured where a voice is watched, and above half a second a warning', () => {
    const { latencies, alerts, of } = measure([timed(1, 120), timed(2, null), timed(3, 501), timed(4, 90)]);

    expect(latencies('synthesis')).toEqual([120, 501, 90]);
    expect(alerts).toEqual(['alert-raised slow-synthesis 3']);
    expect(of('alert-raised')).toMatchObject([{ severity: 'warning', value: 501, limit: 500 }]);
  });
});

describe('the operator', () => {
  it('begins anew for each subscriber, and ends and fails with its source', () => {
    const measured$ = from([fact('x', 1)]).pipe(measureConversation());
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++)
      measured$.subscribe({ next: (kpi) => seen.push(kpi), complete: () => seen.push('over') });
    throwError(() => 'broken')
      .pipe(measureConversation())
      .subscribe({ error: (error) => seen.push(error) });

    expect(seen).toMatchObject([{ total: 1 }, 'over', { total: 1 }, 'over', 'broken']);
  });

  it('lets go of its source', () => {
    const events$ = new Subject<PipelineEvent>();
    events$.pipe(measureConversation()).subscribe().unsubscribe();
    expect(events$.observed).toBe(false);
  });

  it('refuses bad options, all at once', () => {
    expect(() => measureConversation({ windowCount: 0, maxFallbackShare: 2 })).toThrow(
      /\[OPTION_INVALID\].*windowCount must be a whole number from 1 to 100000, but is 0; maxFallbackShare must be/,
    );
    expect(() => measureConversation({ shareCount: 5 })).toThrow(/minShareCount \(10\) must not be above/);
  });
});
