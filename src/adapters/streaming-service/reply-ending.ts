import type { ErrorCode, VoiceError } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';
import type { ReplyEndReason } from '../../core/ports/upstream.js';
import { isTransportLoss, mapStatus } from './map-status.js';

/** How a call says that it is over. */
export interface CallStatus {
  /** gRPC status number; 0 is OK. */
  readonly code: number;
  readonly details: string;
}

/** Which patience ran out. */
export type Watchdog = 'first-message' | 'between-messages' | 'deadline';

/** What closed a call, whichever side did it; our own cancellation is none of these. */
export type Closing =
  | { readonly type: 'end-message'; readonly message: string }
  /** `status` is what followed the message, if it came in time. Often it is OK. */
  | { readonly type: 'error-message'; readonly message: string; readonly status: CallStatus | undefined }
  /** The stream ended, and neither an end nor an error had been announced. */
  | { readonly type: 'status'; readonly status: CallStatus }
  | { readonly type: 'watchdog'; readonly watchdog: Watchdog; readonly limitMs: number }
  /** What came cannot be used. */
  | { readonly type: 'unusable'; readonly error: VoiceError };

/** What the loop is told about it. */
export interface Ending {
  readonly outcome:
    | { readonly type: 'ended'; readonly reason: ReplyEndReason; readonly message: string }
    | { readonly type: 'failed'; readonly error: VoiceError };
  /** Set when the way to the service broke, and not the service. */
  readonly lost: UpstreamError | undefined;
  /** True when the connection may be dead without knowing it: the next call needs a new one. */
  readonly connectionSuspect: boolean;
}

/**
 * How a reply ended: one pure decision, so that every ending of every server generation is one row of a table.
 *
 * @remarks
 * With data, what came is good and is played out: `truncated`, and never asked for again. Without, nothing was heard:
 * `failed`. A service that announces the end of an answer without having given any has not answered.
 *
 * @param dataSeen - whether any text, audio or action was delivered.
 * @param target - who was called, for the message of an error.
 */
export function decideEnding(closing: Closing, dataSeen: boolean, target: string): Ending {
  const error = failureOf(closing, target);
  const status = statusOf(closing);
  const broken = status !== undefined && isTransportLoss(status.code, status.details);
  return {
    outcome: outcomeOf(closing, dataSeen, error),
    lost: broken ? mapStatus(status.code, status.details, target) : undefined,
    connectionSuspect: broken || closing.type === 'watchdog' || status?.code === 4,
  };
}

function outcomeOf(closing: Closing, dataSeen: boolean, error: VoiceError): Ending['outcome'] {
  if (!dataSeen) return { type: 'failed', error };
  switch (closing.type) {
    case 'end-message':
      return { type: 'ended', reason: 'complete', message: closing.message };
    case 'error-message':
      return { type: 'ended', reason: 'truncated', message: closing.message };
    case 'status':
      // A server may say "OK" there, which says nothing.
      return {
        type: 'ended',
        reason: 'truncated',
        message: closing.status.code === 0 ? '' : closing.status.details,
      };
    case 'watchdog':
      return { type: 'ended', reason: 'truncated', message: error.message };
    case 'unusable':
      return { type: 'ended', reason: 'failed', message: error.message };
  }
}

function statusOf(closing: Closing): CallStatus | undefined {
  return closing.type === 'status' || closing.type === 'error-message' ? closing.status : undefined;
}

/** The error of a turn that this left without any answer. */
function failureOf(closing: Closing, target: string): VoiceError {
  switch (closing.type) {
    case 'end-message':
      return noResponse(`${target} gave an empty answer: it said that it was done and had sent nothing`);
    case 'status':
      return closing.status.code === 0
        ? noResponse(`${target} ended the call without an answer and without a reason`)
        : mapStatus(closing.status.code, closing.status.details, target);
    case 'error-message':
      return announced(closing.message, closing.status, target);
    case 'watchdog':
      return new UpstreamError(
        'UPSTREAM_TIMEOUT',
        `${target} ${silence[closing.watchdog](closing.limitMs)}; try again, or raise ${option[closing.watchdog]}`,
        { retryable: true },
      );
    case 'unusable':
      return closing.error;
  }
}

const silence: { readonly [W in Watchdog]: (limitMs: number) => string } = {
  'first-message': (limitMs) => `sent nothing within ${limitMs} ms`,
  'between-messages': (limitMs) => `fell silent for ${limitMs} ms in the middle of an answer`,
  deadline: (limitMs) => `was not done with its answer after ${limitMs} ms`,
};

const option: { readonly [W in Watchdog]: string } = {
  'first-message': 'firstMessageMs',
  'between-messages': 'betweenMessagesMs',
  deadline: 'deadlineMs',
};

function noResponse(what: string): UpstreamError {
  return new UpstreamError('UPSTREAM_NO_RESPONSE', `${what}; try again`, { retryable: true });
}

interface MessageMeaning {
  readonly text: RegExp;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** True when this text says more than the status that follows it. */
  readonly overStatus?: true;
}

/**
 * Refusals that servers of this contract send with status OK, known by their text.
 * The block after an InterruptSession comes as INTERNAL from one generation and as OK from others.
 */
const messageMeanings: readonly MessageMeaning[] = [
  { text: /^Глобальное прерывание активно/, code: 'UPSTREAM_ABORTED', retryable: true, overStatus: true },
  { text: /^Interrupted during processing/, code: 'UPSTREAM_ABORTED', retryable: true },
  { text: /^(STREAM_LIMIT|MESSAGE_RATE)_EXCEEDED/, code: 'UPSTREAM_OVERLOADED', retryable: true },
  { text: /^Concurrent request for /, code: 'UPSTREAM_OVERLOADED', retryable: true },
  { text: / is required|^unsupported request phase/, code: 'UPSTREAM_REJECTED', retryable: false },
];

/** An error announced in a message: its status decides, and where that is OK or missing, its text. */
function announced(message: string, status: CallStatus | undefined, target: string): UpstreamError {
  const byText = messageMeanings.find(({ text }) => text.test(message));
  const failed = status !== undefined && status.code !== 0 ? status : undefined;
  if (failed !== undefined && byText?.overStatus !== true) {
    return mapStatus(failed.code, message.trim() === '' ? failed.details : message, target);
  }
  const { code, retryable } = byText ?? { code: 'UPSTREAM_FAULT' as const, retryable: true };
  return new UpstreamError(
    code,
    `${target} refused: ${message.trim() || 'it gave no reason'}; ${retryable ? 'try again later' : 'change the request'}`,
    { retryable, ...(failed !== undefined && { grpcStatus: failed.code }) },
  );
}
