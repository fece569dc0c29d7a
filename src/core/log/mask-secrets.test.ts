import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.js';

describe('maskSecrets', () => {
  it.each([
    ['authorization: Bearer abc.def-123', 'authorization: Bearer ***'],
    ['Authorization=Api-Key AQVNabc123', 'Authorization=Api-Key ***'],
    ['authorization: Basic YW5uOmh1bnRlcjI=', 'authorization: Basic ***'],
    ['authorization=abcdef', 'authorization=***'],
    ['{"api_key": "k-12, and more"}', '{"api_key": ***}'],
    ['token=abc&next=1', 'token=***&next=1'],
    ['x-access-token: abc, next', 'x-access-token: ***, next'],
    ['password = hunter2;', 'password = ***;'],
    ['at https://ann:hunter2@example.com/path', 'at https://***@example.com/path'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln back', 'got *** back'],
    ['key AIzaSyA1234567890abcdefghijklmnopqrstuv is over', 'key *** is over'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- after', '*** after'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '***'],
  ])('masks what looks like a secret: %s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    'Concurrent request for session_id=0b0e9c1a-7a4e-4b57-9d36-1f0a7d8c2b11 is not allowed',
    'STREAM_LIMIT_EXCEEDED: Maximum concurrent streams (50) reached. Current active: 50',
    'Глобальное прерывание активно',
    'the basic idea of it',
    'no token was given',
  ])('leaves the rest alone: %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('masks what is known to be secret, whatever it looks like, and the longest of them whole', () => {
    expect(maskSecrets('the blue horse and the blue horseshoe', ['blue horse', 'blue horseshoe'])).toBe(
      'the *** and the ***',
    );
  });

  it('does not take a value of a few characters for a secret', () => {
    expect(maskSecrets('a banana', ['a', ''])).toBe('a banana');
  });
});
