import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { framesOf, ramp } from '../../testing/signals.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { type PacedSinkOptions, pacedSink } from './paced-sink.js';
import { createTimeBase } from './time-base.js';

const mono48 = { sampleRateHz: 48_000, channels: 1 };

function setup(options: Partial<PacedSinkOptions> = {}) {
  const clock = createVirtualClock();
  const timeBase = createTimeBase(clock.scheduler);
  const sink = pacedSink({ format: mono48, timeBase, ...options });
  const rendered: AudioFrame[] = [];
  sink.rendered$.subscribe({ next: (frame) => rendered.push(frame), error: () => {} });
  const write = (ms: number, first = 0): void => {
    for (const frame of framesOf(ramp((ms * sink.format.sampleRateHz) / 1000, first), sink.format)) {
      sink.write(frame);
    }
  };
  const heardSamples = (): number[] => rendered.flatMap(({ samples }) => Array.from(samples));
  return { clock, timeBase, sink, rendered, write, heardSamples };
}

describe('pacedSink', () => {
  it('renders one period at the start of each period, stamped with it', () => {
    const { clock, rendered } = setup();
    clock.run(25);
    expect(rendered.map((frame) => [frame.timestampMs, frame.samplesPerChannel])).toEqual([
      [0, 480],
      [10, 480],
      [20, 480],
    ]);
  });

  it('plays what is written without a gap and without a silent sample in between', () => {
    const { clock, write, heardSamples } = setup();
    clock.run(5);
    write(33.5);
    clock.run(100);

    const samples = heardSamples();
    const numbers = Array.from(ramp(33.5 * 48));
    expect(samples.slice(480, 480 + numbers.length)).toEqual(numbers);
    expect(
      samples
        .slice(0, 480)
        .concat(samples.slice(480 + numbers.length))
        .every((s) => s === 0),
    ).toBe(true);
  });

  it('knows to the sample what was heard', () => {
    const { clock, sink, write } = setup();
    write(25);
    expect(sink.position()).toEqual({ heardMs: 0, queuedMs: 25 });
    clock.run(0);
    expect(sink.position()).toEqual({ heardMs: 0, queuedMs: 25 });
    clock.run(3.25);
    expect(sink.position()).toEqual({ heardMs: 3.25, queuedMs: 21.75 });
    clock.run(20);
    expect(sink.position()).toEqual({ heardMs: 20, queuedMs: 5 });
    // The last 5 ms lie at the start of their period; the rest of it is nobody's audio.
    clock.run(24);
    expect(sink.position()).toEqual({ heardMs: 24, queuedMs: 1 });
    clock.run(26);
    expect(sink.position()).toEqual({ heardMs: 25, queuedMs: 0 });
  });

  it('counts the period under way as heard when it is flushed, and never less afterwards', () => {
    const { clock, sink, write } = setup();
    write(50);
    clock.run(12);
    expect(sink.flush()).toEqual({ heardMs: 20, queuedMs: 0 });
    expect(sink.position()).toEqual({ heardMs: 20, queuedMs: 0 });
    clock.run(18);
    expect(sink.position()).toEqual({ heardMs: 20, queuedMs: 0 });
  });

  it('flushes all of a period that begins at this very instant', () => {
    const { clock, sink, write, heardSamples } = setup();
    write(50);
    expect(sink.flush()).toEqual({ heardMs: 0, queuedMs: 0 });
    clock.run(100);
    expect(heardSamples().every((sample) => sample === 0)).toBe(true);
  });

  it('drains at the instant the last sample is over, inside a period', () => {
    const { clock, sink, write } = setup();
    clock.run(4);
    write(23.5);
    const drained: unknown[] = [];
    sink.drain().subscribe((position) => drained.push([clock.nowMs, position]));
    write(30);
    clock.run(200);
    expect(drained).toEqual([[33.5, { heardMs: 23.5, queuedMs: 30 }]]);
  });

  it('leaves no gap when the next audio is written the moment a drain ends', () => {
    const { clock, sink, write, heardSamples } = setup();
    write(30);
    sink.drain().subscribe(() => write(20, 30 * 48));
    clock.run(100);
    expect(heardSamples().slice(0, 50 * 48)).toEqual(Array.from(ramp(50 * 48)));
    expect(sink.underruns).toBe(0);
  });

  it('counts an underrun when a stream goes on after it ran dry', () => {
    const { clock, sink, write } = setup();
    clock.run(50);
    write(15);
    clock.run(100);
    expect(sink.underruns).toBe(0);
    write(15);
    expect(sink.underruns).toBe(1);
    write(15);
    clock.run(200);
    expect(sink.underruns).toBe(1);
  });

  it('counts no underrun after a drain or a flush, and none for audio that came in time', () => {
    const { clock, sink, write } = setup();
    write(15);
    clock.run(9);
    write(25);
    sink.drain().subscribe();
    clock.run(100);
    write(15);
    sink.flush();
    clock.run(150);
    write(15);
    clock.run(155);
    sink.drain().subscribe();
    clock.run(300);
    write(10);
    expect(sink.underruns).toBe(0);
  });

  it('takes what fits, counts what does not, and stays exact', () => {
    const { clock, sink, write } = setup({ maxQueuedMs: 100 });
    write(150);
    expect(sink.position().queuedMs).toBe(100);
    expect(sink.droppedMs).toBe(50);
    clock.run(45);
    expect(sink.position()).toEqual({ heardMs: 45, queuedMs: 55 });
    write(100);
    // The queue held 50 ms, the rest of the 55 was in the hardware already.
    expect(sink.droppedMs).toBe(100);
  });

  it('clips what it renders, as a device does', () => {
    const { clock, sink, rendered } = setup();
    sink.write(audioFrame(mono48, Float32Array.of(0.5, 1.5, -3, Number.NaN, Infinity, -1), 0));
    clock.run(0);
    expect(Array.from(rendered[0]?.samples.subarray(0, 6) ?? [])).toEqual([0.5, 1, -1, 0, 1, -1]);
  });

  it('keeps two channels together', () => {
    const stereo = { sampleRateHz: 16_000, channels: 2 };
    const { clock, sink, rendered } = setup({ format: stereo });
    sink.write(audioFrame(stereo, Float32Array.of(0.1, -0.1, 0.2, -0.2), 0));
    sink.write(audioFrame(stereo, Float32Array.of(0.3, -0.3), 0));
    clock.run(0);
    expect(rendered[0]?.samplesPerChannel).toBe(160);
    expect(Array.from(rendered[0]?.samples.subarray(0, 8) ?? [])).toEqual(
      Array.from(Float32Array.of(0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0, 0)),
    );
    expect(sink.position().queuedMs).toBe((3 * 1000) / 16_000);
    expect(() => sink.write(audioFrame(stereo, new Float32Array(3), 0))).toThrow('DEVICE_FORMAT_UNSUPPORTED');
  });

  it('plays at 11025 Hz without losing a sample', () => {
    const format = { sampleRateHz: 11_025, channels: 1 };
    const { clock, sink, rendered, heardSamples } = setup({ format });
    const numbers = ramp(11_025);
    sink.write(audioFrame(format, numbers, 0));
    const drained: number[] = [];
    sink.drain().subscribe(() => drained.push(clock.nowMs));
    clock.run(1000);

    expect(heardSamples().slice(0, 11_025)).toEqual(Array.from(numbers));
    expect(rendered.slice(0, 5).map((frame) => frame.samplesPerChannel)).toEqual([110, 110, 110, 111, 110]);
    expect(drained[0]).toBeCloseTo(1000, 6);
  });

  it('has played what a loudspeaker would have played when its timers come late', () => {
    const clock = createVirtualClock();
    let isStalled = false;
    const stalling: typeof clock.scheduler = {
      now: () => clock.nowMs + (isStalled ? 55 : 0),
      schedule: (work, delay, state) => clock.scheduler.schedule(work as () => void, delay, state),
    };
    const timeBase = createTimeBase(stalling);
    const sink = pacedSink({ format: mono48, timeBase });
    const rendered: AudioFrame[] = [];
    sink.rendered$.subscribe((frame) => rendered.push(frame));
    sink.write(audioFrame(mono48, ramp(200 * 48), 0));
    clock.run(20);

    // The loop was busy for 55 ms; nothing had a chance to run, and now somebody flushes.
    isStalled = true;
    expect(sink.flush()).toEqual({ heardMs: 80, queuedMs: 0 });
    expect(rendered.map((frame) => frame.timestampMs)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
    expect(rendered.at(-1)?.samples[479]).toBe((80 * 48) / 2 ** 17);
  });

  it('does not render inside a subscriber of rendered$ that writes, flushes or asks for the position', () => {
    const { clock, sink, rendered, write } = setup();
    write(100);
    const positions: number[] = [];
    sink.rendered$.subscribe((frame) => {
      positions.push(sink.position().heardMs);
      if (frame.timestampMs === 30) sink.flush();
    });
    clock.run(60);
    expect(rendered.map((frame) => frame.timestampMs)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(positions).toEqual([0, 10, 20, 30, 40, 40, 40]);
  });

  it('freezes at what was heard when the device vanishes', () => {
    const lost$ = new Subject<void>();
    const { clock, sink, write } = setup({ lost$ });
    const ends: string[] = [];
    sink.rendered$.subscribe({ error: (error) => ends.push(`rendered ${error.code}`) });
    write(100);
    sink.drain().subscribe({ error: (error) => ends.push(`drain ${error.code}`) });
    clock.run(34);
    lost$.next();

    expect(ends).toEqual(['drain DEVICE_LOST', 'rendered DEVICE_LOST']);
    expect(sink.position()).toEqual({ heardMs: 34, queuedMs: 0 });
    clock.run(100);
    expect(sink.flush()).toEqual({ heardMs: 34, queuedMs: 0 });
    expect(() => write(10)).toThrow('[DEVICE_CLOSED] cannot write: the loudspeaker vanished; open it again');
    sink.drain().subscribe({ error: (error) => ends.push(`later ${error.code}`) });
    sink.rendered$.subscribe({ error: (error) => ends.push(`late ${error.code}`) });
    expect(ends.slice(2)).toEqual(['later DEVICE_LOST', 'late DEVICE_LOST']);
    sink.close();
  });

  it('leaves nothing scheduled once closed', () => {
    const { clock, sink, write } = setup();
    write(100);
    sink.drain().subscribe();
    sink.close();
    let scheduled = 0;
    const { schedule } = clock.scheduler;
    clock.scheduler.schedule = (...args: Parameters<typeof schedule>) => {
      scheduled += 1;
      return schedule(...args);
    };
    clock.run(1000);
    expect(scheduled).toBe(0);
  });

  it.each([
    [{ maxQueuedMs: 99 }, 'maxQueuedMs must be a number from 100 to 3600000 ms, but is 99'],
    [
      { format: { sampleRateHz: 44_100.5, channels: 0 } },
      'format.channels must be a whole number from 1 to 32, but is 0',
    ],
    [{ timeBase: undefined as never }, 'make one with createTimeBase(scheduler)'],
  ])('refuses bad options %#', (options, message) => {
    expect(() => setup(options)).toThrow(message);
  });
});
