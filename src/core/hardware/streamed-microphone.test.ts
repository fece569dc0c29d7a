import { EMPTY, NEVER, Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type CaptureDeviceScript,
  captureDevice,
  randomNumbers,
  stallingScheduler,
} from '../../../test/support/capture-device.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, endMs } from '../audio/audio-frame.js';
import type { DeviceReport } from '../ports/device-report.js';
import type { CaptureDriver, CaptureDriverReport } from './capture-driver.js';
import { streamedMicrophone } from './streamed-microphone.js';
import {
  defaultStreamedMicrophoneOptions,
  type StreamedMicrophoneOptions,
  type StreamedMicrophoneParts,
} from './streamed-microphone-options.js';

const mono16 = { sampleRateHz: 16_000, channels: 1 };

type Given = Omit<CaptureDeviceScript, 'scheduler'> &
  Partial<StreamedMicrophoneOptions> & {
    readonly promised?: StreamedMicrophoneParts['format'];
    readonly timeline?: StreamedMicrophoneParts['timeline'];
    /** When this process stands still. */
    readonly stalls?: readonly (readonly [number, number])[];
    readonly driver?: CaptureDriver;
  };

/** A microphone in virtual time, and a listener that remembers. */
function setup({ promised = mono16, timeline, stalls = [], driver, ...given }: Given = {}) {
  const clock = createVirtualClock();
  const scheduler = stallingScheduler(clock.scheduler, stalls);
  const names = Object.keys(defaultStreamedMicrophoneOptions);
  const device = captureDevice({ scheduler, format: mono16, ...given });
  const microphone = streamedMicrophone({
    driver: driver ?? device.driver,
    format: promised,
    scheduler,
    timeline,
    ...Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name))),
  });
  const frames: AudioFrame[] = [];
  const reports: DeviceReport[] = [];
  /** How much later than its end each frame came. */
  const lateMs: number[] = [];
  let end = 'open';
  let endedMs = Number.NaN;
  microphone.reports$.subscribe((report) => reports.push(report));
  const listen = () =>
    microphone.capture().subscribe({
      next: (frame) => {
        frames.push(frame);
        lateMs.push(clock.nowMs - endMs(frame));
      },
      error: (error) => {
        end = `${error.message}${error.retryable ? ' (retryable)' : ''}`;
        endedMs = clock.nowMs;
      },
      complete: () => {
        end = 'completed';
      },
    });
  const facts = () => reports.flatMap((report) => (report.type === 'fact' ? [report] : []));
  /** Where the stamps jump, and by how much, rounded to ms. */
  const jumps = () =>
    frames.slice(1).flatMap((frame, index) => {
      const byMs = frame.timestampMs - endMs(frames[index] as AudioFrame);
      return Math.abs(byMs) > 1000 / promised.sampleRateHz ? [Math.round(byMs)] : [];
    });
  const samples = () => Float32Array.from(frames.flatMap((frame) => [...frame.samples]));
  return {
    clock,
    device,
    microphone,
    frames,
    reports,
    lateMs,
    listen,
    facts,
    jumps,
    samples,
    end: () => end,
    endedMs: () => endedMs,
  };
}

/** A device that is told what to deliver. */
function byHand(): {
  driver: CaptureDriver;
  tell: (report: CaptureDriverReport) => void;
  isOpen: () => boolean;
} {
  let tell: (report: CaptureDriverReport) => void = () => {};
  let isOpen = false;
  return {
    driver: {
      label: 'the microphone "by hand"',
      open: () =>
        new Observable((subscriber) => {
          isOpen = true;
          tell = (report) => subscriber.next(report);
          return () => {
            isOpen = false;
          };
        }),
    },
    tell: (report) => tell(report),
    isOpen: () => isOpen,
  };
}

const block = (samples: number, atMs: number, value = 0): CaptureDriverReport => ({
  type: 'block',
  samples: new Float32Array(samples).fill(value),
  atMs,
});
/** A whole number for each sample, within [-1, 1], so that none can be missing, twice or in another place. */
const numbered = (index: number): number => (index % 30_000) / 32_768;

describe('the frames of a streamed microphone', () => {
  it('hold every sample once, in order, in frames of 10 ms, whatever sizes the blocks have', () => {
    const { clock, listen, frames, samples } = setup({
      signal: numbered,
      blockFrames: [17, 1, 900, 160, 333],
    });
    listen();
    clock.run(1000);

    expect(frames.length).toBeGreaterThan(90);
    expect(frames.every((frame) => frame.samplesPerChannel === 160)).toBe(true);
    expect([...samples()]).toEqual([...samples()].map((_, index) => Math.fround(numbered(index))));
  });

  it('are as long as asked for, in whole samples', () => {
    const { clock, listen, frames } = setup({ frameMs: 32.03 });
    listen();
    clock.run(500);

    expect(frames[0]?.samplesPerChannel).toBe(512);
  });

  it('are stamped with when they were captured, late by the least that a block ever took', () => {
    const random = randomNumbers(3);
    const { clock, listen, frames, lateMs } = setup({
      signal: numbered,
      blockFrames: [160],
      latencyMs: () => 4 + 9 * random() ** 2,
    });
    listen();
    clock.run(30_000);

    const lateBy = frames.map((frame, index) => frame.timestampMs - index * 10);
    expect(Math.min(...lateBy)).toBeGreaterThan(3.9);
    expect(Math.max(...lateBy)).toBeLessThan(5.5);
    expect(Math.min(...lateMs), 'never before its end').toBeGreaterThan(-0.01);
  });

  it('come within a period of being captured', () => {
    const { clock, listen, lateMs } = setup({ blockFrames: [160], latencyMs: () => 5 });
    listen();
    clock.run(2000);

    // Only what waited for the begin to be seen comes later.
    expect(Math.max(...lateMs.slice(10))).toBeLessThan(0.1);
    expect(Math.max(...lateMs)).toBeLessThan(70);
  });

  it('are contiguous to a hundredth of a sample while the clock learns a drift', () => {
    const random = randomNumbers(5);
    const { clock, listen, frames } = setup({ ppm: 300, latencyMs: () => 3 + 4 * random() });
    listen();
    clock.run(60_000);

    const offMs = frames
      .slice(1)
      .map((frame, i) => Math.abs(frame.timestampMs - endMs(frames[i] as AudioFrame)));
    expect(Math.max(...offMs)).toBeLessThanOrEqual(0.0051);
  });

  it('begin where the stream began, when this process stood still right after opening', () => {
    const { clock, listen, frames, facts, jumps } = setup({ stalls: [[5, 2800]] });
    listen();
    clock.run(5000);

    expect(frames[0]?.timestampMs).toBeCloseTo(0, 3);
    expect(frames.length).toBeGreaterThan(490);
    expect([facts(), jumps()]).toEqual([[], []]);
  });

  it('hold nothing that was captured before the microphone was opened', () => {
    const hand = byHand();
    const { clock, listen, frames } = setup({ driver: hand.driver });
    clock.run(1000);
    listen();
    hand.tell({ type: 'opened', format: mono16 });
    // 100 ms were in the pipe already.
    hand.tell(block(1600, 1000, 0.1));
    for (let atMs = 1010; atMs <= 1200; atMs += 10) {
      clock.run(atMs);
      hand.tell(block(160, atMs, 0.2));
    }

    expect(frames[0]?.timestampMs).toBeCloseTo(1000, 6);
    expect(frames.every((frame) => frame.samples.every((sample) => sample === Math.fround(0.2)))).toBe(true);
  });

  it('are clipped, and free of what is no number', () => {
    const values = [2, -3, Number.NaN, Number.POSITIVE_INFINITY, 0.5];
    const { clock, listen, samples } = setup({ signal: (index) => values[index % 5] as number });
    listen();
    clock.run(200);

    expect([...samples().subarray(0, 5)]).toEqual([1, -1, 0, 1, 0.5]);
  });

  it('are silent for as long as a muted microphone is', () => {
    const { clock, listen, frames, end, facts } = setup({ signal: () => 0 });
    listen();
    clock.run(120_000);

    expect(end()).toBe('open');
    expect(frames.length).toBeGreaterThan(11_980);
    expect(facts()).toEqual([]);
  });
});

describe('the channel of a streamed microphone', () => {
  const array = {
    format: { sampleRateHz: 16_000, channels: 6 },
    signal: (_: number, channel: number) => channel / 10,
  };

  it.each([0, 3, 5])('is the one that was picked: %d of 6', (channel) => {
    const { clock, listen, samples } = setup({ ...array, channel });
    listen();
    clock.run(200);

    expect(new Set(samples())).toEqual(new Set([Math.fround(channel / 10)]));
  });

  it('is the mean of all unless one is picked', () => {
    const { clock, listen, samples } = setup(array);
    listen();
    clock.run(200);

    expect(samples()[0]).toBeCloseTo(0.25, 6);
  });

  it('that the device does not have is an error that says how many it has, and the device is released', () => {
    const { clock, device, listen, end } = setup({ ...array, channel: 6 });
    listen();
    clock.run(10);

    expect(end()).toMatch(
      /^\[DEVICE_FORMAT_UNSUPPORTED\] .*has 6 channel\(s\), so there is no channel 6; choose one from 0 to 5/,
    );
    expect(device.isOpen).toBe(false);
  });
});

describe('a streamed microphone of another rate', () => {
  it.each([
    { deviceHz: 44_100, promisedHz: 48_000 },
    { deviceHz: 48_000, promisedHz: 16_000 },
    { deviceHz: 16_000, promisedHz: 48_000 },
  ])('is converted: $deviceHz > $promisedHz, the sound in its place', ({ deviceHz, promisedHz }) => {
    const { clock, listen, samples, frames } = setup({
      format: { sampleRateHz: deviceHz, channels: 1 },
      promised: { sampleRateHz: promisedHz, channels: 1 },
      signal: (index) => 0.5 * Math.sin((2 * Math.PI * 400 * index) / deviceHz),
      blockFrames: [deviceHz / 100],
    });
    listen();
    clock.run(1000);

    expect(frames[0]?.timestampMs).toBeCloseTo(0, 6);
    const heard = samples();
    for (let n = promisedHz / 50; n < heard.length; n += 7) {
      expect(heard[n]).toBeCloseTo(0.5 * Math.sin((2 * Math.PI * 400 * n) / promisedHz), 4);
    }
  });

  it('may have become one: the layout is looked at anew at each opening', () => {
    const hand = byHand();
    const { clock, listen, frames } = setup({ driver: hand.driver });
    const opened = (sampleRateHz: number, fromMs: number) => {
      const subscription = listen();
      hand.tell({ type: 'opened', format: { sampleRateHz, channels: 1 } });
      for (let atMs = fromMs + 10; atMs <= fromMs + 500; atMs += 10) {
        clock.run(atMs);
        hand.tell(block(sampleRateHz / 100, atMs));
      }
      subscription.unsubscribe();
      return frames.splice(0).length;
    };

    expect(opened(16_000, 0)).toBe(50);
    expect(opened(48_000, 500)).toBeGreaterThanOrEqual(49);
  });

  it('of a rate that is none is an error', () => {
    const { clock, listen, end } = setup({ format: { sampleRateHz: 1000, channels: 1 } });
    listen();
    clock.run(10);

    expect(end()).toMatch(/^\[DEVICE_FORMAT_UNSUPPORTED\] .*runs at 1000 Hz, its rate must be .* from 4000/);
  });
});

describe('samples that a streamed microphone lost', () => {
  it('are seen from the clock: the stamps jump by what is missing, once, and nothing is invented', () => {
    const { clock, listen, frames, facts, jumps } = setup({ lost: [[3000, 3170]] });
    listen();
    clock.run(6000);

    expect(jumps()).toEqual([170]);
    expect(facts()).toEqual([{ type: 'fact', fact: 'capture-xrun', detail: '170.0 ms were lost', count: 1 }]);
    expect(endMs(frames.at(-1) as AudioFrame)).toBeCloseTo(6000, 1);
    expect(frames.length).toBe(583);
  });

  it('are seen sooner when the device says so, and told of once', () => {
    const { clock, device, listen, frames, facts, jumps } = setup({ lost: [[3000, 3050]] });
    listen();
    clock.run(3055);
    device.tell({ type: 'xrun', detail: 'overrun of the capture buffer' });
    device.tell({ type: 'xrun', detail: 'overrun of the capture buffer' });
    clock.run(3300);

    expect(jumps()).toEqual([50]);
    clock.run(6000);
    expect(facts()).toEqual([
      {
        type: 'fact',
        fact: 'capture-xrun',
        detail: '50.0 ms were lost; the device said: overrun of the capture buffer',
        count: 2,
      },
    ]);
    expect(endMs(frames.at(-1) as AudioFrame)).toBeCloseTo(6000, 1);
  });

  it('are told of when the device says so, though too few to be seen', () => {
    const { clock, device, listen, facts, jumps } = setup();
    listen();
    clock.run(3000);
    device.tell({ type: 'xrun', detail: 'overrun' });
    clock.run(4000);

    expect(jumps()).toEqual([]);
    expect(facts().map(({ detail }) => detail)).toEqual([
      'less than 20 ms were lost; the device said: overrun',
    ]);
  });

  it.each([600, 3000])(
    'are none when this process stood still for %d ms and got everything late',
    (stallMs) => {
      const { clock, listen, frames, facts, jumps, samples, end } = setup({
        signal: numbered,
        stalls: [[4003, 4003 + stallMs]],
      });
      listen();
      clock.run(9000);

      expect([end(), facts(), jumps()]).toEqual(['open', [], []]);
      expect(frames.length).toBe(900);
      expect([...samples()]).toEqual([...samples()].map((_, index) => Math.fround(numbered(index))));
    },
  );

  it('are those that did not fit while this process stood still', () => {
    const { clock, listen, facts, jumps } = setup({ stalls: [[4003, 7003]], lost: [[4500, 6990]] });
    listen();
    clock.run(10_000);

    expect(jumps()).toEqual([2490]);
    expect(facts().map(({ fact }) => fact)).toEqual(['capture-xrun']);
  });

  it('may come after all: then they have no place, and the stamps do not run back', () => {
    let isHeld = false;
    // From 3 s on everything is delivered 100 ms late, two seconds later no more.
    const { clock, listen, frames, facts, jumps } = setup({ latencyMs: () => (isHeld ? 100 : 0) });
    listen();
    clock.run(3000);
    isHeld = true;
    clock.run(5000);
    isHeld = false;
    clock.run(9000);

    const [lost, ...resets] = facts();
    expect(lost?.detail).toBe('100.0 ms were lost');
    expect(new Set(resets.map(({ fact }) => fact))).toEqual(new Set(['clock-reset']));
    expect(resets.at(-1)?.detail).toMatch(
      /^the device delivers \d+\.\d ms earlier than it did; \d+\.\d ms were left out$/,
    );
    expect(jumps().every((byMs) => byMs >= 0)).toBe(true);
    expect(endMs(frames.at(-1) as AudioFrame)).toBeCloseTo(9000, 0);
  });
});

describe('a streamed microphone that is lost', () => {
  it('is noticed in half a second when nothing comes any more', () => {
    const { clock, device, listen, end, endedMs } = setup({ silentFromMs: 2000 });
    listen();
    clock.run(4000);

    expect(end()).toMatch(
      /^\[DEVICE_LOST\] .*"imagined" delivered nothing for 4\d\d ms; .* open it again.* \(retryable\)$/,
    );
    expect(endedMs()).toBeGreaterThanOrEqual(2450);
    expect(endedMs()).toBeLessThan(2500);
    expect(device.isOpen).toBe(false);
  });

  it('is not lost because this process stood still', () => {
    const { clock, listen, end } = setup({
      stalls: [
        [1000, 3000],
        [3400, 3900],
        [3950, 5000],
      ],
    });
    listen();
    clock.run(7000);

    expect(end()).toBe('open');
  });

  it('is lost for another reason than silence when it was busy from the start', () => {
    const never: CaptureDriver = { label: 'the microphone "busy"', open: () => NEVER };
    const opened: CaptureDriver = {
      label: 'the microphone "mute"',
      open: () => new Observable((subscriber) => subscriber.next({ type: 'opened', format: mono16 })),
    };
    for (const driver of [never, opened]) {
      const { clock, listen, end, endedMs } = setup({ driver });
      listen();
      clock.run(1999);
      expect(end()).toBe('open');
      clock.run(3000);

      expect(end()).toMatch(
        /^\[DEVICE_BUSY\] .* delivered nothing within 2000 ms of being opened; .*\(retryable\)$/,
      );
      expect(endedMs()).toBeLessThan(2050);
    }
  });

  it('is lost at once when a dead sound server floods, and what still comes is ignored', () => {
    const hand = byHand();
    const { clock, listen, frames, end, endedMs } = setup({ driver: hand.driver });
    listen();
    hand.tell({ type: 'opened', format: mono16 });
    for (let atMs = 10; atMs <= 3000; atMs += 10) {
      clock.run(atMs);
      hand.tell(block(160, atMs));
    }
    const before = frames.length;
    let needed = 0;
    for (let n = 1; n <= 190_000; n += 1) {
      hand.tell(block(160, 3000));
      if (needed === 0 && end() !== 'open') needed = n;
    }
    clock.run(10_000);

    expect(needed).toBe(41);
    expect(end()).toMatch(
      /^\[DEVICE_LOST\] .* delivered 4\d\d ms more audio than time has passed, .*\(retryable\)$/,
    );
    expect([endedMs(), hand.isOpen()]).toEqual([3000, false]);
    expect(frames.length - before, 'frames that end later than now').toBe(0);
  });

  it('is lost when a flood comes before anything else, and when subscribing itself floods', () => {
    let told = 0;
    const driver: CaptureDriver = {
      label: 'the microphone "flood"',
      open: () =>
        new Observable((subscriber) => {
          subscriber.next({ type: 'opened', format: mono16 });
          while (!subscriber.closed && told < 1e6) {
            told += 1;
            subscriber.next(block(160, 0));
          }
        }),
    };
    const { listen, end, frames } = setup({ driver });
    listen();

    expect(end()).toMatch(/^\[DEVICE_LOST\]/);
    expect(told).toBeLessThan(60);
    expect(frames).toEqual([]);
  });

  it('is also lost in a flood after hours of a clock that ran fast, or had lost much', () => {
    for (const script of [{ ppm: 350 }, { lost: [[60_000, 60_300]] as const }]) {
      const { clock, device, listen, end } = setup({ ...script, blockFrames: [1600], frameMs: 100 });
      listen();
      clock.run(3_600_000);
      expect(end()).toBe('open');
      for (let n = 0; n < 6; n += 1) device.tell(block(1600, clock.nowMs));

      expect(end()).toMatch(/^\[DEVICE_LOST\]/);
    }
  });

  it('can be opened again from inside the error', () => {
    const { clock, device, microphone } = setup({ silentFromMs: 2000 });
    const ends: string[] = [];
    microphone.capture().subscribe({
      error: (error) => {
        ends.push(error.code);
        microphone.capture().subscribe({ error: (again) => ends.push(again.code) });
      },
    });
    clock.run(2600);

    expect(ends).toEqual(['DEVICE_LOST']);
    expect([device.openings, device.isOpen]).toEqual([2, true]);
  });

  it('passes on what its driver says, released first', () => {
    const { clock, device, listen, end } = setup();
    listen();
    clock.run(100);
    device.vanish();

    expect(end()).toBe('[DEVICE_LOST] the microphone "imagined" was unplugged; plug it in (retryable)');
    expect(device.isOpen).toBe(false);
  });
});

describe('a driver that breaks its rules', () => {
  it.each<[string, RegExp, readonly CaptureDriverReport[] | Error]>([
    ['delivers before it is open', /DEVICE_BACKEND.*before it said that it is open/, [block(160, 0)]],
    [
      'is open twice',
      /DEVICE_BACKEND.*said twice/,
      [
        { type: 'opened', format: mono16 },
        { type: 'opened', format: mono16 },
      ],
    ],
    [
      'delivers half a sample frame',
      /DEVICE_BACKEND.*delivered 7 samples for 2 channels/,
      [{ type: 'opened', format: { sampleRateHz: 16_000, channels: 2 } }, block(7, 0)],
    ],
    ['ends', /DEVICE_LOST.*ended by itself.*\(retryable\)/, []],
    ['fails with anything', /DEVICE_BACKEND.*failed in its driver; see the cause/, new Error('boo')],
  ])('ends the stream with an error that says so: it %s', (_, says, reports) => {
    const driver: CaptureDriver = {
      label: 'the microphone "broken"',
      open: () =>
        reports instanceof Error
          ? new Observable((subscriber) => subscriber.error(reports))
          : reports.length === 0
            ? EMPTY
            : of(...reports),
    };
    const { listen, end } = setup({ driver });
    listen();

    expect(end()).toMatch(says);
  });
});

describe('what a streamed microphone reports', () => {
  it('is a summary every ten seconds, of how late blocks and timers came and how fast the device runs', () => {
    const { clock, listen, reports } = setup({
      ppm: 120,
      latencyMs: (n) => (n % 50 === 7 ? 18 : n % 3 === 0 ? 2 : 4),
      stalls: [[12_000, 12_080]],
    });
    listen();
    clock.run(300_400);

    const measured = reports.flatMap((report) => (report.type === 'measured' ? [report] : []));
    expect(measured.length).toBe(30);
    const [quiet, stalled] = [measured[29], measured[1]];
    expect(quiet?.jitterMs.p50).toBeCloseTo(2, 0);
    expect(quiet?.jitterMs.p99).toBeCloseTo(16, 0);
    expect(quiet?.jitterMs.max).toBeCloseTo(16, 0);
    expect(quiet?.loopLagMs).toBeLessThan(0.001);
    expect(quiet?.driftPpm).toBeCloseTo(120, -1);
    expect(quiet?.lowWaterMs).toBe(null);
    expect(stalled?.loopLagMs).toBeGreaterThan(50);
    expect(stalled?.jitterMs.max).toBeGreaterThan(60);
  });

  it('ends with the capture', () => {
    const { clock, listen, reports } = setup();
    listen().unsubscribe();
    clock.run(60_000);

    expect(reports).toEqual([]);
  });
});

describe('what a streamed microphone refuses', () => {
  it.each([
    [
      { promised: { sampleRateHz: 16_000, channels: 2 } },
      /format\.channels must be 1, but is 2; choose .* with channel/,
    ],
    [{ channel: 1.5 }, /channel must be "mix" or a whole number from 0 to 31, but is 1.5/],
    [{ frameMs: 1 }, /frameMs must be a number from 5 to 100 ms/],
    [{ silentMs: 1 }, /silentMs must be/],
    [{ openTimeoutMs: Number.NaN }, /openTimeoutMs must be/],
    [{ aheadMs: 0 }, /aheadMs must be/],
    [{ driftCorrection: 'on' as 'off' }, /driftCorrection must be one of "auto", "off"/],
  ])('is %j', (given, says) => {
    expect(() => setup(given)).toThrow(says);
  });
});
