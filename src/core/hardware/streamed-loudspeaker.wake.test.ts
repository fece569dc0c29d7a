import { describe, expect, it } from 'vitest';
import { desk } from '../../../test/support/loudspeaker-desk.js';
import { endMs } from '../audio/audio-frame.js';
import { createWakePolicy } from './wake-policy.js';

/** It sleeps two seconds after a stream has ended, and swallows what comes first then. */
const sleepy = { sleeps: { afterMs: 2000, swallowsMs: 250 } };
const count = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('a streamed loudspeaker whose sink sleeps', () => {
  it('loses no word with a pre-roll, at the first opening and after each pause', () => {
    const wake = { strategy: 'pre-roll', preRollMs: 300, sleepsAfterMs: 3000 } as const;
    const d = desk({ device: sleepy, options: { wake } });
    d.openNow();
    d.write(200, 0);
    d.clock.advanceBy(1000);
    expect(d.device.audible).toEqual(count(200 * 48));
    expect(d.sink.position()).toEqual({ heardMs: 200, queuedMs: 0 });

    d.clock.advanceBy(8000);
    expect(d.device.isOpen).toBe(false);
    d.write(200, 20_000);
    d.clock.advanceBy(1000);
    expect(d.device.audible.slice(200 * 48)).toEqual(count(200 * 48).map((number) => number + 20_000));
    expect(d.facts()).toEqual(['sink-woken', 'sink-woken']);
    expect(d.device.openings).toBe(2);
  });

  it('loses words without one, which is what the pre-roll is for', () => {
    const d = desk({ device: sleepy, options: { wake: { strategy: 'off', sleepsAfterMs: 3000 } } });
    d.openNow();
    d.clock.advanceBy(8000);
    d.write(400, 0);
    d.clock.advanceBy(1000);
    expect(d.device.audible[0]).toBe(250 * 48);
    expect(d.facts()).toEqual([]);
  });

  it('never sleeps by default', () => {
    const d = desk({ device: sleepy });
    d.openNow();
    d.clock.advanceBy(60_000);
    d.write(200, 0);
    d.clock.advanceBy(500);
    expect(d.device.audible).toEqual(count(200 * 48));
    expect([d.device.openings, d.device.isOpen]).toEqual([1, true]);
  });

  it('sends no silence first when it has not slept, nor after a hard flush', () => {
    const wake = { strategy: 'pre-roll', preRollMs: 300, sleepsAfterMs: 3000 } as const;
    const d = desk({ device: sleepy, options: { wake } });
    d.openNow();
    d.clock.advanceBy(2500);
    const writtenMs = d.clock.nowMs;
    d.write(600, 0);
    d.clock.advanceBy(300);
    expect((d.device.audibleMs.get(0) ?? Number.NaN) - writtenMs).toBeLessThanOrEqual(46);
    d.sink.flush();
    const cutMs = d.clock.nowMs;
    d.write(100, 50_000);
    d.clock.advanceBy(300);
    expect((d.device.audibleMs.get(50_000) ?? Number.NaN) - cutMs).toBeLessThanOrEqual(20);
    expect(d.facts()).toEqual(['sink-woken']);
  });

  it('goes on with frames of silence and answers while it sleeps, and asks nothing of the device', () => {
    const d = desk({ device: sleepy, options: { wake: { strategy: 'off', sleepsAfterMs: 500 } } });
    d.openNow();
    d.write(100, 0);
    d.clock.advanceBy(2000);
    expect(d.device.isOpen).toBe(false);
    const frames = d.rendered.length;
    d.device.vanish();
    d.clock.advanceBy(1000);
    expect(Math.abs(d.rendered.length - frames - 200)).toBeLessThanOrEqual(1);
    for (const [index, frame] of d.rendered.entries()) {
      const before = d.rendered[index - 1];
      if (before) expect(Math.abs(frame.timestampMs - endMs(before))).toBeLessThan(1 / 48);
    }
    expect(Math.max(...d.lateMs)).toBeLessThan(0.01);
    expect(d.sink.position()).toEqual({ heardMs: 100, queuedMs: 0 });
    expect(d.sink.flush()).toEqual({ heardMs: 100, queuedMs: 0 });
    expect(d.sink.flush('soft')).toEqual({ heardMs: 100, queuedMs: 0 });
    let drained = 0;
    d.sink.drain().subscribe(() => {
      drained += 1;
    });
    expect([drained, d.device.openings, d.ends]).toEqual([1, 1, []]);
  });

  it('is lost when it cannot be woken', () => {
    const d = desk({ device: sleepy, options: { wake: { strategy: 'off', sleepsAfterMs: 500 } } });
    d.openNow();
    d.clock.advanceBy(2000);
    d.device.vanish();
    d.write(10);
    expect(d.ends[0]).toBe('rendered DEVICE_NOT_FOUND');
    expect(() => d.write(10)).toThrow('DEVICE_CLOSED');
  });

  it('is given its time to wake, and no more than that', () => {
    const startMs = (opening: number): number => [12, 1300, 60_000][opening - 1] as number;
    const d = desk({ device: { startMs }, options: { wake: { strategy: 'off', sleepsAfterMs: 500 } } });
    d.openNow();
    d.clock.advanceBy(1000);
    d.write(200, 0);
    d.clock.advanceBy(1000);
    expect(d.sink.position().heardMs).toBeLessThanOrEqual(200);
    d.clock.advanceBy(1000);
    expect([d.ends, d.device.audible]).toEqual([[], count(200 * 48)]);
    expect(d.sink.position()).toEqual({ heardMs: 200, queuedMs: 0 });

    d.clock.advanceBy(1000);
    d.write(200);
    d.clock.advanceBy(2010);
    expect(d.ends[0]).toBe('rendered DEVICE_LOST');
  });

  it('stays awake while audio waits or is heard', () => {
    const d = desk({ options: { wake: { strategy: 'off', sleepsAfterMs: 200 } } });
    d.openNow();
    d.write(1500);
    d.clock.advanceBy(1400);
    expect(d.device.isOpen).toBe(true);
    d.clock.advanceBy(400);
    expect([d.device.isOpen, d.device.audible.length]).toEqual([false, 1500 * 48]);
  });

  it('can be left while it sleeps, and opened again', () => {
    const d = desk({ options: { wake: { strategy: 'off', sleepsAfterMs: 200 } } });
    d.openNow();
    d.clock.advanceBy(1000);
    d.opening.unsubscribe();
    expect(d.ends).toEqual(['rendered completed']);
    d.openNow();
    d.write(50, 0);
    d.clock.advanceBy(150);
    expect(d.device.audible).toEqual(count(50 * 48));
  });
});

describe('createWakePolicy', () => {
  it('knows when a stream stops and what it begins with', () => {
    expect(createWakePolicy({})).toEqual({ sleepsAfterMs: Infinity, preRollMs: 0 });
    expect(createWakePolicy({ strategy: 'off' })).toEqual({ sleepsAfterMs: 5000, preRollMs: 0 });
    expect(createWakePolicy({ strategy: 'pre-roll' })).toEqual({ sleepsAfterMs: 5000, preRollMs: 300 });
  });

  it.each([
    [{ strategy: 'never' }, 'strategy must be one of "keep-alive", "pre-roll", "off", but is "never"'],
    [{ preRollMs: 1501 }, 'preRollMs must be a number from 0 to 1500 ms, but is 1501'],
    [{ sleepAfterMs: 100 }, 'sleepAfterMs is not an option'],
  ])('refuses %o', (options, message) => {
    expect(() => createWakePolicy(options as never)).toThrow(message);
  });
});
