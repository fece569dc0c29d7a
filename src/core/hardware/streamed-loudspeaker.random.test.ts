import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { desk } from '../../../test/support/loudspeaker-desk.js';
import { endMs } from '../audio/audio-frame.js';
import type { PlayoutPosition } from '../ports/audio-sink.js';

/** Six seconds of somebody who writes, cuts, takes back and waits as it comes, on some device. */
function somebody(seed: number, stalls: readonly (readonly [number, number])[] = []) {
  const random = randomNumbers(seed);
  const upTo = (max: number): number => Math.floor(random() * (max + 1));
  const oneOf = <T>(...values: readonly T[]): T => values[upTo(values.length - 1)] as T;
  const sampleRateHz = oneOf(48_000, 48_000, 44_100);
  const startMs = 5 + upTo(25);
  const spread = upTo(6);
  const low = randomNumbers(seed + 1);
  const starts = randomNumbers(seed + 2);
  const strategy = oneOf('keep-alive' as const, 'off' as const);
  const d = desk({
    device: {
      format: { sampleRateHz, channels: oneOf(1, 2) },
      ppm: upTo(400) - 200,
      openMs: oneOf(0, 5, 20),
      startMs: () => startMs + spread * starts(),
      reportEveryMs: oneOf(10, 50, 100),
      lowMs: () => 5 * low(),
      reachMs: oneOf(8, 15, Infinity),
    },
    options: { wake: { strategy, sleepsAfterMs: 300 } },
    stalls,
  });
  d.openNow();

  const problems: string[] = [];
  let expected = 0;
  let last: PlayoutPosition = d.sink.position();
  const truthMs = (): number => (d.device.heardFrames() * 1000) / sampleRateHz;
  let baseMs = 0;
  let worstMs = 0;
  const drains: { ended: boolean; readonly target: number }[] = [];
  const look = (what: string): void => {
    const now = d.sink.position();
    const sum = (now.heardMs + now.queuedMs) * 48;
    if (now.heardMs < last.heardMs) problems.push(`${what}: heard ran back`);
    if (now.queuedMs < 0) problems.push(`${what}: queued ${now.queuedMs}`);
    if (Math.abs(sum - expected) > 0.01) problems.push(`${what}: ${sum} of ${expected}`);
    worstMs = Math.max(worstMs, Math.abs(now.heardMs - (truthMs() - baseMs)));
    last = now;
  };

  for (let round = 0; round < 250; round += 1) {
    const what = upTo(11);
    if (what <= 4 && expected < 90_000) {
      const ms = upTo(60);
      d.write(ms, expected);
      expected += ms * 48;
    } else if (what === 5 || what === 6) {
      const kind = what === 5 ? 'soft' : 'hard';
      const cut = d.sink.flush(kind);
      if (cut.queuedMs !== 0) problems.push(`${kind} flush left ${cut.queuedMs}`);
      expected = Math.round(cut.heardMs * 48);
      // The frame under way counts as heard; the device was cut inside of it.
      if (kind === 'hard') baseMs = truthMs() - cut.heardMs;
      for (const drain of drains) {
        if (kind === 'hard' && !drain.ended) problems.push('a drain outlived a hard flush');
      }
    } else if (what === 7) {
      const drain = { ended: false, target: expected };
      drains.push(drain);
      d.sink.drain().subscribe(() => {
        drain.ended = true;
      });
    }
    look(`round ${round}, ${what}`);
    d.clock.advanceBy(what === 11 ? upTo(500) : upTo(25));
    // Whoever does all this stands still as well.
    const stall = stalls.find(([fromMs, untilMs]) => d.clock.nowMs >= fromMs && d.clock.nowMs < untilMs);
    if (stall) d.clock.run(stall[1]);
    look(`round ${round}, after ${what}`);
  }
  d.clock.advanceBy(3000);
  look('at last');
  return { d, problems, expected, drains, worstMs };
}

describe('a streamed loudspeaker in the hands of somebody', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed + 1))(
    'keeps its word, whatever is done: %i',
    (seed) => {
      const { d, problems, expected, drains, worstMs } = somebody(seed);
      expect(problems).toEqual([]);
      expect(d.ends).toEqual([]);
      expect(worstMs).toBeLessThanOrEqual(10);
      expect(d.sink.position().heardMs * 48).toBeCloseTo(expected, 3);
      expect(drains.every(({ ended }) => ended)).toBe(true);

      // Every number once and in order, however often it was cut.
      const numbers = d.renderedNumbers();
      expect(numbers).toEqual(Array.from({ length: expected }, (_, index) => index));
      // Where the time line jumps, it was told; it never jumps far.
      let jumps = 0;
      for (const [index, frame] of d.rendered.entries()) {
        const before = d.rendered[index - 1];
        const jumpMs = before ? Math.abs(frame.timestampMs - endMs(before)) : 0;
        if (jumpMs > 1 / 48) jumps += 1;
        expect(jumpMs).toBeLessThan(40);
      }
      expect(jumps).toBeLessThanOrEqual(d.facts().filter((fact) => fact === 'clock-reset').length);
      expect(d.device.xruns).toBe(0);
    },
  );

  it.each(Array.from({ length: 12 }, (_, seed) => seed + 101))(
    'also when the process stands still now and then: %i',
    (seed) => {
      const random = randomNumbers(seed);
      const stalls = Array.from({ length: 8 }, (_, index) => {
        const fromMs = 1500 + index * 900 + Math.floor(random() * 400);
        return [fromMs, fromMs + 20 + Math.floor(random() * 300)] as const;
      });
      const { d, problems, expected, drains } = somebody(seed, stalls);
      expect([problems, d.ends]).toEqual([[], []]);
      expect(drains.every(({ ended }) => ended)).toBe(true);
      expect(d.renderedNumbers()).toEqual(Array.from({ length: expected }, (_, index) => index));
      expect(d.device.xruns).toBeLessThanOrEqual(stalls.length);
    },
  );
});
