import { describe, expect, it } from 'vitest';
import { AudioFormatError, UpstreamError } from '../../core/errors.js';
import { type AttemptSoFar, type Closing, decideEnding } from './terminal-state.js';

const target = '127.0.0.1:50051';
const unusable = new AudioFormatError('AUDIO_FORMAT_UNSUPPORTED', 'MP3 data; send PCM');
const untrusted = new UpstreamError('UPSTREAM_TLS_UNTRUSTED', 'shows what nobody has signed; pin it');
const block = 'Глобальное прерывание активно';
const twin = 'Concurrent request for session_id=x is not allowed';
const pings = 'Bandwidth exhausted or memory limit exceeded';

const end: Closing = { type: 'end-message', message: 'Обработка завершена' };
/** An error_message, and the status that came behind it, if one did. */
const error = (message: string, code?: number, details = message): Closing => ({
  type: 'error-message',
  message,
  status: code === undefined ? undefined : { code, details },
});
const status = (code: number, details = ''): Closing => ({ type: 'status', status: { code, details } });
const watchdog = (which: 'first-message' | 'between-messages' | 'deadline'): Closing => ({
  type: 'watchdog',
  watchdog: which,
  limitMs: 1500,
});

function decide(closing: Closing, soFar: Partial<AttemptSoFar> = {}) {
  return decideEnding(closing, { seen: 'nothing', interrupted: false, target, ...soFar });
}

type Row = [
  what: string,
  closing: Closing,
  outcome: string,
  code: string | null,
  retryable: boolean,
  again: string,
];

describe('an attempt that nothing came of', () => {
  it.each<Row>([
    // Empty answer.
    ['an end without an answer', end, 'empty', 'UPSTREAM_NO_RESPONSE', true, 'never'],
    ['OK without any message', status(0), 'failed', 'UPSTREAM_NO_RESPONSE', true, 'once-backing-off'],
    // Refused, in a message with OK, or by a status.
    [
      'no hardware id',
      error('hardware_id is required and must be valid', 0),
      'refused',
      'UPSTREAM_REJECTED',
      false,
      'never',
    ],
    [
      'no session id',
      error('session_id is required and must be provided by client', 0),
      'refused',
      'UPSTREAM_REJECTED',
      false,
      'never',
    ],
    [
      'an unknown phase',
      error('unsupported request phase: X', 0),
      'refused',
      'UPSTREAM_REJECTED',
      false,
      'never',
    ],
    [
      'an empty prompt',
      error('Empty prompt: text field is required', 3),
      'refused',
      'UPSTREAM_REJECTED',
      false,
      'never',
    ],
    [
      'a used-up subscription',
      error('Your limit is used up', 7),
      'refused',
      'UPSTREAM_FORBIDDEN',
      false,
      'never',
    ],
    ['PERMISSION_DENIED alone', status(7, 'no'), 'refused', 'UPSTREAM_FORBIDDEN', false, 'never'],
    ['NOT_FOUND', error('no such voice', 5), 'refused', 'UPSTREAM_REJECTED', false, 'never'],
    ['FAILED_PRECONDITION', status(9), 'refused', 'UPSTREAM_REJECTED', false, 'never'],
    ['OUT_OF_RANGE', status(11), 'refused', 'UPSTREAM_REJECTED', false, 'never'],
    ['UNAUTHENTICATED', status(16), 'refused', 'UPSTREAM_UNAUTHENTICATED', false, 'never'],
    ['UNIMPLEMENTED', status(12), 'failed', 'UPSTREAM_INCOMPATIBLE', false, 'never'],
    ['DATA_LOSS', status(15), 'failed', 'UPSTREAM_FAULT', false, 'never'],
    // Blocked by an interrupt.
    [
      'the block, as INTERNAL without details',
      error(block, 13, ''),
      'blocked',
      'UPSTREAM_ABORTED',
      true,
      'after-block',
    ],
    ['the block, with OK', error(block, 0), 'blocked', 'UPSTREAM_ABORTED', true, 'after-block'],
    ['the block, without a status', error(block), 'blocked', 'UPSTREAM_ABORTED', true, 'after-block'],
    [
      'an interrupt of this very question',
      error('Interrupted during processing for hw', 1),
      'blocked',
      'UPSTREAM_ABORTED',
      true,
      'never',
    ],
    // Overloaded.
    ['a twin', error(twin, 8), 'failed', 'UPSTREAM_OVERLOADED', true, 'once-at-once'],
    ['a twin, with OK', error(twin, 0), 'failed', 'UPSTREAM_OVERLOADED', true, 'once-at-once'],
    [
      'the stream limit',
      error('STREAM_LIMIT_EXCEEDED: Maximum', 8),
      'failed',
      'UPSTREAM_OVERLOADED',
      true,
      'backing-off',
    ],
    [
      'the stream limit, with OK',
      error('STREAM_LIMIT_EXCEEDED: Maximum', 0),
      'failed',
      'UPSTREAM_OVERLOADED',
      true,
      'backing-off',
    ],
    [
      'the message rate',
      error('MESSAGE_RATE_EXCEEDED: 1', 8),
      'failed',
      'UPSTREAM_OVERLOADED',
      true,
      'backing-off',
    ],
    // Failure before data.
    ['an announced fault', error('the model is gone', 13), 'failed', 'UPSTREAM_FAULT', true, 'backing-off'],
    [
      'an announced fault, with OK',
      error('Внутренняя ошибка сервера: x', 0),
      'failed',
      'UPSTREAM_FAULT',
      true,
      'backing-off',
    ],
    ['an announced fault without a status', error('oh no'), 'failed', 'UPSTREAM_FAULT', true, 'backing-off'],
    [
      'CANCELLED by the service',
      status(1, 'shutting down'),
      'failed',
      'UPSTREAM_ABORTED',
      true,
      'backing-off',
    ],
    ['DEADLINE_EXCEEDED', status(4), 'failed', 'UPSTREAM_TIMEOUT', true, 'backing-off'],
    [
      'a message that is too large',
      status(8, 'Received message larger than max (4800023 vs 4194304)'),
      'failed',
      'UPSTREAM_OVERLOADED',
      false,
      'never',
    ],
    [
      'bytes that are no message',
      status(13, 'Response message parsing error: index out of range'),
      'failed',
      'UPSTREAM_FAULT',
      false,
      'never',
    ],
    [
      'unusable audio',
      { type: 'unusable', error: unusable },
      'failed',
      'AUDIO_FORMAT_UNSUPPORTED',
      false,
      'never',
    ],
    // Transport lost.
    [
      'an unreachable service',
      status(14, 'No connection established'),
      'failed',
      'UPSTREAM_UNREACHABLE',
      true,
      'backing-off',
    ],
    [
      '502 of a proxy',
      status(14, 'Received HTTP status code 502'),
      'failed',
      'UPSTREAM_UNREACHABLE',
      true,
      'backing-off',
    ],
    [
      '504 of a proxy',
      status(14, 'Received HTTP status code 504'),
      'failed',
      'UPSTREAM_UNREACHABLE',
      true,
      'backing-off',
    ],
    [
      'a reset stream',
      status(13, 'Received RST_STREAM with code 2 (Internal server error)'),
      'failed',
      'UPSTREAM_FAULT',
      true,
      'backing-off',
    ],
    ['too many pings', status(8, pings), 'failed', 'UPSTREAM_UNREACHABLE', true, 'backing-off'],
    [
      'a certificate that is not trusted',
      { type: 'not-connected', error: untrusted },
      'failed',
      'UPSTREAM_TLS_UNTRUSTED',
      false,
      'never',
    ],
    // Our own patience: whoever set it has waited for all of it.
    ['no first message', watchdog('first-message'), 'failed', 'UPSTREAM_TIMEOUT', true, 'never'],
    ['the deadline', watchdog('deadline'), 'failed', 'UPSTREAM_TIMEOUT', true, 'never'],
  ])('%s', (_what, closing, outcome, code, retryable, again) => {
    const ending = decide(closing);

    expect(ending).toMatchObject({ outcome, again });
    expect(ending.error).toMatchObject({ code, retryable });
    expect(ending.error?.message).toMatch(/^\[\w+\] .+; \S/);
  });

  it('keeps what the service said, and its status', () => {
    const { error: said, message } = decide(error('Your limit is used up', 7));

    expect(said?.message).toContain('PERMISSION_DENIED: Your limit is used up');
    expect(said).toMatchObject({ grpcStatus: 7 });
    expect(message).toBe('Your limit is used up');
    expect(decide(error(block, 13, '')).error).toMatchObject({ grpcStatus: 13 });
    expect(decide(error(block, 0)).error).toMatchObject({ grpcStatus: undefined });
  });

  it.each<[string, Closing]>([
    ['a fault', error('oh no', 13)],
    ['the twin that an interrupt leaves on one server', error(twin, 8)],
    ['the block', error(block, 13, '')],
    ['no message', status(0)],
    ['a lost connection', status(14)],
  ])('and that we interrupted is not asked again after %s', (_what, closing) => {
    expect(decide(closing, { interrupted: true })).toMatchObject({ outcome: 'blocked', again: 'never' });
  });

  it('although something came is not asked again: the service has begun to act', () => {
    const ending = decide(error('the voice was lost', 13), { seen: 'unusable' });

    expect(ending).toMatchObject({ outcome: 'failed', again: 'never', error: { code: 'UPSTREAM_FAULT' } });
  });
});

describe('an attempt that something came of is never asked again', () => {
  it.each<[string, Closing, string, string | null, string]>([
    // Success.
    ['an end', end, 'complete', null, 'Обработка завершена'],
    // Truncated after data.
    ['OK without an end', status(0, 'OK'), 'truncated', null, ''],
    ['an error with OK', error('the voice was lost', 0), 'truncated', 'UPSTREAM_FAULT', 'the voice was lost'],
    ['an error', error('the voice was lost', 13), 'truncated', 'UPSTREAM_FAULT', 'the voice was lost'],
    [
      'an interrupt',
      error('Interrupted during processing for hw', 0),
      'truncated',
      'UPSTREAM_ABORTED',
      'Interrupted during processing for hw',
    ],
    [
      'the message rate',
      error('MESSAGE_RATE_EXCEEDED: 1', 0),
      'truncated',
      'UPSTREAM_OVERLOADED',
      'MESSAGE_RATE_EXCEEDED: 1',
    ],
    [
      'a lost connection',
      status(14, 'Connection dropped'),
      'truncated',
      'UPSTREAM_UNREACHABLE',
      'Connection dropped',
    ],
    [
      'a reset stream',
      status(13, 'Received RST_STREAM with code 2'),
      'truncated',
      'UPSTREAM_FAULT',
      'Received RST_STREAM with code 2',
    ],
    ['too many pings', status(8, pings), 'truncated', 'UPSTREAM_UNREACHABLE', pings],
    [
      'silence',
      watchdog('between-messages'),
      'truncated',
      'UPSTREAM_TIMEOUT',
      `[UPSTREAM_TIMEOUT] ${target} fell silent for 1500 ms in the middle of an answer; try again, or raise betweenMessagesMs`,
    ],
    [
      'unusable audio',
      { type: 'unusable', error: unusable },
      'failed',
      'AUDIO_FORMAT_UNSUPPORTED',
      unusable.message,
    ],
  ])('%s', (_what, closing, outcome, code, message) => {
    for (const interrupted of [false, true]) {
      const ending = decide(closing, { seen: 'data', interrupted });

      expect(ending).toMatchObject({ outcome, message, again: 'never' });
      expect(ending.error?.code ?? null).toBe(code);
    }
  });
});

describe('what an ending says about the connection', () => {
  it.each<[string, Closing, boolean, boolean, boolean]>([
    ['an end', end, false, false, false],
    ['OK', status(0), false, false, false],
    ['a refusal', status(3), false, false, false],
    ['UNAVAILABLE', status(14, 'read ECONNRESET'), true, true, false],
    ['a reset stream', status(13, 'Received RST_STREAM with code 2'), true, true, false],
    ['an error followed by UNAVAILABLE', error('bye', 14), true, true, false],
    ['an untrusted certificate', { type: 'not-connected', error: untrusted }, true, true, false],
    ['too many pings', status(8, pings), true, true, true],
    ['the load protection of the service', status(8, 'STREAM_LIMIT_EXCEEDED'), false, false, false],
    ['a deadline of the service', status(4), false, true, false],
    ['a watchdog', watchdog('first-message'), false, true, false],
    ['unusable audio', { type: 'unusable', error: unusable }, false, false, false],
  ])('after %s', (_what, closing, lost, connectionSuspect, tooManyPings) => {
    for (const seen of ['nothing', 'data'] as const) {
      const ending = decide(closing, { seen });

      expect(ending.lost instanceof UpstreamError).toBe(lost);
      expect(ending).toMatchObject({ connectionSuspect, tooManyPings });
    }
  });
});
