import type { ErrorCode } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';
import { mapStatus } from './map-status.js';

/** How a call says that it is over. */
export interface CallStatus {
  /** gRPC status number; 0 is OK. */
  readonly code: number;
  readonly details: string;
}

/** What a failure is, where its text says more than its status. */
export type KnownFailure =
  /** Nobody with this hardware id is answered until some seconds after an InterruptSession. */
  | 'blocked'
  /** Somebody sent an InterruptSession while this was being answered. */
  | 'interrupted'
  /** The session id, or the device, is already being answered. */
  | 'concurrent'
  /** Our keep-alive pings were taken for an attack; it looks like the load protection of the service and is none. */
  | 'too-many-pings'
  /** What came is larger than a message may be, or no message. */
  | 'unreadable'
  | 'other';

interface Meaning {
  readonly text: RegExp;
  readonly failure: KnownFailure;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly advice: string;
  /** True when this text says more than the status that came with it. */
  readonly overStatus?: true;
}

const later = 'try again later';
const change = 'change the request';

/**
 * Failures that servers and transports of this contract are known to put into words. Refusals often come with status
 * OK, and the block after an InterruptSession as INTERNAL from one generation and as OK from others.
 */
const meanings: readonly Meaning[] = [
  meaning(/^Глобальное прерывание активно/, 'blocked', 'UPSTREAM_ABORTED', true, later, true),
  meaning(/^Interrupted during processing/, 'interrupted', 'UPSTREAM_ABORTED', true, later, true),
  meaning(/^Concurrent request for /, 'concurrent', 'UPSTREAM_OVERLOADED', true, later),
  meaning(/^(STREAM_LIMIT|MESSAGE_RATE)_EXCEEDED/, 'other', 'UPSTREAM_OVERLOADED', true, later),
  meaning(
    /^Bandwidth exhausted or memory limit exceeded|too_many_pings/,
    'too-many-pings',
    'UPSTREAM_UNREACHABLE',
    true,
    'leave keepaliveMs out, or raise it',
    true,
  ),
  meaning(
    /^Received message larger than max/,
    'unreadable',
    'UPSTREAM_OVERLOADED',
    false,
    'make the service send messages of at most 4 MiB',
    true,
  ),
  meaning(
    /^Response message parsing error/,
    'unreadable',
    'UPSTREAM_FAULT',
    false,
    'check that target is a StreamingService',
    true,
  ),
  meaning(/ is required|^unsupported request phase/, 'other', 'UPSTREAM_REJECTED', false, change),
];

/** What the service, or the transport, said went wrong. */
export interface SaidError {
  readonly error: UpstreamError;
  readonly failure: KnownFailure;
}

/**
 * The error for what was announced in a message, for a status, or for both: the status decides, and where that is OK
 * or missing, the text.
 *
 * @param message - of the error_message; empty when there was none.
 * @param status - what the call ended with; undefined when it did not come.
 */
export function saidError(message: string, status: CallStatus | undefined, target: string): SaidError {
  const text = message.trim() || (status?.details.trim() ?? '');
  const known = meanings.find((candidate) => candidate.text.test(text));
  const failure = known?.failure ?? 'other';
  const failed = status !== undefined && status.code !== 0 ? status : undefined;
  if (failed !== undefined && known?.overStatus !== true) {
    return { error: mapStatus(failed.code, text, target), failure };
  }
  const { code, retryable, advice } = known ?? {
    code: 'UPSTREAM_FAULT' as const,
    retryable: true,
    advice: later,
  };
  const said = `${target} refused: ${text || 'it gave no reason'}; ${advice}`;
  const grpcStatus = failed === undefined ? {} : { grpcStatus: failed.code };
  return { error: new UpstreamError(code, said, { retryable, ...grpcStatus }), failure };
}

function meaning(
  text: RegExp,
  failure: KnownFailure,
  code: ErrorCode,
  retryable: boolean,
  advice: string,
  overStatus?: true,
): Meaning {
  return { text, failure, code, retryable, advice, ...(overStatus && { overStatus }) };
}
