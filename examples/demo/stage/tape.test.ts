import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audioFrame, type PcmFormat, readWav } from 'earshot';
import { afterAll, describe, expect, it } from 'vitest';
import { createTape } from './tape.js';

const folder = mkdtempSync(join(tmpdir(), 'demo-tape-'));
afterAll(() => rmSync(folder, { recursive: true }));

const format: PcmFormat = { sampleRateHz: 4000, channels: 1 };
/** Ten milliseconds of the same value that begin at this time. */
const frame = (atMs: number, value: number) => audioFrame(format, new Float32Array(40).fill(value), atMs);
let tapes = 0;

/** What is on a tape that began at 100 ms, one sample for each millisecond. */
function recorded(record: (tape: ReturnType<typeof createTape>) => void): Float32Array {
  tapes += 1;
  const path = join(folder, `${tapes}.wav`);
  const tape = createTape(path, format, 100);
  record(tape);
  tape.close();
  return readWav(readFileSync(path)).samples.filter((_, i) => i % 4 === 0);
}
/** The value of each ten milliseconds. */
const tens = (samples: Float32Array) => {
  const values = Array.from(samples);
  return Array.from({ length: Math.ceil(values.length / 10) }, (_, i) => {
    const ten = new Set(values.slice(i * 10, i * 10 + 10));
    return ten.size === 1 ? values[i * 10] : 'mixed';
  });
};

describe('a tape', () => {
  it('holds what comes one after the other, from its origin on, however much it is', () => {
    const samples = recorded((tape) => {
      for (let i = 0; i < 100; i += 1) tape.add(frame(100 + 10 * i, (i + 1) / 128));
    });

    expect(tens(samples)).toEqual(Array.from({ length: 100 }, (_, i) => (i + 1) / 128));
  });

  it('is silent before the first frame and where frames are missing', () => {
    const samples = recorded((tape) => {
      tape.add(frame(120, 0.25));
      tape.add(frame(160, 0.5));
      tape.finish(190);
    });

    expect(tens(samples)).toEqual([0, 0, 0.25, 0, 0, 0, 0.5, 0, 0]);
  });

  it('leaves out what was before its origin', () => {
    const samples = recorded((tape) => {
      tape.add(frame(85, 0.125));
      tape.add(frame(95, 0.25));
      tape.add(frame(105, 0.5));
    });

    expect(Array.from(samples)).toEqual([...new Array(5).fill(0.25), ...new Array(10).fill(0.5)]);
  });

  it('takes stamps that waver by less than a millisecond as one after the other', () => {
    const samples = recorded((tape) => {
      for (const [i, offMs] of [0, 0.8, -0.1, 0.7, 0].entries()) tape.add(frame(100 + 10 * i + offMs, 0.5));
    });

    expect(tens(samples)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it('keeps to the time of the frames when they come slowly or fast by the clock, to 10 ms', () => {
    const lengthAfter = (count: number, stepMs: number) =>
      recorded((tape) => {
        for (let i = 0; i < count; i += 1) tape.add(frame(100 + i * stepMs, 0.5));
      }).length;

    expect(lengthAfter(1000, 10.05)).toBeGreaterThanOrEqual(10_040);
    expect(lengthAfter(1000, 10.05)).toBeLessThanOrEqual(10_060);
    expect(lengthAfter(1000, 9.95)).toBeGreaterThanOrEqual(9940);
    expect(lengthAfter(1000, 9.95)).toBeLessThanOrEqual(9965);
  });

  it('is a good file before it is complete, but for the last fifth of a second', () => {
    const path = join(folder, 'running.wav');
    const tape = createTape(path, format, 0);
    for (let i = 0; i < 45; i += 1) tape.add(frame(10 * i, 0.5));

    expect(readWav(readFileSync(path)).samples).toHaveLength(1600);
    tape.close();
    expect(readWav(readFileSync(path)).samples).toHaveLength(1800);
  });

  it('refuses a folder that is not there, in one sentence', () => {
    expect(() => createTape(join(folder, 'none', 'a.wav'), format, 0)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringMatching(/cannot write .*a\.wav .*; choose another --out$/),
      }),
    );
  });
});
