import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type FailureStatus, isTransportLoss, mapStatus, statusMeanings } from './map-status.js';

const table = [
  [1, 'CANCELLED', 'UPSTREAM_ABORTED', true],
  [2, 'UNKNOWN', 'UPSTREAM_FAULT', true],
  [3, 'INVALID_ARGUMENT', 'UPSTREAM_REJECTED', false],
  [4, 'DEADLINE_EXCEEDED', 'UPSTREAM_TIMEOUT', true],
  [5, 'NOT_FOUND', 'UPSTREAM_REJECTED', false],
  [6, 'ALREADY_EXISTS', 'UPSTREAM_REJECTED', false],
  [7, 'PERMISSION_DENIED', 'UPSTREAM_FORBIDDEN', false],
  [8, 'RESOURCE_EXHAUSTED', 'UPSTREAM_OVERLOADED', true],
  [9, 'FAILED_PRECONDITION', 'UPSTREAM_REJECTED', false],
  [10, 'ABORTED', 'UPSTREAM_ABORTED', true],
  [11, 'OUT_OF_RANGE', 'UPSTREAM_REJECTED', false],
  [12, 'UNIMPLEMENTED', 'UPSTREAM_INCOMPATIBLE', false],
  [13, 'INTERNAL', 'UPSTREAM_FAULT', true],
  [14, 'UNAVAILABLE', 'UPSTREAM_UNREACHABLE', true],
  [15, 'DATA_LOSS', 'UPSTREAM_FAULT', false],
  [16, 'UNAUTHENTICATED', 'UPSTREAM_UNAUTHENTICATED', false],
] as const;

describe('mapStatus', () => {
  it.each(table)('maps %i %s to %s, retryable %s', (number, name, code, retryable) => {
    const error = mapStatus(number, 'some details', '127.0.0.1:50051');

    expect(error).toMatchObject({ code, retryable, grpcStatus: number });
    expect(error.message).toMatch(
      new RegExp(`^\\[${code}\\] 127\\.0\\.0\\.1:50051 ended the call with ${name}: some details; \\w`),
    );
  });

  it('has a row for every status that grpc-js knows but OK, under the same name', () => {
    const known = Object.entries(status).filter(([, number]) => typeof number === 'number' && number > 0);

    expect(known.map(([name, number]) => [number, name])).toEqual(
      table.map(([number, name]) => [number, name]),
    );
    expect(Object.keys(statusMeanings)).toHaveLength(table.length);
    for (const [number, name] of table) expect(statusMeanings[number as FailureStatus].name).toBe(name);
  });

  it('handles a status that does not exist as UNKNOWN', () => {
    expect(mapStatus(99, '', 'x:1')).toMatchObject({ code: 'UPSTREAM_FAULT', grpcStatus: 99 });
  });

  it('leaves no hole in the sentence when there are no details', () => {
    expect(mapStatus(13, ' ', 'x:1').message).toBe(
      '[UPSTREAM_FAULT] x:1 ended the call with INTERNAL; look at the log of the service, then try again',
    );
  });
});

describe('isTransportLoss', () => {
  it.each([
    [14, 'Connection dropped', true],
    [14, '', true],
    [13, 'Received RST_STREAM with code 2 (Internal server error)', true],
    [13, 'the model is out of order', false],
    [1, 'Received RST_STREAM with code 8', false],
    [4, 'Deadline exceeded', false],
    [8, 'Bandwidth exhausted or memory limit exceeded', false],
    [0, '', false],
  ])('for status %i with details %j is %s', (number, details, expected) => {
    expect(isTransportLoss(number, details)).toBe(expected);
  });
});
