import { expect, it } from 'vitest';
import type { ServiceEvent } from '../../adapters/streaming-service/index.js';
import { DeviceError, type KpiEvent, type PipelineEvent } from '../../index.js';
import { createTerminalLog } from './terminal-log.js';

it('shows who says what, and what is wrong, once', () => {
  const lines: string[] = [];
  const log = createTerminalLog((line) => lines.push(line));
  const tell = (...events: readonly object[]) => {
    for (const event of events) log.event({ atMs: 0, ...event } as PipelineEvent | KpiEvent);
  };
  const error = new DeviceError('DEVICE_NOT_FOUND', 'there is no microphone "x"; see earshot devices');
  log.own('info', 'start', 'running', { config: 'a.yaml' });
  tell(
    { type: 'device-lost', device: 'microphone', error, retryInMs: 500 },
    { type: 'device-lost', device: 'microphone', error, retryInMs: 500 },
    { type: 'device-opened', device: 'microphone' },
    { type: 'level', device: 'microphone', peakDb: -3, rmsDb: -9, endMs: 1 },
    { type: 'turn-sent', turnId: 't', revision: 1, text: 'What\u001b[2J\ntime is it?' },
    {
      type: 'filler-spoken',
      turnId: 't',
      fillerId: 'f',
      text: 'One moment.',
      context: null,
      expectedMs: 1,
      nth: 1,
    },
    { type: 'barge-in', by: 'speech', replyId: null, fillerId: 'f', heardMs: 0, heardText: '' },
    { type: 'reply-ended', replyId: 'r', reason: 'truncated', receivedMs: 9, text: 'It is', message: null },
    { type: 'barge-in', by: 'speech', replyId: 'r', fillerId: null, heardMs: 3, heardText: 'It' },
    { type: 'latency-measured', of: 'reply-heard', valueMs: 3 },
  );
  log.service({
    type: 'attempt-ended',
    decision: 'retry',
    attempt: 2,
    message: 'it is away',
  } as ServiceEvent);
  log.own('info', 'metrics', 'serve', { url: 'http://127.0.0.1:9464/metrics' });
  log.own('error', 'reload', 'refused', { message: 'a.yaml:3:1: x is wrong' });
  log.own('debug', 'hook', 'hook-ran', { hook: 0 });
  log.own('info', 'stop', 'finish');

  expect(lines).toEqual([
    '     speak; Ctrl-C ends it',
    '!    there is no microphone "x"; see earshot devices',
    '     the microphone is open',
    'you  What?[2J time is it?',
    'it   (One moment.)',
    '     cut',
    'it   It is',
    '!    the answer is truncated',
    '     cut after "It"',
    '!    attempt 2: it is away; asks again',
    '     figures at http://127.0.0.1:9464/metrics',
    '!    a.yaml:3:1: x is wrong',
    '     lets the answer finish',
  ]);
});
