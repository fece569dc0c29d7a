import { afterEach, describe, expect, it, vi } from 'vitest';
import { closableSession } from './session.js';

function nativeSession() {
  let finish: () => void = () => undefined;
  const log: string[] = [];
  return {
    log,
    finish: () => finish(),
    inputNames: ['input'],
    outputNames: ['output'],
    run: () =>
      new Promise<void>((resolve) => {
        log.push('run');
        finish = resolve;
      }),
    release: async () => {
      log.push('release');
    },
  };
}

describe('closableSession', () => {
  afterEach(() => void vi.useRealTimers());

  it('frees the native session only when the run under way is over', async () => {
    const native = nativeSession();
    const session = closableSession(native, 5000);
    const run = session.run({}, {}).then(() => native.log.push('answered'));

    const released = session.release();
    await Promise.resolve();
    native.finish();
    await Promise.all([run, released]);

    expect(native.log).toEqual(['run', 'answered', 'release']);
  });

  it('frees the native session once, however often it is asked to', async () => {
    const native = nativeSession();
    const session = closableSession(native, 5000);

    await Promise.all([session.release(), session.release()]);
    await session.release();

    expect(native.log).toEqual(['release']);
  });

  it('refuses to run once it was asked to release', async () => {
    const native = nativeSession();
    const session = closableSession(native, 5000);
    const released = session.release();

    await expect(session.run({}, {})).rejects.toMatchObject({ code: 'MODEL_INFERENCE_FAILED' });
    await released;

    expect(native.log).toEqual(['release']);
  });

  it('does not wait for ever for a run that never ends', async () => {
    vi.useFakeTimers();
    const native = nativeSession();
    const session = closableSession(native, 5000);
    void session.run({}, {});

    const released = session.release();
    await vi.advanceTimersByTimeAsync(4999);
    expect(native.log).toEqual(['run']);
    await vi.advanceTimersByTimeAsync(1);
    await released;

    expect(native.log).toEqual(['run', 'release']);
  });
});
