import type { VoiceError } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';
import { isTransportLoss, mapStatus, tidyDetails } from './map-status.js';
import type { CallStatus, KnownFailure } from './said-errors.js';
import { saidError } from './said-errors.js';
import type { AskOutcome } from './service-event.js';

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
  /** There never was a connection, for a reason that was found out. */
  | { readonly type: 'not-connected'; readonly error: UpstreamError }
  /** What came cannot be used. */
  | { readonly type: 'unusable'; readonly error: VoiceError };

/** What is known of an attempt besides how it was closed. */
export interface AttemptSoFar {
  /** `data`: text, audio, an action or progress was delivered. `unusable`: some came and none could be used. */
  readonly seen: 'nothing' | 'unusable' | 'data';
  /** Whether we sent an InterruptSession while it was under way. */
  readonly interrupted: boolean;
  /** Who was called, for messages. */
  readonly target: string;
}

/**
 * Whether the same question may be asked again by itself.
 *
 * @remarks
 * `backing-off`: after 1, 2, 4, ... s. `once-backing-off`: the same, but a second time it is given up. `once-at-once`: a
 * new session id is all it needs. `after-block`: when the block after an InterruptSession is over.
 */
export type AskAgain = 'never' | 'backing-off' | 'once-backing-off' | 'once-at-once' | 'after-block';

/** How an attempt ended. */
export interface Ending {
  /** `cancelled` is what an attempt ends with that never came to this. */
  readonly outcome: Exclude<AskOutcome, 'cancelled'>;
  /** Why; undefined when nothing went wrong, or nobody said what did. */
  readonly error: VoiceError | undefined;
  /** What the service said at the end; empty when it said nothing. */
  readonly message: string;
  readonly again: AskAgain;
  /** Set when the way to the service broke, and not the service. */
  readonly lost: UpstreamError | undefined;
  /** True when the connection may be dead without knowing it: the next call needs a new one. */
  readonly connectionSuspect: boolean;
  /** True when the service took our keep-alive pings for an attack. */
  readonly tooManyPings: boolean;
}

/**
 * How an attempt ended: one pure decision, so that every ending of every server generation is one row of a table.
 *
 * @remarks
 * With data, what came is good and is played out: `truncated`, and never asked for again, since nobody wants to hear
 * the beginning twice. A service that announces the end of an answer without having given any has not answered.
 * Asked again is only what came to nothing and can come to something: no refusal, and nothing that our own patience or
 * our own InterruptSession ended.
 */
export function decideEnding(closing: Closing, soFar: AttemptSoFar): Ending {
  const { seen, interrupted, target } = soFar;
  const { error, failure } = failureOf(closing, target);
  const status = statusOf(closing);
  const tooManyPings = failure === 'too-many-pings';
  const broken =
    tooManyPings ||
    closing.type === 'not-connected' ||
    (status !== undefined && isTransportLoss(status.code, status.details));
  const blocked = interrupted || failure === 'blocked' || failure === 'interrupted';
  const outcome = outcomeOf(closing, seen === 'data', error, blocked);
  const endedSilently = closing.type === 'status' && closing.status.code === 0;
  return {
    outcome,
    error: outcome === 'complete' || (outcome === 'truncated' && endedSilently) ? undefined : error,
    message: messageOf(closing, error),
    again: seen === 'nothing' && !interrupted ? againOf(closing, outcome, error, failure) : 'never',
    lost: broken ? lossOf(status, tooManyPings, error, target) : undefined,
    connectionSuspect: broken || closing.type === 'watchdog' || status?.code === 4,
    tooManyPings,
  };
}

function outcomeOf(
  closing: Closing,
  dataSeen: boolean,
  error: VoiceError,
  blocked: boolean,
): Ending['outcome'] {
  if (closing.type === 'unusable') return 'failed';
  if (dataSeen) return closing.type === 'end-message' ? 'complete' : 'truncated';
  if (closing.type === 'end-message') return 'empty';
  if (refusals.includes(error.code)) return 'refused';
  return blocked ? 'blocked' : 'failed';
}

const refusals: readonly string[] = ['UPSTREAM_REJECTED', 'UPSTREAM_FORBIDDEN', 'UPSTREAM_UNAUTHENTICATED'];

/** Of an attempt that nothing came of. */
function againOf(
  closing: Closing,
  outcome: Ending['outcome'],
  error: VoiceError,
  failure: KnownFailure,
): AskAgain {
  // The one who set the patience has waited for all of it.
  if (closing.type === 'watchdog' || closing.type === 'unusable') return 'never';
  // The service was done, and will be again.
  if (outcome === 'empty' || !error.retryable) return 'never';
  if (failure === 'blocked') return 'after-block';
  // Whoever interrupted it meant this very question.
  if (failure === 'interrupted') return 'never';
  if (failure === 'concurrent') return 'once-at-once';
  return error.code === 'UPSTREAM_NO_RESPONSE' ? 'once-backing-off' : 'backing-off';
}

function statusOf(closing: Closing): CallStatus | undefined {
  return closing.type === 'status' || closing.type === 'error-message' ? closing.status : undefined;
}

function messageOf(closing: Closing, error: VoiceError): string {
  switch (closing.type) {
    case 'end-message':
    case 'error-message':
      return closing.message;
    case 'status':
      // A server may say "OK" there, which says nothing.
      return closing.status.code === 0 ? '' : tidyDetails(closing.status.details);
    case 'watchdog':
    case 'not-connected':
    case 'unusable':
      return error.message;
  }
}

/** What was lost is told by the transport, also where the service had said something before. */
function lossOf(
  status: CallStatus | undefined,
  tooManyPings: boolean,
  error: VoiceError,
  target: string,
): UpstreamError | undefined {
  if (status !== undefined && !tooManyPings) return mapStatus(status.code, status.details, target);
  return error instanceof UpstreamError ? error : undefined;
}

interface Failure {
  readonly error: VoiceError;
  readonly failure: KnownFailure;
}

function failureOf(closing: Closing, target: string): Failure {
  switch (closing.type) {
    case 'end-message':
      return noResponse(
        `${target} gave an empty answer: it said that it was done and had sent nothing of use`,
      );
    case 'status':
      return closing.status.code === 0
        ? noResponse(`${target} ended the call without an answer and without a reason`)
        : saidError('', closing.status, target);
    case 'error-message':
      return saidError(closing.message, closing.status, target);
    case 'watchdog': {
      const { watchdog, limitMs } = closing;
      const what = `${target} ${silence[watchdog](limitMs)}; try again, or raise ${option[watchdog]}`;
      return { error: new UpstreamError('UPSTREAM_TIMEOUT', what, { retryable: true }), failure: 'other' };
    }
    case 'not-connected':
    case 'unusable':
      return { error: closing.error, failure: 'other' };
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

function noResponse(what: string): Failure {
  const error = new UpstreamError('UPSTREAM_NO_RESPONSE', `${what}; try again`, { retryable: true });
  return { error, failure: 'other' };
}
