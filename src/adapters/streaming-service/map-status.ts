import type { ErrorCode } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';

/** A gRPC status other than OK. */
export type FailureStatus = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16;

/** What a gRPC status means to the loop. */
export interface StatusMeaning {
  /** As gRPC spells it. */
  readonly name: string;
  readonly code: ErrorCode;
  /** True when the same request can succeed later, with a new session id. */
  readonly retryable: boolean;
  /** What to do about it; ends the message of the error. */
  readonly advice: string;
}

const seeServer = 'look at the log of the service';

/**
 * Every status but OK. INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION and OUT_OF_RANGE are never
 * made by the gRPC library itself (gRPC status code documentation): the application said no, and will say no again.
 */
export const statusMeanings: { readonly [Status in FailureStatus]: StatusMeaning } = {
  // Our own cancellation never gets here. From a server it is what one sends that is shutting down.
  1: meaning('CANCELLED', 'UPSTREAM_ABORTED', true, 'try again'),
  2: meaning('UNKNOWN', 'UPSTREAM_FAULT', true, `${seeServer}, then try again`),
  3: meaning('INVALID_ARGUMENT', 'UPSTREAM_REJECTED', false, 'change the request'),
  // The answer may have been given; never replay its audio.
  4: meaning('DEADLINE_EXCEEDED', 'UPSTREAM_TIMEOUT', true, 'try again, or allow more time'),
  5: meaning('NOT_FOUND', 'UPSTREAM_REJECTED', false, 'change the request'),
  6: meaning('ALREADY_EXISTS', 'UPSTREAM_REJECTED', false, 'change the request'),
  7: meaning('PERMISSION_DENIED', 'UPSTREAM_FORBIDDEN', false, 'check what this device may do'),
  8: meaning('RESOURCE_EXHAUSTED', 'UPSTREAM_OVERLOADED', true, 'wait some seconds, then try again'),
  9: meaning('FAILED_PRECONDITION', 'UPSTREAM_REJECTED', false, 'change the request'),
  10: meaning('ABORTED', 'UPSTREAM_ABORTED', true, 'try again'),
  11: meaning('OUT_OF_RANGE', 'UPSTREAM_REJECTED', false, 'change the request'),
  12: meaning('UNIMPLEMENTED', 'UPSTREAM_INCOMPATIBLE', false, 'check that target is a StreamingService'),
  13: meaning('INTERNAL', 'UPSTREAM_FAULT', true, `${seeServer}, then try again`),
  14: meaning(
    'UNAVAILABLE',
    'UPSTREAM_UNREACHABLE',
    true,
    'check that the service runs there and that the address is right',
  ),
  15: meaning('DATA_LOSS', 'UPSTREAM_FAULT', false, seeServer),
  16: meaning('UNAUTHENTICATED', 'UPSTREAM_UNAUTHENTICATED', false, 'give new credentials'),
};

/**
 * The error for a call that ended with a status other than OK.
 *
 * @param status - gRPC status number; one outside 1..16 is handled as UNKNOWN, as gRPC asks of a client.
 * @param details - what the service or the transport said; may be empty.
 * @param target - who was called, for the message.
 */
export function mapStatus(status: number, details: string, target: string): UpstreamError {
  const { name, code, retryable, advice } = meaningOf(status);
  const what = tidyDetails(details);
  const said = what === '' ? '' : `: ${what}`;
  return new UpstreamError(code, `${target} ended the call with ${name}${said}; ${advice}`, {
    retryable,
    grpcStatus: status,
  });
}

/** Part of a sentence: grpc-js adds an empty note to some details, and services end theirs with a full stop. */
export function tidyDetails(details: string): string {
  return details
    .replace(/\s*Resolution note:\s*$/, '')
    .replace(/[.;\s]+$/, '')
    .trim();
}

/** What a status means; one outside 1..16 is handled as UNKNOWN. */
export function meaningOf(status: number): StatusMeaning {
  return statusMeanings[status as FailureStatus] ?? statusMeanings[2];
}

/**
 * Whether the call ended because the way to the service broke, and not because the service said so.
 *
 * @remarks
 * UNAVAILABLE comes from the library. A proxy whose backend vanished in mid-stream sends RST_STREAM, which the
 * library reports as INTERNAL with exactly this beginning (seen behind nginx 1.22).
 */
export function isTransportLoss(status: number, details: string): boolean {
  return status === 14 || (status === 13 && details.startsWith('Received RST_STREAM'));
}

function meaning(name: string, code: ErrorCode, retryable: boolean, advice: string): StatusMeaning {
  return { name, code, retryable, advice };
}
