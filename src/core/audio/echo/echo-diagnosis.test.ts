import { describe, expect, it } from 'vitest';
import { judgePath, type PathKnowledge } from './echo-diagnosis.js';

const known: PathKnowledge = {
  isEchoPossible: true,
  convergence: 1,
  resemblance: 0.1,
  isEchoSuspected: false,
  pathChanges: 0,
};

describe('judgePath', () => {
  it('trusts everything while there can be no echo', () => {
    const silent = { ...known, isEchoPossible: false, convergence: 0, isEchoSuspected: true, resemblance: 1 };
    expect(judgePath(silent)).toEqual({ state: 'no-echo', confidence: 1 });
  });

  it('trusts what it has learnt as far as it has learnt it', () => {
    expect(judgePath({ ...known, convergence: 0 })).toEqual({ state: 'learning', confidence: 0 });
    expect(judgePath({ ...known, convergence: 0.4 })).toEqual({ state: 'learning', confidence: 0.4 });
    expect(judgePath(known)).toEqual({ state: 'ready', confidence: 1 });
  });

  it('says that the path has changed until it is known again', () => {
    expect(judgePath({ ...known, pathChanges: 1, convergence: 0.2 })).toEqual({
      state: 'changed',
      confidence: 0.2,
    });
    expect(judgePath({ ...known, pathChanges: 1 })).toEqual({ state: 'ready', confidence: 1 });
  });

  it('doubts what resembles the echo', () => {
    const suspected = (resemblance: number) => judgePath({ ...known, isEchoSuspected: true, resemblance });
    expect(suspected(0.45)).toMatchObject({ state: 'changed' });
    expect(suspected(0.45).confidence).toBeCloseTo(0.5, 6);
    expect(suspected(0.8).confidence).toBe(0);
  });
});
