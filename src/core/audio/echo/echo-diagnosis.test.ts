import { describe, expect, it } from 'vitest';
import { judgePath, type PathKnowledge } from './echo-diagnosis.js';

const known: PathKnowledge = {
  isEchoPossible: true,
  convergence: 1,
  suspicion: 0,
  remainder: 0,
  isQuestioned: false,
  pathChanges: 0,
};

describe('judgePath', () => {
  it('trusts everything while there can be no echo', () => {
    const silent = { ...known, isEchoPossible: false, convergence: 0, suspicion: 1 };
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

  it('trusts less of what is echo for the greater part, and no less than that a person may be suspected', () => {
    expect(judgePath({ ...known, remainder: 1 })).toEqual({ state: 'ready', confidence: 0.6 });
    expect(judgePath({ ...known, remainder: 0.5 })).toEqual({ state: 'ready', confidence: 0.8 });
  });

  it('trusts nothing of a path that is questioned', () => {
    expect(judgePath({ ...known, isQuestioned: true })).toEqual({ state: 'changed', confidence: 0 });
    expect(judgePath({ ...known, isQuestioned: true, convergence: 0.5 })).toEqual({
      state: 'learning',
      confidence: 0,
    });
  });

  it('doubts what looks like an echo that it does not know', () => {
    expect(judgePath({ ...known, suspicion: 0.25 })).toEqual({ state: 'ready', confidence: 0.75 });
    expect(judgePath({ ...known, suspicion: 0.5 })).toEqual({ state: 'changed', confidence: 0.5 });
    expect(judgePath({ ...known, suspicion: 1 })).toEqual({ state: 'changed', confidence: 0 });
    expect(judgePath({ ...known, convergence: 0.5, suspicion: 0.5 })).toEqual({
      state: 'learning',
      confidence: 0.25,
    });
  });
});
