import { take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createFakeAudify, type FakeDevice } from '../../../test/support/fake-audify.js';
import type { CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { captureDriver } from './capture-driver.js';
import type { StreamSettings } from './stream-settings.js';

const microphone: FakeDevice = { name: 'Desk', inputChannels: 1, isDefaultInput: true };
const speaker: FakeDevice = { name: 'Speaker', outputChannels: 2, isDefaultOutput: true };
const settings: StreamSettings = {
  direction: 'capture',
  api: 'pulse',
  device: 'Desk',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 0,
};

function open(changes: Partial<StreamSettings> = {}) {
  const clock = createVirtualClock();
  const fake = createFakeAudify(speaker, microphone);
  const driver = captureDriver(
    { ...settings, ...changes },
    { load: () => fake.audify, scheduler: clock.scheduler },
  );
  const reports: CaptureDriverReport[] = [];
  const errors: unknown[] = [];
  const subscription = driver.open().subscribe({
    next: (report) => reports.push(report),
    error: (error: unknown) => errors.push(error),
  });
  const blocks = () => reports.flatMap((report) => (report.type === 'block' ? [report] : []));
  return { clock, fake, reports, errors, subscription, blocks };
}

const buffer = Float32Array.from({ length: 480 }, (_, index) => index / 480);

describe('capture through the native library', () => {
  it('tells the layout first, and then the samples as they are, stamped with when they came', () => {
    const { clock, fake, reports } = open();

    clock.advanceBy(10);
    fake.running.deliver(buffer);

    expect(reports).toEqual([
      { type: 'opened', format: { sampleRateHz: 48_000, channels: 1 } },
      { type: 'block', samples: buffer, atMs: 10 },
    ]);
    expect(fake.running.isStarted).toBe(true);
  });

  it('reads samples also out of the middle of a larger buffer', () => {
    const { fake, blocks } = open();
    const bytes = new Uint8Array(new ArrayBuffer(4 * 480 + 3), 3);
    bytes.set(new Uint8Array(buffer.slice().buffer));

    fake.running.opened?.[6]?.(bytes);

    expect(blocks()[0]?.samples).toEqual(buffer);
  });

  it('is lost when a dead server repeats the last buffer as fast as it can, and ignores all that is still delivered', () => {
    const { fake, errors, blocks } = open();
    const { running } = fake;

    running.deliver(buffer, 200_000);

    expect(errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        retryable: true,
        message: expect.stringMatching(/the microphone "Desk" delivers faster than time passes/),
      }),
    ]);
    expect(blocks().length).toBe(40);
    expect(running.closes).toBe(1);
  });

  it('loses nothing of what came while this process stood still', () => {
    const { clock, fake, errors, blocks } = open();

    clock.advanceBy(3000);
    fake.running.deliver(buffer, 300);

    expect(errors).toEqual([]);
    expect(blocks().length).toBe(300);
  });

  it('is lost at a fatal error, before the flood', () => {
    const { fake, errors } = open();

    fake.say('RtApiPulse::callbackEvent: audio read error, Connection terminated.');

    expect(errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        message: expect.stringContaining('Connection terminated'),
      }),
    ]);
    expect(fake.objects[0]?.closes).toBe(1);
  });

  it('tells an overrun, which ALSA tells without a word', () => {
    const { fake, reports, errors } = open({ api: 'alsa' });

    fake.say('');

    expect(reports.at(-1)).toEqual({ type: 'xrun', detail: 'overrun' });
    expect(errors).toEqual([]);
  });

  it('is lost when the server moves it to a monitor because the microphone was unplugged', () => {
    const { clock, fake, errors } = open();
    for (let passed = 0; passed < 100; passed += 10) {
      clock.advanceBy(10);
      fake.running.deliver(buffer);
    }
    fake.devices = [speaker, { name: 'Monitor of Speaker', inputChannels: 2, isDefaultInput: true }];

    for (let passed = 0; passed < 400; passed += 10) {
      clock.advanceBy(10);
      fake.objects[0]?.deliver(buffer);
    }

    expect(errors).toEqual([
      expect.objectContaining({ code: 'DEVICE_LOST', message: expect.stringContaining('"Desk" is gone') }),
    ]);
  });

  it('leaves a stream that hangs to itself until it delivers again', () => {
    const { clock, fake, subscription, blocks } = open();
    const { running } = fake;
    clock.advanceBy(1000);

    subscription.unsubscribe();
    expect(running.closes).toBe(0);
    running.deliver(buffer, 3);

    expect(running.closes).toBe(1);
    expect(blocks()).toEqual([]);
  });

  it('does not start when whoever opened it has had enough of the first word', () => {
    const clock = createVirtualClock();
    const fake = createFakeAudify(microphone);
    const driver = captureDriver(settings, { load: () => fake.audify, scheduler: clock.scheduler });

    driver.open().pipe(take(1)).subscribe();

    expect(fake.objects).toMatchObject([{ isStarted: false, isOpen: false, closes: 1 }]);
  });
});
