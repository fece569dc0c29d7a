import { describe, expect, it } from 'vitest';
import { streamingService } from './streaming-service.js';
import type { StreamingServiceInit } from './streaming-service-options.js';

const good = { target: '127.0.0.1:50051', hardwareId: 'kiosk-7' };

describe('options of streamingService', () => {
  it.each(['127.0.0.1:1', 'localhost:50051', 'voice.example.com:443', '[::1]:50051', 'my_host:65535', 'a:1'])(
    'takes %s as a target',
    (target) => {
      expect(() => streamingService({ ...good, target })).not.toThrow();
    },
  );

  it.each([
    '',
    'localhost',
    'localhost:',
    ':50051',
    'localhost:0',
    'localhost:65536',
    'localhost:port',
    'https://voice.example.com:443',
    'dns:///voice.example.com:443',
    'voice.example.com:443/path',
    '::1:50051',
    'unix:/run/voice.sock',
    'local host:50051',
  ])('refuses %j as a target and says why', (target) => {
    expect(() => streamingService({ ...good, target })).toThrow(
      `[OPTION_INVALID] streamingService: target must be host:port with a port from 1 to 65535, such as 127.0.0.1:50051, but is ${JSON.stringify(target)}`,
    );
  });

  it.each(['', '  ', 'unknown', 'Unknown', ' UNKNOWN '])('refuses %j as a hardware id', (hardwareId) => {
    expect(() => streamingService({ ...good, hardwareId })).toThrow(/hardwareId must be a non-empty string/);
  });

  it('names every bad option at once', () => {
    const bad = { target: 'x', hardwareId: '', firstMessageMs: 99, betweenMessagesMs: 1.5, deadlineMs: 4e6 };

    expect(() => streamingService(bad)).toThrow(
      /target .*hardwareId .*firstMessageMs must be a whole number from 100 to 600000 ms, but is 99.*betweenMessagesMs .*deadlineMs must be a whole number from 100 to 3600000 ms, but is 4000000/,
    );
  });

  it('refuses an option that it does not know', () => {
    expect(() => streamingService({ ...good, tls: true } as StreamingServiceInit)).toThrow(
      /tls is not an option/,
    );
  });

  it('refuses plain text and TLS settings together, and bad TLS settings, when it is made', () => {
    expect(() => streamingService({ ...good, insecure: true, trust: { serverName: 'a' } })).toThrow(
      '[OPTION_INVALID] trust: insecure cannot be true together with serverName; leave one or the other out',
    );
    expect(() => streamingService({ ...good, trust: { fingerprint: 'ab:cd' } })).toThrow(
      /fingerprint must be/,
    );
  });

  it.each<[string, Partial<StreamingServiceInit>, RegExp]>([
    ['maxRetries', { maxRetries: 11 }, /maxRetries must be a whole number from 0 to 10, but is 11/],
    ['retryJitter', { retryJitter: 1.5 }, /retryJitter must be a number from 0 to 1, but is 1.5/],
    ['maxAheadMs', { maxAheadMs: 10 }, /maxAheadMs must be a whole number from 1000 to 600000 ms, but is 10/],
    [
      'keepaliveMs',
      { keepaliveMs: 500 },
      /keepaliveMs must be null or a whole number from 10000 to 3600000 ms/,
    ],
    ['an upper-case name', { metadata: { Authorization: 'x' } }, /metadata must have lower-case names/],
    ['a reserved name', { metadata: { 'grpc-timeout': 'x' } }, /metadata must have lower-case names/],
    ['a binary name', { metadata: { 'key-bin': 'x' } }, /metadata must have lower-case names/],
    ['a value with a line break', { metadata: { key: 'a\nb' } }, /values of printable ASCII/],
  ])('refuses a bad %s', (_what, option, message) => {
    expect(() => streamingService({ ...good, ...option })).toThrow(message);
  });

  it('does not repeat the values of metadata, which may be secret', () => {
    const metadata = { Authorization: 'Bearer secret' };

    expect(() => streamingService({ ...good, metadata })).toThrow(/^(?!.*secret)/);
  });

  it('takes every one of them at its limits', () => {
    const options = {
      maxRetries: 0,
      retryJitter: 1,
      maxAheadMs: 1000,
      keepaliveMs: 10_000,
      useProxy: true,
      metadata: { authorization: 'Bearer x', 'x-device_1.a': '' },
    };

    expect(() => streamingService({ ...good, ...options })).not.toThrow();
  });
});
