import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { createTimeBase } from '../../core/pacing/time-base.js';
import type { AudioSink } from '../../core/ports/audio-sink.js';
import { describeAudioSourceContract } from '../../testing/contracts/audio-source.contract.js';
import { describeLoudspeakerContract } from '../../testing/contracts/loudspeaker.contract.js';
import { framesOf, ramp } from '../../testing/signals.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type MemoryLoudspeakerOptions, memoryLoudspeaker } from './memory-loudspeaker.js';
import { type MemoryMicrophoneOptions, memoryMicrophone } from './memory-microphone.js';

const test = { describe, it, expect };

// Real time runs the same code from here on down; the suites of the wav-file devices run in it too.
for (const format of [
  { sampleRateHz: 48_000, channels: 1 },
  { sampleRateHz: 16_000, channels: 2 },
  { sampleRateHz: 11_025, channels: 1 },
]) {
  const says = `at ${format.sampleRateHz} Hz with ${format.channels} channel(s)`;
  const virtual = () => {
    const clock = createVirtualClock();
    const time = { now: () => clock.nowMs, advance: clock.advanceBy };
    return { time, timeBase: createTimeBase(clock.scheduler) };
  };

  describeAudioSourceContract(test, {
    name: `memoryMicrophone ${says}`,
    setup: () => {
      const { timeBase, time } = virtual();
      const source = memoryMicrophone({ timeBase, format, noiseDb: -30 });
      return { source, vanish: source.vanish, comeBack: source.comeBack, ...time };
    },
    capabilities: { vanishes: true, completes: false },
  });

  describeLoudspeakerContract(test, {
    name: `memoryLoudspeaker ${says}`,
    setup: () => {
      const { timeBase, time } = virtual();
      const loudspeaker = memoryLoudspeaker({ timeBase, format, maxQueuedMs: 2000 });
      return { loudspeaker, vanish: loudspeaker.vanish, comeBack: loudspeaker.comeBack, ...time };
    },
    capabilities: { vanishes: true, maxQueuedMs: 2000 },
  });
}

function setup(
  microphoneOptions: Partial<MemoryMicrophoneOptions> = {},
  loudspeakerOptions: Partial<MemoryLoudspeakerOptions> = {},
) {
  const clock = createVirtualClock();
  clock.run(500);
  const timeBase = createTimeBase(clock.scheduler);
  const microphone = memoryMicrophone({ timeBase, ...microphoneOptions });
  const loudspeaker = memoryLoudspeaker({ timeBase, ...loudspeakerOptions });
  const frames: AudioFrame[] = [];
  const ends: string[] = [];
  const capture = () =>
    microphone.capture().subscribe({
      next: (frame) => frames.push(frame),
      error: (error) => ends.push(error.code),
      complete: () => ends.push('complete'),
    });
  return { clock, microphone, loudspeaker, frames, ends, capture };
}

describe('memoryMicrophone', () => {
  it('hears what is said at the very sample at which it is said', () => {
    const { clock, microphone, frames, capture } = setup();
    capture();
    clock.run(523.5);
    const saying = microphone.say(Float32Array.of(0.25, 0.5));
    clock.run(540);

    expect(saying.startMs).toBe(523.5);
    expect(saying.endMs).toBeCloseTo(523.5 + 2 / 48, 9);
    const frame = frames[2];
    expect(frame?.timestampMs).toBe(520);
    const at = 3.5 * 48;
    expect(Array.from(frame?.samples.subarray(at - 1, at + 3) ?? [])).toEqual([0, 0.25, 0.5, 0]);
  });

  it('plays the samples it was made with from the origin on', () => {
    const samples = ramp(48 * 25);
    const { clock, frames, capture } = setup({ samples });
    capture();
    clock.run(540);
    expect(frames.flatMap((frame) => Array.from(frame.samples)).slice(0, samples.length)).toEqual(
      Array.from(samples),
    );
  });

  it('misses what is said while nobody captures', () => {
    const { clock, microphone, frames, capture } = setup();
    microphone.say(ramp(480));
    clock.run(520);
    capture();
    clock.run(550);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([520, 530, 540]);
    expect(frames.every((frame) => frame.samples.every((sample) => sample === 0))).toBe(true);
  });

  it('completes after the period in which it was hung up, also later', () => {
    const { clock, microphone, frames, ends, capture } = setup();
    capture();
    clock.run(523);
    microphone.hangUp();
    clock.run(600);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([500, 510, 520]);
    expect(ends).toEqual(['complete']);
    capture();
    clock.run(700);
    expect(ends).toEqual(['complete', 'complete']);
  });

  it('loses samples as scripted: whole periods, and the time stamps jump', () => {
    const { clock, frames, capture } = setup({
      samples: ramp(48 * 80),
      faults: [{ type: 'lose-samples', fromMs: 25, untilMs: 41 }],
    });
    capture();
    clock.run(570);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([500, 510, 550, 560]);
    expect(frames[2]?.samples[0]).toBe((50 * 48 + 1) / 2 ** 17);
  });

  it('vanishes and comes back as scripted', () => {
    const { clock, frames, ends, capture } = setup({
      faults: [{ type: 'vanish', fromMs: 35, untilMs: 60 }],
    });
    capture();
    clock.run(540);
    capture();
    clock.run(560);
    capture();
    clock.run(580);
    expect(ends).toEqual(['DEVICE_LOST', 'DEVICE_NOT_FOUND']);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([500, 510, 520, 560, 570]);
  });

  it('clips what is too loud, as a device does', () => {
    const { clock, microphone, frames, capture } = setup();
    capture();
    microphone.say(Float32Array.of(2, -2));
    clock.run(510);
    expect(Array.from(frames[0]?.samples.subarray(0, 2) ?? [])).toEqual([1, -1]);
  });

  it.each([
    [{ noiseDb: 3 }, 'noiseDb must be a number from -Infinity to 0 dB, but is 3'],
    [{ format: { sampleRateHz: 4000, channels: 1 } }, 'memoryMicrophone: format.sampleRateHz'],
    [{ faults: [{ type: 'vanish', fromMs: 9, untilMs: 1 }] as const }, 'one goes from 9 to 1 ms'],
    [{ noiseDB: -3 } as object, 'noiseDB is not an option'],
    [{ samples: [0] as never }, 'samples must be a Float32Array'],
  ])('refuses bad options %#', (options, message) => {
    expect(() => setup(options)).toThrow(message);
  });
});

describe('memoryLoudspeaker', () => {
  const open = (
    loudspeaker: ReturnType<typeof memoryLoudspeaker>,
  ): { sink: AudioSink; close: () => void } => {
    let opened: AudioSink | undefined;
    const subscription = loudspeaker.openSink().subscribe({
      next: (sink) => {
        opened = sink;
      },
      error: () => {},
    });
    if (!opened) throw new Error('the loudspeaker did not open');
    return { sink: opened, close: () => subscription.unsubscribe() };
  };

  it('remembers everything from the origin on, and where it was closed it was silent', () => {
    const { clock, loudspeaker } = setup();
    clock.run(520);
    const first = open(loudspeaker);
    for (const frame of framesOf(ramp(480), first.sink.format)) first.sink.write(frame);
    clock.run(540);
    first.close();
    clock.run(570);
    const second = open(loudspeaker);
    for (const frame of framesOf(ramp(480, 480), second.sink.format)) second.sink.write(frame);
    clock.run(575);

    const recorded = Array.from(loudspeaker.recorded());
    const silence = (ms: number): number[] => new Array(ms * 48).fill(0);
    expect(recorded.slice(0, 80 * 48)).toEqual([
      ...silence(20),
      ...ramp(480),
      ...silence(40),
      ...ramp(480, 480),
    ]);
  });

  it('has recorded a frame when a listener of rendered$ hears of it', () => {
    const { clock, loudspeaker } = setup();
    const { sink } = open(loudspeaker);
    const recorded: number[] = [];
    sink.rendered$.subscribe(() => recorded.push(loudspeaker.recorded().length / 480));
    clock.run(525);
    expect(recorded).toEqual([1, 2, 3]);
  });

  it('stops recording at its bound, counts the rest and plays on', () => {
    const { clock, loudspeaker } = setup({}, { maxRecordedMs: 35 });
    const { sink } = open(loudspeaker);
    for (const frame of framesOf(ramp(480 * 8), sink.format)) sink.write(frame);
    clock.run(575);
    expect(loudspeaker.recorded().length).toBe(35 * 48);
    expect(loudspeaker.unrecordedMs).toBe(45);
    expect(sink.position().heardMs).toBe(75);
  });

  it('keeps its counts over openings', () => {
    const { clock, loudspeaker } = setup({}, { maxQueuedMs: 100 });
    for (let times = 0; times < 2; times += 1) {
      const { sink, close } = open(loudspeaker);
      for (const frame of framesOf(ramp(480 * 12), sink.format)) sink.write(frame);
      clock.advanceBy(200);
      for (const frame of framesOf(ramp(480), sink.format)) sink.write(frame);
      close();
    }
    expect([loudspeaker.droppedMs, loudspeaker.underruns]).toEqual([40, 2]);
  });

  it('vanishes and comes back as scripted, on one time line', () => {
    const { clock, loudspeaker } = setup({}, { faults: [{ type: 'vanish', fromMs: 15, untilMs: 40 }] });
    const { sink } = open(loudspeaker);
    for (const frame of framesOf(ramp(4800), sink.format)) sink.write(frame);
    clock.run(530);
    expect(() => open(loudspeaker)).toThrow('did not open');
    clock.run(540);
    const again = open(loudspeaker);
    again.sink.write(framesOf(ramp(480, 5000), again.sink.format)[0] as AudioFrame);
    clock.run(560);
    const recorded = loudspeaker.recorded();
    expect(recorded[20 * 48 - 1]).toBe((20 * 48) / 2 ** 17);
    expect(recorded[20 * 48]).toBe(0);
    expect(recorded[40 * 48]).toBe(5001 / 2 ** 17);
  });

  it('refuses bad options', () => {
    expect(() => setup({}, { maxRecordedMs: -1, maxQueuedMs: 0 })).toThrow(
      /maxQueuedMs must be .* but is 0; maxRecordedMs must be .* but is -1/,
    );
  });
});
