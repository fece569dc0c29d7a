import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { desk } from '../../../test/support/loudspeaker-desk.js';
import { endMs } from '../audio/audio-frame.js';
import { DeviceError } from '../errors.js';

const count = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('a hard flush of a streamed loudspeaker', () => {
  it('silences the device in the same call and opens it again in the same call', () => {
    const d = desk();
    d.openNow();
    d.write(500);
    d.clock.advanceBy(200);
    const audibleAtCut = d.device.audible.length;
    const { heardMs, queuedMs } = d.sink.flush();
    expect([d.device.openings, d.device.isOpen, queuedMs]).toEqual([2, true, 0]);
    d.clock.advanceBy(500);

    expect(d.device.audible.length - audibleAtCut).toBeLessThanOrEqual(1);
    expect(Math.abs(heardMs - d.device.audible.length / 48)).toBeLessThanOrEqual(5);
    expect(d.sink.position()).toEqual({ heardMs, queuedMs: 0 });
    expect(d.facts()).toEqual([]);
  });

  it('goes on rendering contiguous silence meanwhile, and then what was written, when it is audible', () => {
    const random = randomNumbers(3);
    const d = desk({ device: { openMs: 4, startMs: () => 15, lowMs: () => 4 * random() } });
    d.openNow();
    d.write(500);
    d.clock.advanceBy(200);
    const first = Math.round(d.sink.flush().heardMs * 48);
    d.write(300, first);
    d.clock.advanceBy(900);

    for (const [index, frame] of d.rendered.entries()) {
      const before = d.rendered[index - 1];
      if (before) expect(Math.abs(frame.timestampMs - endMs(before))).toBeLessThan(1 / 48);
    }
    expect(d.renderedNumbers()).toEqual(count(first + 300 * 48));
    const again = d.device.audible.slice(d.device.audible.lastIndexOf(first));
    expect(again).toEqual(count(300 * 48).map((number) => number + first));
  });

  it('has what is written next audible as soon as the device starts: no silence is sent before it', () => {
    const d = desk({ device: { openMs: 4, startMs: () => 15 } });
    d.openNow();
    d.write(500);
    d.clock.advanceBy(200);
    const cutMs = d.clock.nowMs;
    d.sink.flush();
    d.write(100, 50_000);
    d.clock.advanceBy(300);
    expect((d.device.audibleMs.get(50_000) ?? Number.NaN) - cutMs).toBeLessThanOrEqual(4 + 15 + 0.1);
  });

  it('counts as heard, and renders, what the device still plays when it is silenced', () => {
    const d = desk({ device: { tailMs: 14 } });
    d.openNow();
    d.write(500);
    d.clock.advanceBy(203);
    const { heardMs, queuedMs } = d.sink.flush();
    const truthMs = d.device.audible.length / 48;
    expect(Math.abs(heardMs - truthMs)).toBeLessThanOrEqual(2);
    expect([queuedMs, d.sink.position()]).toEqual([0, { heardMs, queuedMs: 0 }]);
    d.write(100, Math.round(heardMs * 48));
    d.clock.advanceBy(300);
    expect(d.renderedNumbers()).toEqual(count(Math.round(heardMs * 48) + 100 * 48));
    expect(d.facts()).toEqual([]);
  });

  it('waits for what is handed over first when this process comes late, and sets no clock', () => {
    const d = desk({ device: { startMs: () => 0 }, stalls: [[1498.9, 1507]] });
    d.openNow();
    d.write(900);
    d.clock.run(1499);
    d.sink.flush();
    for (let ms = 1500; ms <= 1600; ms += 2) {
      d.clock.run(ms);
      // Whoever asks makes time pass, too.
      d.sink.position();
    }
    d.write(100, 50_000);
    d.clock.advanceBy(300);
    expect(d.device.audible.filter((number) => number >= 50_000)).toEqual(
      count(100 * 48).map((number) => number + 50_000),
    );
    expect([d.device.openings, d.device.xruns, d.facts()]).toEqual([2, 0, []]);
  });

  it('opens nothing again when nothing is unheard, and when nothing was handed over', () => {
    const d = desk();
    d.openNow();
    d.sink.flush();
    d.write(50);
    d.clock.advanceBy(200);
    d.sink.flush();
    d.sink.flush();
    expect(d.device.openings).toBe(1);

    d.write(500);
    d.clock.advanceBy(100);
    d.sink.flush();
    // Not open for anything yet: there is nothing to take back from it.
    d.sink.flush();
    d.sink.flush();
    expect(d.device.openings).toBe(2);
  });

  it('holds one stream at a time however often it comes, and never leaves one behind', () => {
    const d = desk({ device: { openMs: 3 } });
    d.openNow();
    for (let round = 0; round < 200; round += 1) {
      d.write(40, 0);
      d.clock.advanceBy(round % 7);
      d.sink.flush();
    }
    d.clock.advanceBy(500);
    expect(d.ends).toEqual([]);
    expect(d.device.openings).toBeLessThanOrEqual(201);
    d.opening.unsubscribe();
    expect(d.device.isOpen).toBe(false);
  });

  it('forgets audio that was never handed over without touching the device', () => {
    const d = desk({ options: { wake: { strategy: 'pre-roll', preRollMs: 500, sleepsAfterMs: 1000 } } });
    d.openNow();
    d.write(100);
    d.clock.advanceBy(100);
    expect(d.sink.flush()).toEqual({ heardMs: 0, queuedMs: 0 });
    d.clock.advanceBy(800);
    expect([d.device.openings, d.device.audible.length]).toEqual([1, 0]);
  });

  it.each([
    [
      new DeviceError('DEVICE_NOT_FOUND', 'it is gone', { retryable: true }),
      'DEVICE_NOT_FOUND',
      'it is gone',
    ],
    [new DeviceError('DEVICE_PERMISSION_DENIED', 'forbidden'), 'DEVICE_LOST', 'forbidden'],
    [new Error('spawn failed'), 'DEVICE_LOST', 'spawn failed'],
  ])('loses the sink when the device cannot be opened again: %s', (error, code, words) => {
    const d = desk({ device: { openError: (opening) => (opening === 2 ? error : undefined) } });
    d.openNow();
    d.write(300);
    d.sink.drain().subscribe({ error: (lost) => d.ends.push(`drain ${lost.code}`) });
    d.clock.advanceBy(100);
    d.sink.flush();
    expect(d.ends.slice(0, 2)).toEqual([`drain ${code}`, `rendered ${code}`]);
    expect(d.ends[2]).toContain(words);
    expect(() => d.write(10)).toThrow('DEVICE_CLOSED');
    expect(d.sink.position().queuedMs).toBe(0);
    // And it can be opened again.
    expect(d.openNow().position()).toEqual({ heardMs: 0, queuedMs: 0 });
  });

  it('loses a device that opens again and does not play, within half a second and the time it takes to start', () => {
    const d = desk({ device: { startMs: (opening) => (opening === 1 ? 12 : 60_000) } });
    d.openNow();
    d.write(300);
    d.clock.advanceBy(100);
    d.sink.flush();
    d.clock.advanceBy(500);
    expect(d.ends[0]).toBe('rendered DEVICE_LOST');
    expect(d.ends[1]).toContain('stands still');
  });

  it('waits with what it renders when a stream takes longer than the ones before it', () => {
    const d = desk({ device: { startMs: (opening) => (opening === 1 ? 12 : 260) } });
    d.openNow();
    d.write(300);
    d.clock.advanceBy(100);
    d.sink.flush();
    const { heardMs } = d.sink.position();
    const before = d.device.audible.length;
    d.write(400, 50_000);
    d.clock.advanceBy(450);
    const truthMs = (d.device.audible.length - before) / 48;
    expect(truthMs).toBeGreaterThan(100);
    // More was counted as heard than could be known not to be; it is not taken back, and not more than reports leave open.
    expect(Math.abs(d.sink.position().heardMs - heardMs - truthMs)).toBeLessThanOrEqual(10);
    expect(d.facts()).toContain('clock-reset');
    d.clock.advanceBy(500);
    expect(d.renderedNumbers().filter((number) => number >= 50_000)).toEqual(
      count(400 * 48).map((number) => number + 50_000),
    );
  });

  it('does not take it for a late start that this process stood still and could not hear', () => {
    const d = desk({ stalls: [[2010, 2230]], options: { leadMs: 300 }, device: { reportEveryMs: 100 } });
    d.openNow();
    d.write(1500);
    d.clock.run(2000);
    const { heardMs } = d.sink.flush();
    const before = d.device.heardFrames();
    d.write(900, 50_000);
    d.clock.run(2231);
    const truthMs = (d.device.heardFrames() - before) / 48;
    expect(truthMs).toBeGreaterThan(200);
    expect(Math.abs(d.sink.position().heardMs - heardMs - truthMs)).toBeLessThanOrEqual(10);
  });

  it('moves silence to where it belongs when a stream begins late with nothing to be heard', () => {
    const d = desk({ device: { startMs: (opening) => (opening === 1 ? 12 : 90) } });
    d.openNow();
    d.write(300);
    d.clock.advanceBy(100);
    d.sink.flush();
    d.clock.advanceBy(400);
    d.write(200, 50_000);
    d.clock.advanceBy(500);
    expect(d.facts()).toEqual([]);
    const frame = d.rendered.find(({ samples }) => samples.includes((50_000 + 1) / 2 ** 17));
    const at = frame?.samples.indexOf((50_000 + 1) / 2 ** 17) ?? Number.NaN;
    const statedMs = (frame?.timestampMs ?? Number.NaN) + at / 48;
    expect(Math.abs(statedMs - (d.device.audibleMs.get(50_000) ?? Number.NaN))).toBeLessThanOrEqual(1);
  });
});

describe('a soft flush of a streamed loudspeaker', () => {
  it.each([
    ['at the same rate', 48_000, 1],
    ['at another rate', 44_100, 2],
  ])('takes back what the driver has, and what is written next joins on, %s', (_, sampleRateHz, channels) => {
    const d = desk({ device: { reachMs: 10, format: { sampleRateHz, channels } } });
    d.openNow();
    d.write(500);
    d.clock.advanceBy(200);
    const before = d.sink.position();
    const { heardMs, queuedMs } = d.sink.flush('soft');
    expect([queuedMs, d.device.openings]).toEqual([0, 1]);
    expect(heardMs - before.heardMs).toBeLessThanOrEqual(10 + 5 + 1);
    const first = Math.round(heardMs * 48);
    d.write(200, first);
    d.clock.advanceBy(600);
    expect(d.renderedNumbers()).toEqual(count(first + 200 * 48));
    expect(d.sink.position().heardMs).toBeCloseTo(heardMs + 200, 6);
    expect(d.sink.position().queuedMs).toBe(0);
    expect([d.device.xruns, d.device.unequalChannels, d.facts()]).toEqual([0, 0, []]);
    // What the device played is the same ramp, without a step at the seam.
    const steps = d.device.audible
      .slice(1)
      .map((number, index) => number - (d.device.audible[index] as number));
    const expected = 48_000 / sampleRateHz;
    // The filter rings where the ramp begins and ends.
    const inside = steps.slice(300, -300);
    expect(Math.max(...inside.map((step) => Math.abs(step - expected)))).toBeLessThanOrEqual(1);
  });

  it('takes back only what it has not handed over where the driver gives nothing back', () => {
    const d = desk();
    d.openNow();
    d.write(500);
    d.clock.advanceBy(200);
    const before = d.sink.position();
    const { heardMs } = d.sink.flush('soft');
    expect(heardMs - before.heardMs).toBeGreaterThan(30);
    expect(heardMs - before.heardMs).toBeLessThanOrEqual(46);
    d.clock.advanceBy(60);
    expect(d.sink.position()).toEqual({ heardMs, queuedMs: 0 });
    expect(d.device.audible).toEqual(count(Math.round(heardMs * 48)));
  });

  it('is what a hard flush becomes for an amplifier that pops', () => {
    const d = desk({ options: { cut: 'soft' }, device: { reachMs: 10 } });
    expect(d.openNow().isSeamless).toBe(true);
    d.write(500);
    d.clock.advanceBy(200);
    const { heardMs } = d.sink.flush();
    d.clock.advanceBy(200);
    expect([d.device.openings, d.sink.position().heardMs]).toEqual([1, heardMs]);
    expect(d.device.audible.length).toBe(Math.round(heardMs * 48));
  });

  it('hands over again what a driver gives back although it was rendered already', () => {
    // Its reports are 10 ms ahead of what it gives back for unheard.
    const d = desk({ device: { reachMs: 0, lowMs: () => -8 } });
    d.openNow();
    d.write(300);
    d.clock.advanceBy(150);
    const { heardMs } = d.sink.flush('soft');
    d.clock.advanceBy(200);
    expect(d.device.audible).toEqual(count(Math.round(heardMs * 48)));
  });

  it('lets a drain that waited end when its rest is heard', () => {
    const d = desk();
    d.openNow();
    d.write(400);
    const drained: number[] = [];
    d.sink.drain().subscribe(({ heardMs }) => drained.push(heardMs));
    d.clock.advanceBy(100);
    const { heardMs } = d.sink.flush('soft');
    expect(drained).toEqual([]);
    d.write(200);
    d.clock.advanceBy(60);
    expect(drained.length).toBe(1);
    expect(Math.abs((drained[0] as number) - heardMs)).toBeLessThan(0.01);
  });
});
