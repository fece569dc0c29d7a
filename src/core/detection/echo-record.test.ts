import { describe, expect, it } from 'vitest';
import type { EchoDiagnosis } from '../ports/echo-diagnosis.js';
import { createEchoRecord } from './echo-record.js';

/** Of frames of 10 ms, by what matters here. */
const diagnosis = (n: number, confidence: number, state: EchoDiagnosis['state'] = 'ready') =>
  ({ timestampMs: n * 10, durationMs: 10, confidence, state }) as EchoDiagnosis;

describe('createEchoRecord', () => {
  it('says that an echo is possible, and no confidence, where it was told nothing', () => {
    const record = createEchoRecord();
    expect(record.over(0, 32)).toEqual({ isEchoPossible: true });
    expect(record.isEchoPossible).toBe(true);
    record.add(diagnosis(0, 1, 'no-echo'));
    expect(record.over(10, 42)).toEqual({ isEchoPossible: true });
  });

  it('gives the worst of a window, and nothing of the frames beside it', () => {
    const record = createEchoRecord();
    [0.1, 0.9, 0.6, 0.8, 0.2].forEach((confidence, n) => {
      record.add(diagnosis(n, confidence));
    });
    expect(record.over(10, 40)).toEqual({ confidence: 0.6, isEchoPossible: true });
    expect(record.over(15, 41)).toEqual({ confidence: 0.2, isEchoPossible: true });
  });

  it('finds an echo possible in a window when it is in any of its frames', () => {
    const record = createEchoRecord();
    record.add(diagnosis(0, 1, 'no-echo'));
    record.add(diagnosis(1, 1, 'no-echo'));
    expect(record.over(0, 20)).toEqual({ confidence: 1, isEchoPossible: false });
    expect(record.isEchoPossible).toBe(false);
    record.add(diagnosis(2, 0, 'learning'));
    expect(record.over(0, 32)).toEqual({ confidence: 0, isEchoPossible: true });
    expect(record.isEchoPossible).toBe(true);
  });

  it('keeps a second, however long it runs and however short the frames are', () => {
    const record = createEchoRecord();
    for (let n = 0; n < 50_000; n++)
      record.add({ ...diagnosis(0, 1), timestampMs: n * 0.5, durationMs: 0.5 });
    expect(record.over(0, 20_000)).toEqual({ isEchoPossible: true });
    expect(record.over(24_900, 24_932)).toEqual({ confidence: 1, isEchoPossible: true });
  });
});
