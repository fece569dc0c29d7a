import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bindNotifySocket,
  type NotifySocket,
  whyNoNotifySocket,
} from '../../../test/support/notify-socket.js';
import { type NotificationFailure, type SystemdNotifierOptions, systemdNotifier } from './index.js';

const missing = whyNoNotifySocket();
const { PATH } = process.env;

/** One that tells to this socket, and what was not taken. */
function notifierFor(socket: string, options: Partial<SystemdNotifierOptions> = {}) {
  const notifier = systemdNotifier({ env: { NOTIFY_SOCKET: socket, PATH }, pid: process.pid }, options);
  const failures: NotificationFailure[] = [];
  notifier.failures$.subscribe((failure) => failures.push(failure));
  return { notifier, failures };
}
const flushed = (notifier: ReturnType<typeof systemdNotifier>) =>
  lastValueFrom(notifier.flushed(), { defaultValue: undefined });

describe('systemdNotifier', () => {
  it('does nothing where nobody asked, and nothing fails', async () => {
    const notifier = systemdNotifier({ env: {}, pid: 1 }, { program: '/not/there' });
    const failures = firstValueFrom(notifier.failures$.pipe(toArray()));
    notifier.ready('up');
    notifier.feedWatchdog();
    notifier.stopping();
    await flushed(notifier);
    notifier.close();
    expect(await failures).toEqual([]);
    expect([notifier.isSupervised, notifier.watchdogMs]).toEqual([false, null]);
  });

  it.each([
    [{ program: '/not/there' }, /not installed; apt install systemd/],
    [{ program: '/etc/passwd' }, /cannot be started/],
    [{ program: '\0' }, /cannot be started/],
    [{ program: 'false' }, /exited with code 1: it said nothing/],
  ])('says why nothing was told with %o, and goes on', async (options, words) => {
    const { notifier, failures } = notifierFor('/nobody/listens', options);
    notifier.ready('up');
    notifier.stopping();
    await flushed(notifier);
    expect(failures.map(({ variables, count }) => [variables, count])).toEqual([
      [['READY=1', 'STATUS=up'], 1],
      [['STOPPING=1'], 2],
    ]);
    expect(failures[0]?.detail).toMatch(words);
  });

  it('waits for no program longer than it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-notify-'));
    const { writeFileSync } = await import('node:fs');
    const program = join(folder, 'hangs');
    writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    const { notifier, failures } = notifierFor('/nobody/listens', { program, timeoutMs: 200 });
    notifier.ready();
    await flushed(notifier);
    expect(failures[0]?.detail).toMatch(/killed by SIGKILL; it has 200 ms/);
    notifier.ready();
    notifier.close();
    await flushed(notifier);
    rmSync(folder, { recursive: true });
  });

  it('refuses options out of range', () => {
    expect(() => systemdNotifier({ env: {}, pid: 1 }, { timeoutMs: 0, program: ' ' })).toThrow(
      /program .*timeoutMs/,
    );
  });

  describe.each(['path', 'abstract name'])('on a real socket with a %s', (kind) => {
    let folder: string;
    let socket: NotifySocket;

    beforeEach(async ({ skip }) => {
      if (missing !== undefined) return skip(missing);
      folder = mkdtempSync(join(tmpdir(), 'earshot-notify-'));
      socket = await bindNotifySocket(`${kind === 'path' ? '' : '@'}${folder}/notify`);
    });
    afterEach(async () => {
      await socket?.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    it('tells the whole life of a service, in order', async () => {
      const { notifier, failures } = notifierFor(socket.name);
      notifier.ready('waits for the microphone');
      await flushed(notifier);
      notifier.feedWatchdog();
      notifier.reloading();
      notifier.ready('listens: \u00e4\n"$HOME" %s');
      notifier.feedWatchdog();
      notifier.stopping('finishes the reply');
      await flushed(notifier);
      await socket.waitFor((heard) => heard.type === 'told' && heard.variables[0] === 'STOPPING=1');

      expect(failures).toEqual([]);
      const told = socket.heard.map((heard) => (heard.type === 'told' ? heard.variables : []));
      const [, , reloading] = told;
      expect(told).toEqual([
        ['READY=1', 'STATUS=waits for the microphone'],
        ['WATCHDOG=1'],
        ['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=\d+$/)],
        ['READY=1', 'STATUS=listens: \u00e4 "$HOME" %s', 'WATCHDOG=1'],
        ['STOPPING=1', 'STATUS=finishes the reply'],
      ]);
      expect(reloading).toHaveLength(2);
    });

    it('says that nobody listens any more, and is heard again when somebody does', async () => {
      const { notifier, failures } = notifierFor(socket.name);
      await socket.close();
      if (kind === 'path') rmSync(socket.name);
      notifier.ready();
      await flushed(notifier);
      expect(failures.map(({ detail }) => detail)).toEqual([
        expect.stringMatching(/exited with code 1: Failed to/),
      ]);

      socket = await bindNotifySocket(socket.name);
      notifier.ready();
      await flushed(notifier);
      await socket.waitFor(({ type }) => type === 'told');
      expect(failures).toHaveLength(1);
    });
  });
});
