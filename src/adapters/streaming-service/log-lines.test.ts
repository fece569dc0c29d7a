import { describe, expect, it } from 'vitest';
import { logLines } from './log-lines.js';
import type { ServiceEvent } from './service-event.js';

const atMs = Date.UTC(2026, 2, 12, 9, 30);
const ts = 'ts=2026-03-12T09:30:00.000Z';

const sessionId = '0b0e9c1a-7a4e-4b57-9d36-1f0a7d8c2b11';
const ended = {
  type: 'attempt-ended',
  turnId: 'turn-1',
  revision: 1,
  sessionId,
  attempt: 1,
  outcome: 'failed',
  code: 'UPSTREAM_UNREACHABLE',
  grpcStatus: 14,
  retryable: true,
  message: 'gone',
  afterMs: 12,
  decision: 'retry',
  retryInMs: 980,
} as const satisfies ServiceEvent;
const progress = {
  type: 'progress',
  sessionId,
  kind: 'BROWSER_STEP_STARTED',
  taskId: 'task-1',
  stepNumber: 2,
  description: 'looks for flights to Oslo',
  url: 'https://example.com/?q=oslo',
  action: 'click',
  error: null,
  timestamp: '2026-03-12T09:30:00Z',
} as const satisfies ServiceEvent;
const audio: ServiceEvent = {
  type: 'audio-received',
  sessionId,
  bytes: new Uint8Array(4096),
  dtype: 'int16',
  sampleRateHz: 48_000,
  channels: 1,
  shape: [],
};

const rows: readonly (readonly [ServiceEvent, string])[] = [
  [
    { type: 'connection', state: 'connecting', retryInMs: null },
    'level=DEBUG scope=grpc method=connect decision=connecting ctx={}',
  ],
  [
    { type: 'connection', state: 'ready', retryInMs: null },
    'level=INFO scope=grpc method=connect decision=ready ctx={}',
  ],
  [
    { type: 'connection', state: 'backing-off', retryInMs: 1100 },
    'level=WARN scope=grpc method=connect decision=backing-off ctx={"retryInMs":1100}',
  ],
  [
    { type: 'attempt-started', turnId: 'turn-1', revision: 1, sessionId, attempt: 1, atMs: 5 },
    `level=INFO scope=grpc method=StreamAudio decision=ask ctx={"turnId":"turn-1","revision":1,"sessionId":"${sessionId}","attempt":1}`,
  ],
  [
    { type: 'first-message', sessionId, kind: 'audio', afterMs: 310 },
    `level=INFO scope=grpc method=StreamAudio decision=first-audio ctx={"sessionId":"${sessionId}","afterMs":310}`,
  ],
  [
    audio,
    `level=DEBUG scope=grpc method=StreamAudio decision=receive ctx={"sessionId":"${sessionId}","bytes":4096,"dtype":"int16","sampleRateHz":48000,"channels":1}`,
  ],
  [
    ended,
    `level=WARN scope=grpc method=StreamAudio decision=retry ctx={"turnId":"turn-1","revision":1,"sessionId":"${sessionId}","attempt":1,"outcome":"failed","code":"UPSTREAM_UNREACHABLE","grpcStatus":14,"afterMs":12,"retryInMs":980,"retryable":true,"message":"gone"}`,
  ],
  [
    { type: 'interrupt-sent', success: true, message: 'ok', blockedUntilMs: 6000 },
    'level=INFO scope=grpc method=InterruptSession decision=interrupt ctx={"success":true,"message":"ok","blockedUntilMs":6000}',
  ],
  [
    { type: 'usage-reported', success: false, message: 'hardware_id required' },
    'level=WARN scope=grpc method=ReportUsage decision=report ctx={"success":false,"message":"hardware_id required"}',
  ],
];

describe('logLines', () => {
  const everything = logLines({ minLevel: 'debug' });

  it.each(rows)('writes $type as one line of fields', (event, line) => {
    expect(everything(event, atMs)).toBe(`${ts} ${line}`);
  });

  it.each([
    ['complete', 'done', 'INFO'],
    ['cancelled', 'done', 'INFO'],
    ['truncated', 'done', 'WARN'],
    ['failed', 'retry', 'WARN'],
    ['empty', 'give-up', 'ERROR'],
    ['refused', 'give-up', 'ERROR'],
    ['blocked', 'give-up', 'ERROR'],
    ['failed', 'give-up', 'ERROR'],
  ] as const)('an attempt that ends %s with the decision %s is %s', (outcome, decision, level) => {
    expect(everything({ ...ended, outcome, decision }, atMs)).toContain(` level=${level} `);
  });

  it('leaves out what matters too little: pieces of audio unless asked for', () => {
    expect(logLines()(audio, atMs)).toBeUndefined();
    expect(logLines({ minLevel: 'error' })(ended, atMs)).toBeUndefined();
    expect(logLines({ minLevel: 'error' })({ ...ended, decision: 'give-up' }, atMs)).toContain('level=ERROR');
  });

  it('says what a browser is doing only when asked to show text', () => {
    const hidden = everything({ ...progress, error: 'no seat for Ann' }, atMs);
    expect(hidden).toContain('"kind":"BROWSER_STEP_STARTED","taskId":"task-1","stepNumber":2');
    expect(hidden).toContain('"failed":true');
    for (const word of ['Oslo', 'oslo', 'click', 'Ann']) expect(hidden).not.toContain(word);
    expect(logLines({ showText: true })(progress, atMs)).toContain('looks for flights to Oslo');
  });

  it('masks secrets in what a service says, known ones and what looks like one', () => {
    const message = 'authorization: Bearer abc.def was not "blue horse"';
    const line = logLines({ secrets: ['blue horse'] })({ ...ended, message }, atMs);
    expect(line).toContain('authorization: Bearer *** was not \\"***\\"');
  });

  it('stays one line with JSON at its end, whatever a service says', () => {
    const message = `a "quoted"\nsecond line\r\u2028\u0085 level=ERROR ctx={} \u001b[31m${'long '.repeat(200)}`;
    const line = everything({ ...ended, message }, atMs) ?? '';

    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    const ctx: { message: string } = JSON.parse(line.slice(line.indexOf(' ctx=') + 5));
    expect(ctx.message).toMatch(/^a "quoted"\nsecond line\r\u2028/);
    expect(ctx.message).toHaveLength(303);
  });

  it('refuses options that are none, all at once', () => {
    expect(() => logLines({ minLevel: 'loud' as 'info', secrets: 'x' as unknown as [] })).toThrow(
      /minLevel must be one of .*; secrets must be an array of strings/,
    );
  });
});
