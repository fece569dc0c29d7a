import { describe, expect, it } from 'vitest';
import { readSupervision } from './supervision.js';

describe('readSupervision', () => {
  it('finds nobody where nobody is', () => {
    const nobody = { socket: null, watchdogMs: null, watchdogProblem: null };
    expect(readSupervision({}, 1)).toEqual(nobody);
    expect(readSupervision({ NOTIFY_SOCKET: '', WATCHDOG_USEC: 'x' }, 1)).toEqual(nobody);
  });

  it.each(['/run/systemd/notify', '@/org/freedesktop/systemd1/notify/1', 'vsock:2:1234'])(
    'takes %s',
    (socket) => {
      expect(
        readSupervision({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7),
      ).toEqual({
        socket,
        watchdogMs: 30_000,
        watchdogProblem: null,
      });
    },
  );

  it.each(['notify', '@', '/', '/run/\0x', `/${'x'.repeat(107)}`, 'vsock:x'])(
    'refuses the socket %j',
    (socket) => {
      expect(() => readSupervision({ NOTIFY_SOCKET: socket }, 1)).toThrow(/NOTIFY_SOCKET .* unset it/);
    },
  );

  it.each(['0', '-1', '1e6', 'soon', '9'.repeat(20)])('refuses the period %s', (usec) => {
    expect(() => readSupervision({ NOTIFY_SOCKET: '/n', WATCHDOG_USEC: usec }, 1)).toThrow(/WATCHDOG_USEC/);
  });

  it('feeds no watchdog of another process, and says how to start this one', () => {
    const read = readSupervision({ NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '7' }, 8);
    expect(read.watchdogMs).toBeNull();
    expect(read.watchdogProblem).toMatch(/process 7 .* ExecStart=/);
  });
});
