import { describe, expect, it } from 'vitest';
import { isLoopback, splitTarget } from './target.js';

describe('a target', () => {
  it.each([
    ['127.0.0.1:1', true],
    ['127.8.9.10:1', true],
    ['LocalHost:1', true],
    ['[::1]:1', true],
    ['127.example.com:1', false],
    ['127.0.0.1.example.com:1', false],
    ['localhost.example.com:1', false],
    ['10.0.0.1:1', false],
    ['[::2]:1', false],
  ])('counts %s as this machine: %s', (target, expected) => {
    expect(isLoopback(target)).toBe(expected);
  });

  it('is split into host and port, an IPv6 address without its brackets', () => {
    expect(splitTarget('voice.example.com:443')).toEqual({ host: 'voice.example.com', port: 443 });
    expect(splitTarget('[2001:db8::7]:50051')).toEqual({ host: '2001:db8::7', port: 50_051 });
  });

  it.each(['[voice.example.com]:443', '[1.2]:1', 'a:0', 'a:65536', 'a', '2001:db8::7:443', ''])(
    'is not %j',
    (target) => {
      expect(splitTarget(target)).toBeUndefined();
    },
  );
});
