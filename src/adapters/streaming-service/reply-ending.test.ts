import { describe, expect, it } from 'vitest';
import { AudioFormatError } from '../../core/errors.js';
import { type Closing, decideEnding } from './reply-ending.js';

const target = '127.0.0.1:50051';
const ok = { code: 0, details: '' };
const unusable = new AudioFormatError('AUDIO_FORMAT_UNSUPPORTED', 'MP3 data; send PCM');
const end: Closing = { type: 'end-message', message: 'done' };
const announced = (message: string, code?: number, details = message): Closing => ({
  type: 'error-message',
  message,
  status: code === undefined ? undefined : { code, details },
});
const statusOnly = (code: number, details = ''): Closing => ({ type: 'status', status: { code, details } });
const watchdog = (which: 'first-message' | 'between-messages' | 'deadline'): Closing => ({
  type: 'watchdog',
  watchdog: which,
  limitMs: 1500,
});

describe('decideEnding before any data', () => {
  it.each<[string, Closing, string, boolean, number | undefined]>([
    ['an end without an answer', end, 'UPSTREAM_NO_RESPONSE', true, undefined],
    ['OK without any message', statusOnly(0), 'UPSTREAM_NO_RESPONSE', true, undefined],
    ['a status alone', statusOnly(7, 'no'), 'UPSTREAM_FORBIDDEN', false, 7],
    ['an unreachable service', statusOnly(14, 'refused'), 'UPSTREAM_UNREACHABLE', true, 14],
    [
      'an error with its status',
      announced('Empty prompt: text field is required', 3),
      'UPSTREAM_REJECTED',
      false,
      3,
    ],
    [
      'an error with OK, known by its text',
      announced('session_id is required and must be provided by client', 0),
      'UPSTREAM_REJECTED',
      false,
      undefined,
    ],
    ['an unknown phase', announced('unsupported request phase: X', 0), 'UPSTREAM_REJECTED', false, undefined],
    ['an error of an unknown text with OK', announced('oh no', 0), 'UPSTREAM_FAULT', true, undefined],
    ['an error whose status never came', announced('oh no'), 'UPSTREAM_FAULT', true, undefined],
    ['the stream limit', announced('STREAM_LIMIT_EXCEEDED: Maximum', 8), 'UPSTREAM_OVERLOADED', true, 8],
    [
      'the stream limit with OK',
      announced('STREAM_LIMIT_EXCEEDED: Maximum', 0),
      'UPSTREAM_OVERLOADED',
      true,
      undefined,
    ],
    [
      'a twin',
      announced('Concurrent request for session_id=x is not allowed', 0),
      'UPSTREAM_OVERLOADED',
      true,
      undefined,
    ],
    [
      'the block after an interrupt, as INTERNAL',
      announced('Глобальное прерывание активно', 13, ''),
      'UPSTREAM_ABORTED',
      true,
      13,
    ],
    [
      'the block after an interrupt, with OK',
      announced('Глобальное прерывание активно', 0),
      'UPSTREAM_ABORTED',
      true,
      undefined,
    ],
    ['an interrupt', announced('Interrupted during processing for hw', 1), 'UPSTREAM_ABORTED', true, 1],
    ['no first message', watchdog('first-message'), 'UPSTREAM_TIMEOUT', true, undefined],
    ['the deadline', watchdog('deadline'), 'UPSTREAM_TIMEOUT', true, undefined],
    ['unusable audio', { type: 'unusable', error: unusable }, 'AUDIO_FORMAT_UNSUPPORTED', false, undefined],
  ])('%s fails the turn', (_what, closing, code, retryable, grpcStatus) => {
    const { outcome } = decideEnding(closing, false, target);

    expect(outcome).toMatchObject({ type: 'failed', error: { code, retryable } });
    const error = outcome.type === 'failed' ? outcome.error : undefined;
    expect(error !== undefined && 'grpcStatus' in error ? error.grpcStatus : undefined).toBe(grpcStatus);
    expect(error?.message).toMatch(/^\[\w+\] .+; \S/);
  });

  it('keeps what the service said', () => {
    const { outcome } = decideEnding(announced('Your limit is used up', 7), false, target);

    expect(outcome).toMatchObject({
      error: { message: expect.stringContaining('PERMISSION_DENIED: Your limit is used up') },
    });
  });
});

describe('decideEnding after data', () => {
  it.each<[string, Closing, string, string]>([
    ['an end', end, 'complete', 'done'],
    ['an error', announced('the voice was lost', 13), 'truncated', 'the voice was lost'],
    ['an error with OK', announced('the voice was lost', 0), 'truncated', 'the voice was lost'],
    ['OK without an end', statusOnly(0, 'OK'), 'truncated', ''],
    ['a lost connection', statusOnly(14, 'Connection dropped'), 'truncated', 'Connection dropped'],
    [
      'silence',
      watchdog('between-messages'),
      'truncated',
      `[UPSTREAM_TIMEOUT] ${target} fell silent for 1500 ms in the middle of an answer; try again, or raise betweenMessagesMs`,
    ],
    ['unusable audio', { type: 'unusable', error: unusable }, 'failed', unusable.message],
  ])('%s ends the reply', (_what, closing, reason, message) => {
    expect(decideEnding(closing, true, target).outcome).toEqual({ type: 'ended', reason, message });
  });
});

describe('decideEnding about the connection', () => {
  it.each<[string, Closing, boolean, boolean]>([
    ['an end', end, false, false],
    ['OK', { type: 'status', status: ok }, false, false],
    ['a refusal', statusOnly(3), false, false],
    ['UNAVAILABLE', statusOnly(14, 'read ECONNRESET'), true, true],
    ['a reset stream', statusOnly(13, 'Received RST_STREAM with code 2'), true, true],
    ['an error followed by UNAVAILABLE', announced('bye', 14), true, true],
    ['a deadline of the service', statusOnly(4), false, true],
    ['a watchdog', watchdog('first-message'), false, true],
    ['unusable audio', { type: 'unusable', error: unusable }, false, false],
  ])('after %s', (_what, closing, lost, connectionSuspect) => {
    for (const dataSeen of [false, true]) {
      const ending = decideEnding(closing, dataSeen, target);

      expect(ending.lost !== undefined).toBe(lost);
      expect(ending.connectionSuspect).toBe(connectionSuspect);
    }
  });
});
