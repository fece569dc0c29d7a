import { describe, expect, it } from 'vitest';
import { UpstreamError, VoiceError } from '../errors.js';
import type { KpiEvent } from '../kpi/kpi-event.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { pipelineLogLines } from './pipeline-log-lines.js';

const atMs = 1_773_307_800_000;
const lost: PipelineEvent = {
  ...{ type: 'device-lost', device: 'microphone', retryInMs: 250, atMs: 1234.5678 },
  error: new VoiceError('DEVICE_LOST', 'it is gone; plug it in', { retryable: true }),
};
const fact = (count: number, name = 'capture-xrun'): PipelineEvent => ({
  ...{ type: 'fact', fact: name, detail: 'microphone: 10 ms', count, atMs: 0 },
});
const ctxOf = (line: string | undefined) => JSON.parse(line?.slice(line.indexOf(' ctx=') + 5) ?? 'null');

describe('pipelineLogLines', () => {
  it('writes time, level, scope, method, decision and the rest', () => {
    expect(pipelineLogLines()(lost, atMs)).toBe(
      'ts=2026-03-12T09:30:00.000Z level=WARN scope=device method=device-lost decision=microphone ' +
        'ctx={"code":"DEVICE_LOST","retryable":true,"message":"[DEVICE_LOST] it is gone; plug it in","retryInMs":250,"atMs":1234.568}',
    );
  });

  it.each([
    ['json', ''],
    ['journal', '<4>'],
  ] as const)(
    'as %s it is one object, with the priority of the journal before it where asked',
    (format, head) => {
      const line = pipelineLogLines({ format })(lost, atMs) ?? '';

      expect(line.startsWith(`${head}{`)).toBe(true);
      expect(JSON.parse(line.slice(head.length))).toMatchObject({
        ...{ ts: '2026-03-12T09:30:00.000Z', level: 'WARN', scope: 'device', method: 'device-lost' },
        ...{ decision: 'microphone', ctx: { code: 'DEVICE_LOST', retryInMs: 250 } },
      });
    },
  );

  it.each<readonly [string, PipelineEvent | KpiEvent]>([
    ['<7>', { type: 'ducked', atMs: 0 }],
    ['<6>', { type: 'turn-empty', turnId: 't', revision: 1, atMs: 0 }],
    ['<4>', fact(1)],
    ['<3>', { type: 'degraded-mode-entered', error: new UpstreamError('UPSTREAM_TIMEOUT', 'x; y'), atMs: 0 }],
    [
      '<3>',
      { type: 'alert-raised', alert: 'slow-answer', severity: 'critical', value: 4000, limit: 3000, atMs: 0 },
    ],
    [
      '<4>',
      { type: 'alert-raised', alert: 'slow-synthesis', severity: 'warning', value: 600, limit: 500, atMs: 0 },
    ],
    [
      '<6>',
      { type: 'alert-cleared', alert: 'slow-answer', severity: 'critical', value: 1, limit: 3000, atMs: 0 },
    ],
  ])('gives %s its priority', (priority, event) => {
    const line = pipelineLogLines({ format: 'journal', minLevel: 'debug' })(event, atMs);
    expect(line?.slice(0, 3)).toBe(priority);
  });

  it('keeps out what people say and what is answered, whichever event holds it', () => {
    const text = 'my number is forty-two';
    const turn = { turnId: 't1', revision: 1, atMs: 0 } as const;
    const events: PipelineEvent[] = [
      { type: 'transcript', ...turn, text, final: true, engine: 'moonshine' },
      { type: 'turn-sent', ...turn, text },
      { type: 'speech-dismissed', onsetMs: 0, reason: 'backchannel', replyId: null, text, atMs: 0 },
      { type: 'reply-text', replyId: 'r1', text, atMs: 0 },
      { type: 'reply-ended', replyId: 'r1', reason: 'complete', receivedMs: 1, text, message: null, atMs: 0 },
      { type: 'action', replyId: 'r1', command: 'open', args: { text }, atMs: 0 },
      { type: 'tool-call', replyId: 'r1', callId: 'c1', name: 'find', args: [text], atMs: 0 },
      {
        ...{
          type: 'barge-in',
          by: 'speech',
          onsetMs: 0,
          turnId: 't1',
          replyId: 'r1',
          fillerId: null,
          atMs: 0,
        },
        ...{ heardMs: 4, heardText: text },
      },
    ];
    const hidden = pipelineLogLines({ minLevel: 'debug' });
    const shown = pipelineLogLines({ minLevel: 'debug', showText: true });
    for (const event of events) {
      expect(hidden(event, atMs)).not.toMatch(/number|forty/);
      expect(shown(event, atMs)).toContain('my number is forty-two');
    }
    expect(ctxOf(hidden(events[1] as PipelineEvent, atMs))).toEqual({
      turnId: 't1',
      revision: 1,
      letters: 22,
      atMs: 0,
    });
  });

  it('shows arguments that have no JSON, and cuts those that are long', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const action = (args: unknown): PipelineEvent => ({
      type: 'action',
      replyId: 'r',
      command: 'x y',
      args,
      atMs: 0,
    });
    const shown = pipelineLogLines({ showText: true });

    expect(ctxOf(shown(action(circle), atMs)).args).toBe('cannot be shown');
    expect(ctxOf(shown(action('long '.repeat(1e5)), atMs)).args).toHaveLength(303);
    expect(shown(action(undefined), atMs)).toContain(' decision=x_y ctx={');
  });

  it('masks secrets, in whichever text they are', () => {
    const error = new UpstreamError(
      'UPSTREAM_REJECTED',
      'token=abcdef of blue horse was refused; ask for another',
    );
    const line = pipelineLogLines({ secrets: ['blue horse'] })(
      { type: 'turn-failed', turnId: 't', revision: 1, error, atMs: 0 },
      atMs,
    );
    expect(line).toContain('token=*** of *** was refused');
  });

  it('writes what is measured, and nothing of what is only counted', () => {
    const write = pipelineLogLines();
    const figures = { valueMs: 2860.0219, p50Ms: 2860, p95Ms: 2930, maxMs: 2930, count: 2 };
    const stagesMs = { detector: 32, gate: 160, loop: 11, queue: 1, device: 15 };

    expect(write({ type: 'latency-measured', of: 'reply-heard', ...figures, atMs: 5 }, atMs)).toContain(
      'level=INFO scope=kpi method=latency-measured decision=reply-heard ctx={"valueMs":2860.022,"p50Ms":2860,',
    );
    expect(
      write({ type: 'barge-in-measured', by: 'speech', totalMs: 219, stagesMs, atMs: 5 }, atMs),
    ).toContain('ctx={"totalMs":219,"detector":32,"gate":160,"loop":11,"queue":1,"device":15,"atMs":5}');
    expect(
      write({ type: 'counted', of: 'ducks', label: null, by: 1, total: 1, atMs: 5 }, atMs),
    ).toBeUndefined();
  });

  it('stops writing the same warning, and says how many there were', () => {
    const write = pipelineLogLines({ maxRepeatsPerMinute: 3 });
    const first = Array.from({ length: 100 }, (_, i) => write(fact(i), atMs + i * 10));
    const other = write(fact(1, 'playout-xrun'), atMs + 1000);
    const later = write(fact(101), atMs + 60_000);

    expect(first.filter((line) => line !== undefined)).toHaveLength(3);
    expect(other).toBeDefined();
    expect(ctxOf(later).unwritten).toBe(97);
    expect(ctxOf(write(fact(102), atMs + 60_010)).unwritten).toBeUndefined();
  });

  it('a clock that is set back does not silence it', () => {
    const write = pipelineLogLines({ maxRepeatsPerMinute: 1 });
    write(fact(1), atMs);
    expect(write(fact(2), atMs + 1)).toBeUndefined();
    expect(ctxOf(write(fact(3), atMs - 3_600_000)).unwritten).toBe(1);
  });

  it('bounds the kinds that it counts: made-up names share one limit', () => {
    const write = pipelineLogLines({ maxRepeatsPerMinute: 1 });
    const lines = Array.from({ length: 5000 }, (_, i) => write(fact(1, `made-up-${i}`), atMs));
    expect(lines.filter((line) => line !== undefined).length).toBe(257);
  });

  it('refuses options that are none, all at once', () => {
    expect(() => pipelineLogLines({ format: 'xml' as 'json', maxRepeatsPerMinute: 0 })).toThrow(
      /format must be one of "fields", "json", "journal", but is "xml"; maxRepeatsPerMinute must be/,
    );
  });
});
