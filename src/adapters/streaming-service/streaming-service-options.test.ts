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
});
