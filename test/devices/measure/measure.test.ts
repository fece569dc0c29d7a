import { describe, expect, it } from 'vitest';
import { compareEdges } from './compare-edges.js';
import { countedAudio, countedPeriod, createCountedReader, takeAfter } from './counted-audio.js';
import { createEdgeFinder } from './edges.js';
import { judgeTrials } from './judge-trials.js';
import type { PlayedTrial } from './play-trials.js';
import { createTimeLine } from './time-line.js';

const perMs = 48;
const silence = (ms: number): Float32Array => new Float32Array(ms * perMs);

function read(...parts: readonly Float32Array[]) {
  const reader = createCountedReader();
  for (const part of parts) reader.push(part);
  return reader.runs;
}

describe('counted audio', () => {
  it.each([0, 1, 2, 3] as const)(
    'tells of take %i which samples were audible, also through 16 bits',
    (take) => {
      const from = 123_456;
      const sixteenBits = countedAudio(from, 3 * countedPeriod, take).map(
        (sample) => Math.round(sample * 32_767) / 32_768,
      );
      expect(read(silence(3), sixteenBits, silence(1))).toEqual([
        { take, number: expect.any(Number), fromFrame: 3 * perMs, frames: 3 * countedPeriod },
      ]);
      expect(Math.abs((read(sixteenBits)[0]?.number ?? 0) - (from % countedPeriod))).toBeLessThanOrEqual(1);
    },
  );

  it('shows silence, what is missing, and another take', () => {
    const audio = countedAudio(0, 4800, 1);
    const runs = read(
      audio.subarray(0, 1000),
      silence(1),
      audio.subarray(1000, 2000),
      audio.subarray(2010, 3000),
      countedAudio(3000, 500, takeAfter(1)),
    );
    expect(runs.map(({ take, number, fromFrame, frames }) => [take, number, fromFrame, frames])).toEqual([
      [1, 0, 0, 1000],
      [1, 1000, 1048, 1000],
      [1, 2010, 2048, 990],
      [2, 3000, 3038, 500],
    ]);
  });
});

describe('the time line of a recording', () => {
  it.each([-300, 0, 300])('is that of the device, at %i ppm, however late most of it arrives', (ppm) => {
    const trueMs = (frame: number): number => 1000 + frame / (perMs * (1 + ppm * 1e-6));
    const arrivals = Array.from({ length: 12_000 }, (_, i) => {
      const frames = (i + 1) * 240;
      // One in 40 arrives at once, others up to 20 ms late.
      return { frames, atMs: trueMs(frames) - 5 + (i % 40 === 7 ? 0 : (i * 7) % 20) };
    });
    const line = createTimeLine(arrivals, 48_000, 5);
    for (let frame = 0; frame < 11_900 * 240; frame += 24_001) {
      expect(Math.abs(line.msAt(frame) - trueMs(frame))).toBeLessThan(0.2);
      expect(Math.abs(line.frameAt(line.msAt(frame)) - frame)).toBeLessThan(10);
    }
    expect(line.latenessMs(1000, 61_000)).toBeGreaterThan(18);
  });
});

describe('what is judged of trials', () => {
  const written: PlayedTrial = {
    endsBy: 'hard',
    playMs: 100,
    restMs: 50,
    take: 0,
    from: 0,
    frames: 450 * perMs,
    writtenAtMs: 0,
    flush: { calledAtMs: 100, backAtMs: 101 },
    next: 80 * perMs,
    overAtMs: 151,
  };
  const second: PlayedTrial = {
    ...written,
    take: 1,
    from: 80 * perMs,
    writtenAtMs: 151,
    flush: { calledAtMs: 285, backAtMs: 286 },
    next: 170 * perMs,
    overAtMs: 400,
  };
  const line = createTimeLine([{ frames: 1e6, atMs: 1e6 / perMs }], 48_000, 0);
  const heard = read(
    silence(20),
    countedAudio(0, 86 * perMs, 0),
    silence(94),
    countedAudio(80 * perMs, 90 * perMs, 1),
  );

  it('is when it began and ended, and how far positions were from what was heard', () => {
    const claims = [
      { atMs: 10, heardMs: 0 },
      { atMs: 50, heardMs: 33 },
      { atMs: 120, heardMs: 80 },
      { atMs: 250, heardMs: 131 },
    ];
    const { trials, claims: judged, strangers } = judgeTrials([written, second], claims, heard, line, 48_000);
    expect(
      trials.map(({ startMs, tailMs, cutOffMs, gaps, startsOff }) => [
        startMs,
        tailMs,
        cutOffMs,
        gaps,
        startsOff,
      ]),
    ).toEqual([
      [20, 6, -6, 0, 0],
      [49, 5, 0, 0, 0],
    ]);
    expect(judged.map(({ errorMs, phase }) => [Math.round(errorMs), phase])).toEqual([
      [0, 'play'],
      [3, 'play'],
      [-6, 'hard'],
      [1, 'play'],
    ]);
    expect(strangers).toEqual([]);
  });

  it('is that what was flushed is heard again, and that something is missing in the middle or begins elsewhere', () => {
    const late = read(
      silence(20),
      countedAudio(0, 40 * perMs, 0),
      silence(10),
      countedAudio(50 * perMs, 30 * perMs, 0),
      silence(60),
      countedAudio(90 * perMs, 130 * perMs, 1),
      silence(200),
      countedAudio(100 * perMs, 10 * perMs, 0),
    );
    const { trials, strangers } = judgeTrials([written, second], [], late, line, 48_000);
    expect(trials.map(({ gaps, startsOff }) => [gaps, startsOff])).toEqual([
      [1, 0],
      [0, 480],
    ]);
    expect(strangers.length).toBe(1);
  });
});

describe('edges', () => {
  const gain = 0.2;
  const room = (delayMs: number, ms: number): Float32Array => {
    const audio = countedAudio(0, ms * perMs, 0).map((sample) => sample * gain);
    const samples = new Float32Array(audio.length + delayMs * perMs);
    samples.set(audio, delayMs * perMs);
    return samples;
  };
  const edgesOf = (samples: Float32Array) =>
    createEdgeFinder(gain)
      .push(samples)
      .map((frame) => ({ frame, ms: frame / perMs }));
  const playedMs = Array.from({ length: 48 }, (_, i) => ((i + 1) * countedPeriod) / perMs);
  const common = {
    playedMs,
    renderedMs: playedMs,
    echoDelayMs: 60,
    periodMs: countedPeriod / perMs,
    perMs,
    fromMs: 0,
    toMs: 10_000,
  };

  it('tell the echo delay, and that none of it is missing', () => {
    const heard = edgesOf(room(60, 10_000));
    const figures = compareEdges({
      ...common,
      heard,
      captured: heard.map(({ ms, frame }) => ({ ms: ms + 2, frame })),
    });
    expect([figures.edges, figures.captureGaps]).toEqual([47, 0]);
    expect(figures.delayMs.middle).toBeCloseTo(62, 1);
    expect(figures.roomMs.middle).toBeCloseTo(60, 1);
    expect([figures.offMs.drift, figures.offMs.most]).toEqual([expect.closeTo(0, 6), expect.closeTo(2, 6)]);
  });

  it.each([
    ['between two of them', 5000],
    ['with one of them in it', 4998],
  ])('tell that 10 ms are missing of what was captured, %s', (_, atMs) => {
    const samples = room(60, 10_000);
    const missing = Float32Array.from([
      ...samples.subarray(0, (atMs + 60) * perMs),
      ...samples.subarray((atMs + 70) * perMs),
    ]);
    const figures = compareEdges({ ...common, heard: edgesOf(samples), captured: edgesOf(missing) });
    expect(figures.captureGaps).toBeGreaterThan(0);
  });

  it('count what is silent once it has begun', () => {
    const finder = createEdgeFinder(gain);
    finder.push(room(60, 1000));
    expect(finder.silentSamples).toBe(0);
    finder.push(silence(3));
    expect(finder.silentSamples).toBe(3 * perMs);
  });
});
