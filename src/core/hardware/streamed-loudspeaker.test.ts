import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { stallingScheduler } from '../../../test/support/capture-device.js';
import { desk, mono48 } from '../../../test/support/loudspeaker-desk.js';
import { playoutDevice } from '../../../test/support/playout-device.js';
import { framesOf, ramp } from '../../testing/signals.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import { DeviceError } from '../errors.js';
import type { AudioSink } from '../ports/audio-sink.js';
import type { PlayoutDriver, PlayoutDriverReport } from './playout-driver.js';
import { streamedLoudspeaker } from './streamed-loudspeaker.js';

/** A driver that says what a test wants it to say. */
function scripted(reports: (emit: (report: PlayoutDriverReport) => void) => void): PlayoutDriver {
  return {
    label: 'the loudspeaker "scripted"',
    open: () =>
      new Observable((subscriber) => {
        reports((report) => subscriber.next(report));
      }),
  };
}

const idle = { format: mono48, leadMs: 20, write: () => {}, recall: () => 0 };

/** How opening it ends. */
function outcome(driver: PlayoutDriver, forMs = 3000): string {
  const clock = createVirtualClock();
  let end = 'open';
  streamedLoudspeaker({ driver, format: mono48, scheduler: clock.scheduler })
    .openSink()
    .subscribe({
      next: () => {
        end = 'emitted';
      },
      error: (error) => {
        end = `${error.message} ${error.retryable}`;
      },
    });
  clock.run(forMs);
  return end;
}

describe('a streamed loudspeaker', () => {
  it('emits its sink when the device truly plays, and not before', () => {
    const d = desk({ device: { openMs: 40, startMs: () => 1300 } });
    const openedMs = d.clock.nowMs;
    d.openNow();
    expect(d.clock.nowMs - openedMs).toBeGreaterThan(1340);
    expect(d.clock.nowMs - openedMs).toBeLessThan(1600);
  });

  it('renders the first words whole when the device is heard of before late timers are', () => {
    for (let fromMs = 1000; fromMs < 1200; fromMs += 3) {
      const clock = createVirtualClock();
      clock.run(1000);
      const scheduler = stallingScheduler(clock.scheduler, [[fromMs, fromMs + 90]]);
      const device = playoutDevice({ scheduler: clock.scheduler });
      const numbers: number[] = [];
      let sink: AudioSink | undefined;
      streamedLoudspeaker({ driver: device.driver, format: mono48, scheduler })
        .openSink()
        .subscribe((opened) => {
          sink = opened;
          opened.rendered$.subscribe(({ samples }) => {
            for (const sample of samples) if (sample !== 0) numbers.push(Math.round(sample * 2 ** 17) - 1);
          });
        });
      while (!sink) clock.advanceBy(1);
      for (const frame of framesOf(ramp(1920), mono48, 10)) sink.write(frame);
      clock.advanceBy(400);

      expect([fromMs, numbers[0], numbers.length]).toEqual([fromMs, 0, 1920]);
    }
  });

  it('says of a device that opens and does not play that it is held or suspended', () => {
    const d = desk();
    d.device.suspend();
    d.open();
    d.clock.advanceBy(1995);
    expect(d.ends).toEqual([]);
    d.clock.advanceBy(10);
    expect(d.ends[0]).toContain('[DEVICE_BUSY] the loudspeaker "imagined" was opened but does not play');
    expect(d.device.isOpen).toBe(false);
    expect(outcome(scripted(() => {}))).toMatch(/^\[DEVICE_BUSY\].*did not open.* true$/);
  });

  it('hands over a bounded amount to a device that does not play', () => {
    const d = desk();
    d.device.suspend();
    d.open();
    d.clock.advanceBy(1900);
    expect(d.device.aheadMs()).toBeLessThanOrEqual(40 + 150 + 1);
  });

  it('is for one at a time', () => {
    const d = desk();
    d.openNow();
    const second = d.open();
    expect(d.ends[0]).toContain('[DEVICE_BUSY] the loudspeaker "imagined" is open already');
    expect([second.closed, d.device.isOpen]).toEqual([true, true]);
  });

  it('passes on why it could not be opened, and makes an error of ours of what is none', () => {
    const busy = new DeviceError('DEVICE_BUSY', 'held by vlc', { retryable: true });
    expect(outcome({ label: 'it', open: () => new Observable((s) => s.error(busy)) })).toBe(
      `${busy.message} true`,
    );
    const broken: PlayoutDriver = {
      label: 'it',
      open() {
        throw new Error('oops');
      },
    };
    expect(outcome(broken)).toBe('[DEVICE_BACKEND] it failed in its driver; see the cause false');
    expect(outcome({ label: 'it', open: () => new Observable((s) => s.complete()) })).toMatch(
      /^\[DEVICE_LOST\]/,
    );
  });

  it.each([
    [
      'a position before it is open',
      (emit: (r: PlayoutDriverReport) => void) => emit({ type: 'position', atMs: 0, playedFrames: 1 }),
    ],
    [
      'twice that it is open',
      (emit: (r: PlayoutDriverReport) => void) => {
        emit({ type: 'opened', stream: idle });
        emit({ type: 'opened', stream: idle });
      },
    ],
    [
      'a position that is no number',
      (emit: (r: PlayoutDriverReport) => void) => {
        emit({ type: 'opened', stream: idle });
        emit({ type: 'position', atMs: 0, playedFrames: Number.NaN });
      },
    ],
    [
      'a lead of an hour',
      (emit: (r: PlayoutDriverReport) => void) =>
        emit({ type: 'opened', stream: { ...idle, leadMs: 3_600_000 } }),
    ],
  ])('does not put up with a driver that tells %s', (_, reports) => {
    expect(outcome(scripted(reports))).toMatch(/^\[DEVICE_BACKEND\].*defect of the driver/);
  });

  it.each([
    [{ sampleRateHz: 48_000, channels: 33 }, 'takes 48000 Hz with 33 channel(s)'],
    [{ sampleRateHz: 400_000, channels: 1 }, 'which 48000 Hz cannot be converted to'],
  ])('refuses a device with the layout %o', (format, words) => {
    const end = outcome(scripted((emit) => emit({ type: 'opened', stream: { ...idle, format } })));
    expect(end).toContain('[DEVICE_FORMAT_UNSUPPORTED]');
    expect(end).toContain(words);
  });

  it('refuses to put two channels on one, and takes two on two', () => {
    const stereo = { sampleRateHz: 48_000, channels: 2 };
    const d = desk({ format: stereo, device: { format: mono48 } });
    d.open();
    expect(d.ends[0]).toContain('2 channels cannot be put on them');

    const fits = desk({ format: stereo, device: { format: { sampleRateHz: 44_100, channels: 2 } } });
    fits.openNow();
    fits.write(100);
    fits.clock.advanceBy(300);
    expect(fits.device.audible.length).toBeGreaterThan(4400);
    expect(fits.device.unequalChannels).toBe(0);
  });

  it('clips what it hands over, also what a conversion made louder', () => {
    // The imagined device throws at anything beyond full scale.
    for (const sampleRateHz of [48_000, 44_100]) {
      const d = desk({ device: { format: { sampleRateHz, channels: 1 } } });
      const sink = d.openNow();
      const square = Float32Array.from({ length: 4800 }, (_, index) => (index % 40 < 20 ? 1.5 : -1));
      square.set([Number.NaN, Infinity, -Infinity], 100);
      sink.write(audioFrame(mono48, square, 0));
      d.clock.advanceBy(300);
      expect(d.ends).toEqual([]);
      expect(sink.position().heardMs).toBe(100);
    }
  });

  it.each([0, 1, 11, 13, 40, 60, 110, 130])(
    'can be left %s ms after it was opened, and leaves nothing behind',
    (ms) => {
      const d = desk({ device: { openMs: 10, startMs: () => 20, reportEveryMs: 10 } });
      const opening = d.open();
      d.clock.advanceBy(ms);
      opening.unsubscribe();
      expect(d.device.isOpen).toBe(false);
      d.clock.advanceBy(5000);
      expect(d.ends.filter((end) => end !== 'rendered completed')).toEqual([]);
      d.openNow();
      d.write(30, 0);
      d.clock.advanceBy(200);
      expect(d.device.audible.length).toBe(30 * 48);
    },
  );

  it.each([0, 2, 7, 20, 70, 200])('can be left %s ms after a hard flush', (ms) => {
    const d = desk({ device: { openMs: 5 } });
    d.openNow();
    d.write(400);
    d.clock.advanceBy(100);
    d.sink.flush();
    d.write(100);
    d.clock.advanceBy(ms);
    const { heardMs } = d.sink.position();
    d.opening.unsubscribe();
    expect(d.device.isOpen).toBe(false);
    expect(d.sink.position().heardMs - heardMs).toBeLessThanOrEqual(5);
    const frames = d.rendered.length;
    d.clock.advanceBy(3000);
    expect([d.rendered.length - frames, d.ends]).toEqual([0, ['rendered completed']]);
  });

  it('can be left, cut and written to from inside of what it emits', () => {
    const d = desk();
    const sink = d.openNow();
    let frames = 0;
    sink.rendered$.subscribe(() => {
      frames += 1;
      sink.position();
      if (frames === 10) sink.write(audioFrame(mono48, new Float32Array(4800).fill(0.25), 0));
      if (frames === 30) sink.flush();
      if (frames === 40) d.opening.unsubscribe();
    });
    d.clock.advanceBy(1000);
    expect([frames, d.device.openings, d.device.isOpen]).toEqual([40, 2, false]);
    expect(sink.position().queuedMs).toBe(0);
  });

  it.each([
    [{ leadMs: 0 }, 'leadMs must be a number from 5 to 1000 ms, but is 0'],
    [{ periodMs: 2.5 }, 'periodMs must be a whole number from 2 to 50 ms, but is 2.5'],
    [{ cut: 'now' }, 'cut must be one of "hard", "soft", but is "now"'],
    [{ wake: null }, 'wake must be an object of wake options'],
    [{ format: { sampleRateHz: 1, channels: 1 } }, 'format.sampleRateHz must be a whole number from 8000'],
    [{ driver: {} }, 'driver must be a playout driver'],
    [{ scheduler: undefined }, 'scheduler must be an rxjs scheduler'],
  ])('refuses %o', (options, message) => {
    const { scheduler } = createVirtualClock();
    const parts = { driver: scripted(() => {}), format: mono48, scheduler, ...options };
    expect(() => streamedLoudspeaker(parts as never)).toThrow(message);
  });
});

describe('a streamed loudspeaker that fails while it is open', () => {
  it('is lost within half a second when the device stands still, and says so to everybody', () => {
    const d = desk();
    d.openNow();
    d.write(2000);
    d.sink.drain().subscribe({ error: (error) => d.ends.push(`drain ${error.code}`) });
    d.clock.advanceBy(300);
    d.device.suspend();
    const suspendedMs = d.clock.nowMs;
    while (d.ends.length === 0) d.clock.advanceBy(1);
    expect(d.clock.nowMs - suspendedMs).toBeLessThan(500);
    expect(d.ends.slice(0, 2)).toEqual(['drain DEVICE_LOST', 'rendered DEVICE_LOST']);
    expect(d.ends[2]).toContain('stands still for 4');
    expect(d.ends[2]).toContain('(suspended?)');
    expect(d.device.isOpen).toBe(false);
  });

  it('does not take a standstill of the process for one of the device', () => {
    const d = desk({ stalls: [[1500, 4000]], device: { reportEveryMs: 100 } });
    d.openNow();
    d.clock.advanceBy(6000);
    expect(d.ends).toEqual([]);
  });

  it('is lost within half a second when the device plays into the void, having looked at little of it', () => {
    const d = desk();
    d.openNow();
    d.write(20_000);
    d.clock.advanceBy(3000);
    d.device.flood();
    const floodedMs = d.clock.nowMs;
    while (d.ends.length === 0) d.clock.advanceBy(1);
    expect(d.clock.nowMs - floodedMs).toBeLessThan(500);
    expect(d.ends[1]).toContain('ahead of time');
    const { flooded } = d.device;
    expect(flooded).toBeLessThanOrEqual(40 * 200);
    d.clock.advanceBy(1000);
    expect(d.device.flooded).toBe(flooded);
  });

  it('is lost when its driver ends, throws, or gives up without a reason of ours', () => {
    const ended = desk();
    ended.openNow();
    ended.device.complete();
    expect(ended.ends).toEqual(['rendered DEVICE_LOST', expect.stringContaining('ended by itself')]);

    const crashed = desk();
    crashed.openNow();
    crashed.device.vanish(new Error('write EPIPE'));
    expect(crashed.ends[1]).toContain(
      '[DEVICE_LOST] the loudspeaker "imagined" failed while it was open: write EPIPE',
    );
  });

  it('can be opened again by whoever hears of the loss, in the same breath', () => {
    const d = desk();
    let again = 0;
    d.openNow();
    d.loudspeaker.openSink().subscribe({ error: () => {} });
    d.opening.unsubscribe();
    d.loudspeaker.openSink().subscribe({
      error: () => {
        d.device.comeBack();
        d.loudspeaker.openSink().subscribe(() => {
          again += 1;
        });
      },
    });
    d.clock.advanceBy(500);
    d.device.vanish();
    d.clock.advanceBy(500);
    expect(again).toBe(1);
  });
});
