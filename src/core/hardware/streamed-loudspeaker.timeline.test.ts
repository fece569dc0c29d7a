import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { desk } from '../../../test/support/loudspeaker-desk.js';
import { playoutDevice } from '../../../test/support/playout-device.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import type { AudioSink } from '../ports/audio-sink.js';
import { streamedLoudspeaker } from './streamed-loudspeaker.js';

describe('the time line of a streamed loudspeaker', () => {
  it('never steps and never is off by more than 0.05 %, whatever happens to the device', () => {
    const random = randomNumbers(9);
    const d = desk({
      device: { ppm: 200, lowMs: () => 4 * random(), startMs: () => 10 + 20 * random() },
      stalls: [[20_000, 20_200]],
      options: { wake: { strategy: 'off', sleepsAfterMs: 3000 } },
    });
    const steps: number[] = [];
    let last: { readonly ms: number; readonly shownMs: number } | undefined;
    const run = (forMs: number): void => {
      for (const endMs = d.clock.nowMs + forMs; d.clock.nowMs < endMs; ) {
        d.clock.advanceBy(7);
        const now = { ms: d.clock.nowMs, shownMs: d.loudspeaker.timeline.at(d.clock.nowMs) };
        if (last) steps.push((now.shownMs - last.shownMs) / (now.ms - last.ms) - 1);
        last = now;
      }
    };
    run(500);
    d.openNow();
    d.write(2000, 0);
    run(30_000);
    d.write(500, 0);
    run(200);
    d.sink.flush();
    d.write(500, 0);
    run(2000);
    d.device.hiccup(120);
    run(9000);
    d.device.vanish();
    run(2000);
    d.device.comeBack();
    if (d.ends.length > 0) d.openNow();
    run(5000);
    d.opening.unsubscribe();
    run(5000);
    expect(d.facts()).toContain('clock-reset');
    expect(steps.length).toBeGreaterThan(7000);
    expect(Math.max(...steps.map(Math.abs))).toBeLessThanOrEqual(0.0005);
  });

  it('keeps its distance to what is rendered, for an hour, at 200 ppm', { timeout: 60_000 }, () => {
    const format = { sampleRateHz: 8000, channels: 1 };
    const clock = createVirtualClock();
    const random = randomNumbers(13);
    const device = playoutDevice({
      scheduler: clock.scheduler,
      format,
      ppm: 200,
      reportEveryMs: 100,
      lowMs: () => 5 * random(),
    });
    const { openSink, timeline, reports$ } = streamedLoudspeaker({
      driver: device.driver,
      format,
      scheduler: clock.scheduler,
      periodMs: 20,
      leadMs: 60,
    });
    const facts: string[] = [];
    reports$.subscribe((report) => {
      if (report.type === 'fact') facts.push(report.detail);
    });
    let sink: AudioSink | undefined;
    let samples = 0;
    let gapMs = 0;
    let startedMs: number | undefined;
    let endedMs: number | undefined;
    let distance: { readonly min: number; readonly max: number } = { min: Infinity, max: -Infinity };
    openSink().subscribe((opened) => {
      sink = opened;
      opened.rendered$.subscribe((frame) => {
        const { timestampMs } = frame;
        const offMs = timeline.at(timestampMs) - samples / 8;
        distance = { min: Math.min(distance.min, offMs), max: Math.max(distance.max, offMs) };
        if (endedMs !== undefined) gapMs = Math.max(gapMs, Math.abs(timestampMs - endedMs));
        startedMs ??= timestampMs;
        samples += frame.samplesPerChannel;
        endedMs = timestampMs + frame.samplesPerChannel / 8;
      });
    });
    clock.run(1000);
    const hours = 1;
    // Speech now and then; it is the silence between that is long.
    const word = audioFrame(format, new Float32Array(1600).fill(0.5), 0);
    let words = 0;
    let worstMs = 0;
    for (let minute = 0; minute < hours * 60; minute += 1) {
      sink?.write(word);
      words += 1;
      clock.advanceBy(150);
      worstMs = Math.max(worstMs, Math.abs((sink?.position().heardMs ?? 0) - device.heardFrames() / 8));
      clock.advanceBy(59_850);
    }
    expect(sink?.position()).toEqual({ heardMs: words * 200, queuedMs: 0 });
    expect(worstMs).toBeLessThanOrEqual(10);
    expect([device.xruns, facts]).toEqual([0, []]);
    expect(distance.max - distance.min).toBeLessThan(0.01);
    expect(gapMs).toBeLessThan(1 / 8);
    // 200 ppm are 720 ms in an hour: it has kept to the device and not to this machine.
    const elapsedMs = clock.nowMs - (startedMs ?? Number.NaN);
    expect(Math.abs(samples / 8 - elapsedMs * 1.0002)).toBeLessThan(30);
  });

  it('shows the time of the scheduler before anything was open', () => {
    const { loudspeaker } = desk();
    expect([loudspeaker.timeline.at(0), loudspeaker.timeline.at(1234.5)]).toEqual([0, 1234.5]);
  });
});
