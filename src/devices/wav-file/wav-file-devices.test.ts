import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { readWav, writeWav } from '../../core/audio/wav.js';
import { createTimeBase } from '../../core/pacing/time-base.js';
import type { AudioSink } from '../../core/ports/audio-sink.js';
import { describeAudioSourceContract } from '../../testing/contracts/audio-source.contract.js';
import { describeLoudspeakerContract } from '../../testing/contracts/loudspeaker.contract.js';
import { framesOf, ramp, tone } from '../../testing/signals.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { monotonicScheduler } from '../clock/monotonic-scheduler.js';
import { fileError } from './file-errors.js';
import { type WavFileLoudspeakerOptions, wavFileLoudspeaker } from './wav-file-loudspeaker.js';
import { type WavFileMicrophoneOptions, wavFileMicrophone } from './wav-file-microphone.js';

const test = { describe, it, expect };
const folder = mkdtempSync(join(tmpdir(), 'wav-file-devices-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (name: string): string => {
  files += 1;
  return join(folder, `${files}-${name}`);
};

const mono48 = { sampleRateHz: 48_000, channels: 1 };
const wavOf = (samples: Float32Array, format = mono48, encoding: 's16' | 'f32' = 'f32'): string => {
  const path = fresh('input.wav');
  writeFileSync(path, writeWav(format, samples, encoding));
  return path;
};

function timeOf(kind: 'virtual' | 'real') {
  const clock = createVirtualClock();
  const scheduler = kind === 'virtual' ? clock.scheduler : monotonicScheduler();
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + 20));
  return {
    timeBase: createTimeBase(scheduler),
    now: () => scheduler.now(),
    advance: kind === 'virtual' ? clock.advanceBy : wait,
  };
}

for (const kind of ['virtual', 'real'] as const) {
  describeAudioSourceContract(test, {
    name: `wavFileMicrophone with cues and a recording in ${kind} time`,
    setup: () => {
      const { timeBase, ...time } = timeOf(kind);
      const source = wavFileMicrophone({ timeBase, noiseDb: -40, recordTo: fresh('microphone.wav') });
      return { source, vanish: source.vanish, comeBack: source.comeBack, ...time };
    },
    capabilities: { vanishes: true, completes: false },
  });

  describeLoudspeakerContract(test, {
    name: `wavFileLoudspeaker in ${kind} time`,
    setup: () => {
      const { timeBase, ...time } = timeOf(kind);
      const loudspeaker = wavFileLoudspeaker({ timeBase, path: fresh('loudspeaker.wav'), maxQueuedMs: 2000 });
      return { loudspeaker, vanish: loudspeaker.vanish, comeBack: loudspeaker.comeBack, ...time };
    },
    capabilities: { vanishes: true, maxQueuedMs: 2000 },
  });
}

describeAudioSourceContract(test, {
  name: 'wavFileMicrophone that plays a file once in virtual time',
  setup: () => {
    const { timeBase, ...time } = timeOf('virtual');
    const path = wavOf(tone({ ...mono48, frequencyHz: 440, durationMs: 1505.5 }));
    return { source: wavFileMicrophone({ timeBase, path }), ...time };
  },
  capabilities: { vanishes: false, completes: true },
});

function virtual() {
  const clock = createVirtualClock();
  clock.run(250);
  return { clock, timeBase: createTimeBase(clock.scheduler) };
}

function microphoneOf(options: Partial<WavFileMicrophoneOptions>) {
  const { clock, timeBase } = virtual();
  const microphone = wavFileMicrophone({ timeBase, ...options });
  const frames: AudioFrame[] = [];
  const ends: string[] = [];
  const capture = () =>
    microphone.capture().subscribe({
      next: (frame) => frames.push(frame),
      error: (error) => ends.push(error.message),
      complete: () => ends.push('complete'),
    });
  return { clock, microphone, frames, ends, capture };
}

function loudspeakerOf(options: Partial<WavFileLoudspeakerOptions> = {}, path = fresh('loudspeaker.wav')) {
  const { clock, timeBase } = virtual();
  const loudspeaker = wavFileLoudspeaker({ timeBase, path, ...options });
  const ends: string[] = [];
  const open = () => {
    const sinks: AudioSink[] = [];
    const subscription = loudspeaker.openSink().subscribe({
      next: (sink) => sinks.push(sink),
      error: (error) => ends.push(error.message),
    });
    return { sink: sinks[0] as AudioSink, close: () => subscription.unsubscribe() };
  };
  const play = (sink: AudioSink, samples: Float32Array): void => {
    for (const frame of framesOf(samples, sink.format)) sink.write(frame);
  };
  return { clock, loudspeaker, path, ends, open, play };
}

const read = (path: string) => readWav(readFileSync(path));
const samplesOf = (frames: readonly AudioFrame[]): number[] =>
  frames.flatMap((frame) => Array.from(frame.samples));

describe('wavFileMicrophone', () => {
  it('plays a file of its own layout sample by sample and completes after the last', () => {
    const samples = ramp(48 * 25);
    const { clock, frames, ends, capture } = microphoneOf({ path: wavOf(samples) });
    capture();
    clock.run(400);
    expect(samplesOf(frames)).toEqual(Array.from(samples));
    expect(frames.map((frame) => [frame.timestampMs, frame.samplesPerChannel])).toEqual([
      [250, 480],
      [260, 480],
      [270, 240],
    ]);
    expect(ends).toEqual(['complete']);
  });

  it('converts another rate and another number of channels', () => {
    const path = wavOf(
      Float32Array.from(
        { length: 2 * 16_000 },
        (_, i) => (i % 2 === 0 ? 0.6 : 0.2) * Math.sin((2 * Math.PI * 440 * (i >> 1)) / 16_000),
      ),
      { sampleRateHz: 16_000, channels: 2 },
      's16',
    );
    const { clock, frames, capture } = microphoneOf({ path });
    capture();
    clock.run(1500);

    const heard = samplesOf(frames);
    expect(heard.length).toBe(48_000);
    const expected = tone({ ...mono48, frequencyHz: 440, durationMs: 1000, peak: 0.4 });
    for (let i = 4800; i < 43_200; i += 1) {
      expect(Math.abs((heard[i] as number) - (expected[i] as number))).toBeLessThan(1e-4);
    }
  });

  it('plays the file anew at each opening, and into the noise of the room when told to go on', () => {
    const samples = ramp(48 * 5);
    const { clock, frames, ends, capture } = microphoneOf({ path: wavOf(samples), atEnd: 'go-on' });
    capture();
    clock.run(270);
    expect(samplesOf(frames).slice(0, 480)).toEqual([...samples, ...new Array(240).fill(0)]);
    expect([frames.length, ends]).toEqual([2, []]);
  });

  it('hears what is said on cue over the file and the noise, exact to the sample', () => {
    const { clock, microphone, frames, capture } = microphoneOf({ noiseDb: -60 });
    capture();
    clock.run(263.5);
    const saying = microphone.say(new Float32Array(48).fill(0.5));
    clock.run(280);
    expect(saying).toEqual({ startMs: 263.5, endMs: 264.5 });
    const loud = Array.from(frames[1]?.samples ?? []).flatMap((sample, i) => (sample > 0.4 ? [i] : []));
    expect([loud[0], loud.length, loud.at(-1)]).toEqual([3.5 * 48, 48, 4.5 * 48 - 1]);
    const background = Array.from(frames[0]?.samples ?? []);
    expect(background.every((sample) => sample !== 0 && Math.abs(sample) < 0.002)).toBe(true);
  });

  it('records what it captured from the origin on, silent where it was closed or lost', () => {
    const recordTo = fresh('microphone.wav');
    const { clock, microphone, frames, ends, capture } = microphoneOf({
      recordTo,
      recordEncoding: 'f32',
      faults: [
        { type: 'vanish', fromMs: 102, untilMs: 150 },
        { type: 'lose-samples', fromMs: 50, untilMs: 60 },
      ],
    });
    clock.run(280);
    capture();
    microphone.say(new Float32Array(48_000).fill(0.5));
    clock.run(355);
    expect(ends[0]).toContain('[DEVICE_LOST]');
    const atLoss = read(recordTo);
    expect(atLoss.warnings).toEqual([]);
    clock.run(402);
    const second = capture();
    clock.run(434);
    second.unsubscribe();

    const { samples, format, warnings } = read(recordTo);
    expect([format, warnings]).toEqual([mono48, []]);
    const at = (ms: number) => samples[ms * 48];
    const starts = frames.map((frame) => frame.timestampMs - 250);
    expect(starts).toEqual([30, 40, 60, 70, 80, 90, 160, 170]);
    expect(samples.length).toBe(180 * 48);
    expect([0, 29, 30, 49, 50, 59, 60, 99, 100, 159, 160, 179].map(at)).toEqual([
      0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5,
    ]);
    expect(Array.from(atLoss.samples)).toEqual(Array.from(samples.subarray(0, 100 * 48)));
  });

  it.each([
    [
      'a file that is not there',
      () => join(folder, 'missing.wav'),
      /^\[DEVICE_NOT_FOUND\] \S+missing\.wav does not exist; give/,
    ],
    ['a folder', () => folder, /^\[DEVICE_NOT_FOUND\] \S+ is a folder; give/],
    ['a device', () => '/dev/null', /^\[DEVICE_NOT_FOUND\] \/dev\/null is no regular file; give/],
    [
      'a file that is no WAV',
      () => {
        const path = fresh('text.wav');
        writeFileSync(path, 'This is a letter, and no sound at all.');
        return path;
      },
      /^\[AUDIO_FORMAT_UNSUPPORTED\] \S+text\.wav cannot be played: .+; /,
    ],
  ])('says in one sentence what is wrong with %s', (_, path, message) => {
    const { clock, ends, capture } = microphoneOf({ path: path() });
    capture();
    clock.run(300);
    expect(ends.length).toBe(1);
    expect(ends[0]).toMatch(message);
    expect(ends[0]).not.toContain('\n');
  });

  it('can be opened when the file has come', () => {
    const path = fresh('later.wav');
    const { clock, frames, ends, capture } = microphoneOf({ path });
    capture();
    writeFileSync(path, writeWav(mono48, ramp(480)));
    capture();
    clock.run(300);
    expect([ends.length, frames.length, ends[1]]).toEqual([2, 1, 'complete']);
  });

  it.each([
    [{ atEnd: 'loop' as never }, 'atEnd must be one of "complete", "go-on", but is "loop"'],
    [{ path: '' }, 'path must be a path or null, but is ""'],
    [{ recordEncoding: 'u8' as never }, 'recordEncoding must be one of "s16", "s32", "f32"'],
  ])('refuses bad options %#', (options, message) => {
    expect(() => microphoneOf(options)).toThrow(message);
  });
});

describe('wavFileLoudspeaker', () => {
  it('writes what a loudspeaker would have played, from the origin on, over openings', () => {
    const { clock, path, open, play } = loudspeakerOf({ encoding: 'f32' });
    clock.run(285);
    const first = open();
    play(first.sink, ramp(48 * 300));
    clock.run(329);
    const { heardMs } = first.sink.flush();
    first.close();
    expect(read(path).samples.length).toBe(80 * 48);

    clock.run(391);
    const second = open();
    play(second.sink, ramp(480, 48 * 300));
    clock.run(1999);
    second.close();

    const { samples, warnings, format } = read(path);
    expect([format, warnings]).toEqual([mono48, []]);
    expect(heardMs).toBe(40);
    expect(samples.length).toBe(1750 * 48);
    const numbers = Array.from(samples, (sample) => Math.round(sample * 2 ** 17));
    expect(numbers.slice(0, 40 * 48).every((n) => n === 0)).toBe(true);
    expect(numbers.slice(40 * 48, 80 * 48)).toEqual(Array.from({ length: 40 * 48 }, (_, i) => i + 1));
    expect(numbers.slice(80 * 48, 150 * 48).every((n) => n === 0)).toBe(true);
    expect(numbers.slice(150 * 48, 160 * 48)).toEqual(
      Array.from({ length: 480 }, (_, i) => 48 * 300 + i + 1),
    );
    expect(numbers.slice(160 * 48).every((n) => n === 0)).toBe(true);
  });

  it('leaves a good file at any moment, at most 200 ms behind', () => {
    const { clock, path, open, play } = loudspeakerOf();
    const { sink } = open();
    play(sink, tone({ ...mono48, frequencyHz: 440, durationMs: 2000 }));
    for (let ms = 260; ms < 1500; ms += 37) {
      clock.run(ms);
      const { samples, warnings } = read(path);
      expect(warnings).toEqual([]);
      const behindMs = ms - 250 - samples.length / 48;
      expect(behindMs).toBeLessThanOrEqual(200);
    }
  });

  it('begins the file anew for a new loudspeaker', () => {
    const path = fresh('loudspeaker.wav');
    for (const ms of [500, 100]) {
      const { clock, open } = loudspeakerOf({}, path);
      const { close } = open();
      clock.advanceBy(ms - 1);
      close();
      expect(read(path).samples.length).toBe(ms * 48);
    }
  });

  it('touches nothing before it is opened', () => {
    const { path, loudspeaker } = loudspeakerOf();
    loudspeaker.openSink();
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('has the same first instant as the recording of a microphone on the same time base', () => {
    const { clock, timeBase } = virtual();
    const paths = [fresh('microphone.wav'), fresh('loudspeaker.wav')] as const;
    const microphone = wavFileMicrophone({ timeBase, recordTo: paths[0], recordEncoding: 'f32' });
    const loudspeaker = wavFileLoudspeaker({ timeBase, path: paths[1], encoding: 'f32' });
    clock.run(312);
    const capture = microphone.capture().subscribe();
    const playout = loudspeaker.openSink().subscribe((sink) => {
      sink.rendered$.subscribe((frame) => {
        // A hum that both hear: what is rendered is said at the same instant.
        if (frame.timestampMs === 400) microphone.say(frame.samples);
      });
      for (const frame of framesOf(ramp(480 * 20), sink.format)) sink.write(frame);
    });
    clock.run(600);
    capture.unsubscribe();
    playout.unsubscribe();

    const [near, far] = [read(paths[0]).samples, read(paths[1]).samples];
    const at = 150 * 48;
    expect(Array.from(near.subarray(at, at + 480))).toEqual(Array.from(far.subarray(at, at + 480)));
    expect(far[at]).toBeGreaterThan(0);
  });

  it('says in one sentence that it cannot write', () => {
    const missing = loudspeakerOf({}, join(folder, 'no-such-folder', 'out.wav'));
    missing.open();
    expect(missing.ends[0]).toMatch(
      /^\[DEVICE_NOT_FOUND\] the folder of \S+out\.wav does not exist; give a path/,
    );
    const aFolder = loudspeakerOf({}, folder);
    aFolder.open();
    expect(aFolder.ends[0]).toMatch(/^\[DEVICE_NOT_FOUND\] \S+ is a folder; give a path/);
  });

  it('ends with an error when the disk is full', () => {
    const { clock, ends, open, play } = loudspeakerOf({}, '/dev/full');
    open();
    expect(ends[0]).toMatch(/^\[DEVICE_BACKEND\] \/dev\/full does not fit on the disk any more; /);
    expect(() => {
      play({ format: mono48, write: () => {} } as unknown as AudioSink, ramp(480));
      clock.run(1000);
    }).not.toThrow();
  });

  it.each([
    ['EACCES', 'DEVICE_PERMISSION_DENIED', 'a.wav is not allowed to this account'],
    ['EPERM', 'DEVICE_PERMISSION_DENIED', 'a.wav is not allowed to this account'],
    ['EROFS', 'DEVICE_PERMISSION_DENIED', 'a.wav is on a file system that cannot be written to'],
    ['EIO', 'DEVICE_BACKEND', 'a.wav cannot be used (EIO)'],
  ])('says what %s means', (errno, code, says) => {
    const error = fileError('a.wav', 'write', Object.assign(new Error(errno), { code: errno }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it('refuses to be without a path', () => {
    expect(() => loudspeakerOf({}, '')).toThrow('path must be a non-empty string, but is ""');
  });
});
