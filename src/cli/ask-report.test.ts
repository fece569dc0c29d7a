import { describe, expect, it } from 'vitest';
import type { ServiceEvent } from '../adapters/streaming-service/index.js';
import { audioFrame, UpstreamError } from '../index.js';
import type { AskInput, AskReport } from './ask-report.js';
import { askExitCode, beginAsk, reportBounds, reportOf, stepAsk } from './ask-report.js';
import { droppedOf, noteOf, sentenceOf, summaryOf } from './ask-words.js';

const about = { turnId: 'ask', revision: 1 } as const;

const started = (attempt: number, atMs: number): AskInput => ({
  type: 'attempt-started',
  ...about,
  sessionId: `session-${attempt}`,
  attempt,
  atMs,
});

type AttemptEnded = Extract<ServiceEvent, { type: 'attempt-ended' }>;

const ended = (attempt: number, how: Partial<AttemptEnded> = {}): AttemptEnded => ({
  type: 'attempt-ended',
  ...about,
  sessionId: `session-${attempt}`,
  attempt,
  outcome: 'complete',
  code: null,
  grpcStatus: null,
  retryable: false,
  message: 'done',
  afterMs: 900,
  decision: 'done',
  retryInMs: null,
  ...how,
});

const text = (value: string): AskInput => ({ type: 'reply-text', replyId: 'session-1', text: value });

const audio = (
  samplesPerChannel: number,
  sampleRateHz = 48_000,
  channels = 1,
  dtype = 'int16',
): AskInput[] => [
  {
    type: 'audio-received',
    sessionId: 'session-1',
    bytes: new Uint8Array(samplesPerChannel * channels * 2),
    dtype,
    sampleRateHz,
    channels,
    shape: [],
  },
  {
    type: 'reply-audio',
    replyId: 'session-1',
    sequence: 0,
    frame: audioFrame({ sampleRateHz, channels }, new Float32Array(samplesPerChannel * channels), 0),
  },
];

const progress = (stepNumber: number | null): AskInput => ({
  type: 'progress',
  sessionId: 'session-1',
  kind: 'BROWSER_STEP_STARTED',
  taskId: 'task-1',
  stepNumber,
  description: 'looks',
  url: null,
  action: null,
  error: null,
  timestamp: '2026-03-12T09:30:00Z',
});

const unreachable = new UpstreamError('UPSTREAM_UNREACHABLE', 'nobody there; start it', {
  retryable: true,
  grpcStatus: 14,
});

const all = (inputs: readonly AskInput[]) => inputs.reduce(stepAsk, beginAsk);
const report = (...inputs: readonly AskInput[]): AskReport => reportOf(all(inputs));

describe('the report of an ask', () => {
  it('is an object of exactly these fields, in this order', () => {
    expect(Object.keys(report())).toEqual([
      'outcome',
      'code',
      'grpcStatus',
      'retryable',
      'attempts',
      'sessionIds',
      'text',
      'audioMs',
      'audioBytes',
      'formats',
      'actions',
      'progress',
      'firstTextMs',
      'firstAudioMs',
      'endedMs',
      'message',
    ]);
  });

  it('holds all of a complete answer', () => {
    expect(
      report(
        started(1, 5000),
        { type: 'first-message', sessionId: 'session-1', kind: 'text', afterMs: 300 },
        text('It is '),
        text('noon.'),
        { type: 'first-message', sessionId: 'session-1', kind: 'audio', afterMs: 450.4 },
        ...audio(480),
        ...audio(240, 24_000, 2, 'float32'),
        ...audio(480),
        progress(2),
        { type: 'action', replyId: 'session-1', command: 'light_on', args: { room: 'hall' } },
        ended(1),
      ),
    ).toEqual({
      outcome: 'complete',
      code: null,
      grpcStatus: null,
      retryable: false,
      attempts: 1,
      sessionIds: ['session-1'],
      text: 'It is noon.',
      audioMs: 30,
      audioBytes: 960 + 960 + 960,
      formats: [
        { dtype: 'int16', sampleRateHz: 48_000, channels: 1 },
        { dtype: 'float32', sampleRateHz: 24_000, channels: 2 },
      ],
      actions: [{ command: 'light_on', args: { room: 'hall' } }],
      progress: [
        {
          kind: 'BROWSER_STEP_STARTED',
          taskId: 'task-1',
          stepNumber: 2,
          description: 'looks',
          url: null,
          action: null,
          error: null,
          timestamp: '2026-03-12T09:30:00Z',
        },
      ],
      firstTextMs: 300,
      firstAudioMs: 450,
      endedMs: 900,
      message: 'done',
    });
  });

  it('counts times from the first attempt, and tells the ending of the last', () => {
    const lost = {
      outcome: 'failed',
      code: 'UPSTREAM_UNREACHABLE',
      grpcStatus: 14,
      retryable: true,
    } as const;
    expect(
      report(
        started(1, 5000),
        ended(1, { ...lost, message: 'gone', afterMs: 10, decision: 'retry', retryInMs: 990 }),
        started(2, 6000),
        { type: 'first-message', sessionId: 'session-2', kind: 'text', afterMs: 300 },
        text('Yes.'),
        ended(2),
      ),
    ).toMatchObject({
      outcome: 'complete',
      code: null,
      grpcStatus: null,
      retryable: false,
      attempts: 2,
      sessionIds: ['session-1', 'session-2'],
      firstTextMs: 1300,
      endedMs: 1900,
      message: 'done',
    });
  });

  it.each([
    ['complete', 0],
    ['cancelled', 0],
    ['truncated', 3],
    ['empty', 3],
    ['refused', 4],
    ['blocked', 4],
    ['failed', 5],
  ] as const)('an ask that ended %s has the exit code %i', (outcome, code) => {
    expect(report(started(1, 0), ended(1, { outcome }))).toMatchObject({ outcome, endedMs: 900 });
    expect(askExitCode(outcome)).toBe(code);
  });

  it('is cancelled also while it waits for the next attempt, whatever the last one said', () => {
    const waiting = ended(1, {
      outcome: 'failed',
      code: 'UPSTREAM_FAULT',
      decision: 'retry',
      retryInMs: 4000,
    });
    const cancelled = report(started(1, 1000), waiting, { type: 'ask-cancelled', atMs: 3500 });

    expect(cancelled).toMatchObject({ outcome: 'cancelled', code: null, message: null, endedMs: 2500 });
  });

  it('tells of a turn that failed before there was an attempt', () => {
    const failed = report({ type: 'turn-failed', ...about, error: unreachable });

    expect(failed).toMatchObject({
      outcome: 'failed',
      code: 'UPSTREAM_UNREACHABLE',
      grpcStatus: 14,
      retryable: true,
      attempts: 0,
      sessionIds: [],
      message: '[UPSTREAM_UNREACHABLE] nobody there; start it',
    });
  });

  it('keeps what the service said when the turn fails afterwards', () => {
    const how = { outcome: 'refused', code: 'UPSTREAM_FORBIDDEN', message: 'come back tomorrow' } as const;
    const refused = all([
      started(1, 0),
      ended(1, how),
      { type: 'turn-failed', ...about, error: unreachable },
    ]);

    expect(reportOf(refused)).toMatchObject({ outcome: 'refused', message: 'come back tomorrow' });
    expect(sentenceOf(refused)).toBe('[UPSTREAM_UNREACHABLE] nobody there; start it');
  });

  it('is bounded, and counts what there was no room for', () => {
    const long = 'x'.repeat(reportBounds.textCharacters - 1);
    const action: AskInput = { type: 'action', replyId: 'session-1', command: 'go', args: null };
    const full = all([
      text(long),
      text('abc'),
      text('d'),
      ...Array.from({ length: reportBounds.actions + 2 }, () => action),
      ...Array.from({ length: reportBounds.progress + 1 }, (_, i) => progress(i)),
      ...Array.from({ length: reportBounds.formats + 5 }, (_, i) => audio(1, 8000 + i)).flat(),
    ]);

    expect(reportOf(full).text).toHaveLength(reportBounds.textCharacters);
    expect(reportOf(full).text.at(-1)).toBe('a');
    expect(reportOf(full).formats).toHaveLength(reportBounds.formats);
    expect(droppedOf(full)).toBe(
      'the report has no room for 3 characters of text, 2 actions, 1 messages of progress',
    );
    expect(droppedOf(beginAsk)).toBeUndefined();
  });

  it('passes over what it says nothing about', () => {
    expect(
      report(
        { type: 'session-opened', sessionId: 'x' },
        { type: 'connection', state: 'ready', retryInMs: null },
      ),
    ).toEqual(report());
  });
});

describe('what is said on stderr', () => {
  it('is nothing where nothing went wrong', () => {
    expect(sentenceOf(all([started(1, 0), ended(1)]))).toBeUndefined();
    expect(sentenceOf(all([started(1, 0), { type: 'ask-cancelled', atMs: 1 }]))).toBeUndefined();
  });

  it.each([
    [
      { outcome: 'truncated', code: 'UPSTREAM_FAULT', message: 'out of memory\nreally' },
      '[UPSTREAM_FAULT] the answer stopped before its end, because of this: out of memory really; what came before is whole',
    ],
    [
      { outcome: 'truncated', message: null },
      'the answer stopped before its end, and nobody said why; what came before is whole',
    ],
    [
      {
        outcome: 'failed',
        code: 'AUDIO_FORMAT_UNSUPPORTED',
        message: '[AUDIO_FORMAT_UNSUPPORTED] MP3; send PCM',
      },
      '[AUDIO_FORMAT_UNSUPPORTED] MP3; send PCM',
    ],
    [
      {
        outcome: 'failed',
        code: 'UPSTREAM_TIMEOUT',
        message: '[UPSTREAM_TIMEOUT] nothing; raise firstMessageMs',
      },
      '[UPSTREAM_TIMEOUT] nothing; raise --first-message-ms',
    ],
    [{ outcome: 'failed', message: null }, 'the service gave no answer and no reason; try again'],
  ] as const)('is one sentence for %j', (how, sentence) => {
    expect(sentenceOf(all([started(1, 0), ended(1, how)]))).toBe(sentence);
  });

  it('says what is done about an attempt that failed, and what else happens', () => {
    const retry = {
      outcome: 'failed',
      code: 'UPSTREAM_FAULT',
      message: 'oops',
      decision: 'retry',
      retryInMs: 980,
    } as const;
    expect(noteOf(ended(1, retry))).toBe('attempt 1 failed (UPSTREAM_FAULT, oops); asking again in 0.98 s');
    expect(noteOf({ type: 'action', replyId: 'r', command: 'light_on', args: { room: 'hall' } })).toBe(
      'action: light_on {"room":"hall"}',
    );
    expect(noteOf(progress(2))).toBe('progress: BROWSER_STEP_STARTED step 2, looks');
    expect(noteOf({ type: 'interrupt-sent', success: true, message: 'ok', blockedUntilMs: 1 })).toBe(
      'interrupt: taken, "ok"',
    );
    expect(noteOf({ type: 'interrupt-failed', error: unreachable })).toBe(
      'interrupt: [UPSTREAM_UNREACHABLE] nobody there; start it',
    );
    expect(noteOf({ type: 'upstream-fact', fact: 'audio-dropped', detail: '3 bytes' })).toBe(
      'audio-dropped: 3 bytes',
    );
    expect(noteOf(ended(1))).toBeUndefined();
    expect(noteOf(text('words'))).toBeUndefined();
  });

  it('lets no stranger move the cursor or begin a line', () => {
    expect(noteOf({ type: 'action', replyId: 'r', command: 'a\u001b[2J\nb', args: null })).toBe(
      'action: a?[2J b null',
    );
  });

  it('sums up in one line', () => {
    const answer = report(
      started(1, 0),
      { type: 'first-message', sessionId: 'session-1', kind: 'text', afterMs: 300 },
      { type: 'first-message', sessionId: 'session-1', kind: 'audio', afterMs: 450 },
      ...audio(48_000, 48_000, 2),
      ended(1),
    );
    expect(summaryOf(answer)).toBe(
      'complete after 0.90 s, first text after 0.30 s, first audio after 0.45 s, 1.00 s of audio in 192000 bytes of int16 at 48000 Hz with 2 channels',
    );
    expect(summaryOf({ ...report(), outcome: 'cancelled', attempts: 3 })).toBe('cancelled, 3 attempts');
  });
});
