import { describe, expect, it } from 'vitest';
import { figuresOf } from './figures.js';
import { goals } from './goals.js';
import type { BargeIn, Judgement } from './judge-rule.js';
import { renderCurve } from './render-curve.js';
import { renderReport } from './report.js';
import { costOf } from './tune.js';

const bargeIn = (nearDb: number, cutMs: number | undefined): BargeIn => ({
  period: 'steady',
  scenario: 't00-talk-0',
  nearDb,
  onsetMs: 8000,
  recording: 'x',
  duckMs: 80,
  cutMs,
});

const good: Judgement = {
  minutes: { first: 2, steady: 60, change: 1 },
  falseAlarms: [],
  bargeIns: [6, 0, -6, -12].flatMap((nearDb) => [bargeIn(nearDb, 200), bargeIn(nearDb, 220)]),
  unjudged: 0,
  sounds: [],
};
const worse: Judgement = {
  ...good,
  falseAlarms: [{ period: 'steady', type: 'cut', scenario: 't00-echo', atMs: 9000 }],
  bargeIns: [...good.bargeIns, bargeIn(-6, undefined)],
};
const figures = (judgement: Judgement) => figuresOf(judgement, () => 0);

describe('figures and goals', () => {
  it('reaches the goals when nothing is false and all is quick', () => {
    const reached = goals.filter(({ value, most }) => value(figures(good)) <= most).map(({ name }) => name);
    expect(reached).toContain('false cuts after the first 5 s');
    expect(reached).toContain('onset to silent, p90');
    expect(reached).toContain('missed, -12 dB');
  });

  it('costs more to cut falsely and to miss', () => {
    expect(costOf(figures(worse))).toBeGreaterThan(costOf(figures(good)) + 4);
  });
});

describe('renderReport', () => {
  it('says which goals were reached and which not, and what is missing', () => {
    const report = renderReport({
      when: '2026-01-01',
      half: 'held-out',
      machine: 'a machine',
      missing: ['a voice'],
      unscored: 2,
      rows: [{ name: 'earshot', figures: figures(worse) }],
      beyond: [],
      levels: {},
      curves: [],
      classes: [],
    });
    expect(report).toContain('| false cuts after the first 5 s | 0 | 1 | NOT reached |');
    expect(report).toContain('| onset to ducked, median | 130 ms | 110 ms | reached |');
    expect(report).toContain('Missing: a voice.');
    expect(report).toContain('2 scenarios were not scored');
    expect(report).toContain('| earshot | 60.0 | 1 | 1.0 |');
  });
});

describe('renderCurve', () => {
  it('draws later to the right and more false cuts further up', () => {
    const point = (silenceP50: number, falseCutsPerHour: number) => ({
      rule: 'x',
      silenceP50,
      falseCutsPerHour,
      falseDucksPerMinute: 0,
      silenceP90: 500,
      missedPercent: 0,
    });
    const svg = renderCurve([{ name: 'a & b', points: [point(200, 20), point(400, 0)] }]);
    const [first, second] = [...svg.matchAll(/circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((match) => [
      Number(match[1]),
      Number(match[2]),
    ]);
    expect(first?.[0]).toBeLessThan(second?.[0] ?? 0);
    expect(first?.[1]).toBeLessThan(second?.[1] ?? 0);
    expect(svg).toContain('a &amp; b');
  });
});
