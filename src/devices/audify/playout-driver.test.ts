import { describe, expect, it, vi } from 'vitest';
import { createFakeAudify, type FakeDevice } from '../../../test/support/fake-audify.js';
import type { PlayoutDriverReport, PlayoutStream } from '../../core/hardware/playout-driver.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { playoutDriver } from './playout-driver.js';
import type { StreamSettings } from './stream-settings.js';

const speaker: FakeDevice = { name: 'Speaker', outputChannels: 2, isDefaultOutput: true };
const other: FakeDevice = { name: 'Other', outputChannels: 2 };
const settings: StreamSettings = {
  direction: 'playout',
  api: 'pulse',
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 20,
};

/** One opening of a driver on the fake, with everything that it tells. */
function open(changes: Partial<StreamSettings> = {}, devices: readonly FakeDevice[] = [speaker, other]) {
  const clock = createVirtualClock();
  const fake = createFakeAudify(...devices);
  const onStuck = vi.fn();
  const driver = playoutDriver(
    { ...settings, ...changes },
    { load: () => fake.audify, scheduler: clock.scheduler, onStuck },
  );
  const reports: PlayoutDriverReport[] = [];
  const errors: unknown[] = [];
  let stream: PlayoutStream | undefined;
  const subscribe = () =>
    driver.open().subscribe({
      next: (report) => {
        reports.push(report);
        if (report.type === 'opened') stream = report.stream;
      },
      error: (error: unknown) => errors.push(error),
    });
  const subscription = subscribe();
  return {
    clock,
    fake,
    onStuck,
    reports,
    errors,
    subscription,
    subscribe,
    /** Stereo sample frames, each of which holds its own number. */
    write(sampleFrames: number, from = 0) {
      stream?.write(Float32Array.from({ length: 2 * sampleFrames }, (_, index) => from + (index >> 1)));
    },
    recall: () => stream?.recall(),
    /** Time passes and the device takes a buffer every 10 ms. */
    play(ms: number) {
      for (let left = ms; left > 0; left -= 10) {
        clock.advanceBy(10);
        fake.objects[0]?.pop();
      }
    },
    played: () => reports.flatMap((report) => (report.type === 'position' ? [report.playedFrames] : [])),
    xruns: () => reports.flatMap((report) => (report.type === 'xrun' ? [report.detail] : [])),
  };
}

describe('playout through the native library', () => {
  it('tells the true layout and the lead first, and starts when there is something to play', () => {
    const device = open();
    expect(device.fake.running.isStarted).toBe(false);
    device.write(480);
    expect(device.fake.running.isStarted).toBe(false);
    device.write(480);

    expect(device.reports).toMatchObject([
      { type: 'opened', stream: { format: { sampleRateHz: 48_000, channels: 2 }, leadMs: 50 } },
    ]);
    expect(device.fake.running.isStarted).toBe(true);
  });

  it('starts a little later when there is little to play', () => {
    const device = open();
    device.write(480);

    device.clock.advanceBy(20);

    expect(device.fake.running.isStarted).toBe(true);
  });

  it('hands over whole buffers in order, whatever the size of what is written', () => {
    const device = open();

    for (let from = 0; from < 1440; from += 96) device.write(96, from);

    const buffers = device.fake.running.queue.map((pcm) => new Float32Array(pcm.buffer));
    expect(buffers.map((each) => [each.length, each[0], each[1], each.at(-1)])).toEqual([
      [960, 0, 0, 479],
      [960, 480, 480, 959],
      [960, 960, 960, 1439],
    ]);
  });

  it('takes back what does not fill a buffer, and nothing twice', () => {
    const device = open();
    device.write(500);

    expect(device.recall()).toBe(20);
    expect(device.recall()).toBe(0);
    device.write(480, 480);

    const [, second] = device.fake.running.queue.map((pcm) => new Float32Array(pcm.buffer));
    expect(second?.[0]).toBe(480);
  });

  it('counts as played on Pulse what was taken but for the last buffer and what lies with the server', () => {
    const device = open();
    device.write(480 * 10);

    device.play(80);

    expect(device.played()).toEqual([0, 0, 0, 480, 960, 1440, 1920, 2400]);
    expect(device.reports.at(-1)).toMatchObject({ atMs: 80 });
  });

  it('sees from what a server takes at the start that it holds more', () => {
    const device = open();
    device.write(480 * 40);
    device.fake.running.pop(11);

    device.play(200);

    // Ten buffers are with the server from the start on, so it plays what was taken before those.
    expect(device.played().at(-1)).toBe((11 + 20 - 1 - 10) * 480);
  });

  it('believes the latency that ALSA tells, for the buffers before the one just taken, and adds what lies beyond', () => {
    const device = open({ api: 'alsa', device: 'Speaker' });
    device.fake.running.latency = 1000;
    device.write(480 * 10);

    device.play(50);

    expect(device.played().at(-1)).toBe(4 * 480 - 1000 - 2 * 48);
  });

  it('tells that nothing was queued, because the library does not', () => {
    const device = open();
    device.write(480);
    device.play(50);

    device.write(480);

    expect(device.xruns()).toEqual(['nothing was queued for 30 ms']);
  });

  it('tells an underrun that the library tells', () => {
    const device = open({ api: 'alsa', device: 'Speaker' });

    device.fake.say('RtApiAlsa::callbackEvent: audio write error, underrun.');

    expect(device.xruns()).toEqual(['RtApiAlsa::callbackEvent: audio write error, underrun.']);
    expect(device.errors).toEqual([]);
  });

  it('is lost at the first fatal error, closes once and ignores the flood that follows', () => {
    const device = open();
    device.write(480 * 100);
    device.play(100);
    const { running } = device.fake;
    const told = device.reports.length;

    for (let error = 0; error < 1000; error += 1) {
      device.fake.say('RtApiPulse::callbackEvent: audio write error, Connection terminated.');
      running.pop();
    }

    expect(device.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        retryable: true,
        message: expect.stringMatching(/the default loudspeaker was lost \(.*Connection terminated\)/),
      }),
    ]);
    expect(running.closes).toBe(1);
    expect(running.queue).toEqual([]);
    expect(device.reports.length).toBe(told);
  });

  it('does not mind the errors of a microphone in the same process', () => {
    const device = open();

    device.fake.say('RtApiPulse::callbackEvent: audio read error, Connection terminated.');

    expect(device.errors).toEqual([]);
    expect(device.fake.running.isOpen).toBe(true);
  });

  it('is lost when errors that nobody knows do not stop', () => {
    const device = open();
    const say = (count: number) => {
      for (let error = 0; error < count; error += 1) device.fake.say('RtApiPulse::callbackEvent: what now?');
    };

    say(40);
    device.clock.advanceBy(1500);
    say(40);
    expect(device.errors).toEqual([]);
    say(20);

    expect(device.errors).toEqual([
      expect.objectContaining({ code: 'DEVICE_LOST', message: expect.stringContaining('what now?') }),
    ]);
  });

  it('is lost when the device runs ahead of the clock', () => {
    const device = open();
    device.write(480 * 100);

    device.fake.running.pop(100);

    expect(device.errors).toEqual([
      expect.objectContaining({ code: 'DEVICE_LOST', message: expect.stringContaining('faster than time') }),
    ]);
  });

  it('is lost when its name is gone from the list, in time', () => {
    const device = open();
    device.fake.devices = [{ ...other, isDefaultOutput: true }];

    device.clock.advanceBy(400);

    expect(device.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        retryable: true,
        message: expect.stringContaining('"Speaker" is gone'),
      }),
    ]);
    expect(device.fake.objects[0]?.closes).toBe(1);
  });

  it('follows the default when it was asked for, and only then', () => {
    const asDefault = open();
    const byName = open({ device: 'Speaker' });
    for (const { fake, clock } of [asDefault, byName]) {
      fake.devices = [
        { ...speaker, isDefaultOutput: false },
        { ...other, isDefaultOutput: true },
      ];
      clock.advanceBy(400);
    }

    expect(asDefault.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        message: expect.stringContaining('changed from "Speaker" to "Other"'),
      }),
    ]);
    expect(byName.errors).toEqual([]);
  });

  it('is lost when the server has nothing any more', () => {
    const device = open();
    device.fake.devices = [];

    device.clock.advanceBy(400);

    expect(device.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('the sound server is gone') }),
    ]);
  });

  it('does not ask a server for its list that stands still, because that would stand still too', () => {
    const device = open();
    device.write(480 * 100);
    device.play(100);
    const asked = device.fake.objects.length;

    device.clock.advanceBy(2000);

    expect(device.fake.objects.length).toBe(asked);
  });

  it('is lost when it takes nothing of what is written', () => {
    const device = open();

    for (let written = 0; written < 3000; written += 10) device.write(480);

    expect(device.errors).toEqual([
      expect.objectContaining({ code: 'DEVICE_LOST', message: expect.stringContaining('took nothing') }),
    ]);
  });

  it('falls silent at once when it is unsubscribed, and opens again on a new object in the same breath', () => {
    const device = open();
    device.write(480 * 10);
    device.play(20);

    device.subscription.unsubscribe();
    const again = device.subscribe();

    expect(device.fake.objects[0]).toMatchObject({ isOpen: false, closes: 1, queue: [] });
    expect(device.fake.running).not.toBe(device.fake.objects[0]);
    again.unsubscribe();
    expect(device.fake.objects.filter((each) => each.isOpen)).toEqual([]);
  });

  it('ignores what the old stream still delivers after it was opened anew', () => {
    const device = open();
    device.write(480 * 10);
    const old = device.fake.running;
    device.subscription.unsubscribe();
    device.subscribe();
    const told = device.reports.length;

    old.queue.push(new Uint8Array(8), new Uint8Array(8));
    old.pop(2);

    expect(device.reports.length).toBe(told);
    expect(old.closes).toBe(1);
  });

  it('does not close a stream that hangs in the driver, which would hang too; it does when that goes on', () => {
    const device = open();
    device.write(480 * 100);
    device.play(100);
    const { running } = device.fake;
    device.clock.advanceBy(300);

    device.subscription.unsubscribe();

    expect(running.closes).toBe(0);
    expect(device.onStuck).toHaveBeenCalledOnce();
    expect(running.queue.map((pcm) => pcm.every((byte) => byte === 0))).toEqual([true]);
    running.pop();
    expect(running.closes).toBe(1);
  });

  it('closes at once when audio had only just begun to wait', () => {
    const device = open();
    device.clock.advanceBy(5000);
    device.write(480);

    device.subscription.unsubscribe();

    expect(device.fake.objects[0]?.closes).toBe(1);
    expect(device.onStuck).not.toHaveBeenCalled();
  });

  it('makes an exception in a callback the failure of the stream, because the library would swallow it', () => {
    const device = open({ api: 'alsa', device: 'Speaker' });
    const broken = new Error('the latency cannot be read');
    device.fake.running.getStreamLatency = () => {
      throw broken;
    };
    device.write(480);

    device.play(10);

    expect(device.errors).toEqual([broken]);
    expect(device.fake.objects[0]?.closes).toBe(1);
  });

  it('errors when it cannot be opened, and leaves nothing behind', () => {
    const device = open({ device: 'Absent' });

    expect(device.errors).toEqual([expect.objectContaining({ code: 'DEVICE_NOT_FOUND' })]);
    expect(device.fake.objects.filter((each) => each.isOpen)).toEqual([]);
    device.clock.advanceBy(2000);
    expect(device.fake.objects.length).toBe(1);
  });
});
