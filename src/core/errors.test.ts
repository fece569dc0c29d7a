import { describe, expect, it } from 'vitest';
import { DeviceError, UpstreamError } from './errors.js';

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('an error as JSON', () => {
  it('keeps its message, also inside an event', () => {
    const error = new DeviceError('DEVICE_LOST', 'the microphone is gone; plug it in', { retryable: true });

    expect(asJson({ type: 'device-lost', error })).toEqual({
      type: 'device-lost',
      error: {
        name: 'DeviceError',
        code: 'DEVICE_LOST',
        message: '[DEVICE_LOST] the microphone is gone; plug it in',
        retryable: true,
      },
    });
  });

  it('says the gRPC status where there was one, and nothing of the cause', () => {
    const cause = new Error('a secret address');
    const error = new UpstreamError('UPSTREAM_FAULT', 'it failed', { cause, grpcStatus: 13 });
    const withoutStatus = new UpstreamError('UPSTREAM_FAULT', 'it failed', { cause });
    const expected = {
      name: 'UpstreamError',
      code: 'UPSTREAM_FAULT',
      message: '[UPSTREAM_FAULT] it failed',
      retryable: false,
    };

    expect(asJson(error)).toEqual({ ...expected, grpcStatus: 13 });
    expect(asJson(withoutStatus)).toEqual(expected);
  });
});
