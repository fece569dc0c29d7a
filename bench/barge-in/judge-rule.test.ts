import { describe, expect, it } from 'vitest';
import { figuresOf, quantile } from './figures.js';
import { judgeScenario, mergeJudgements } from './judge-rule.js';
import type { Decision } from './rules.js';
import { fullExtent, type Scenario, scenariosOf } from './scenarios.js';
import type { SceneMarks } from './score-cache.js';

const scenarios = scenariosOf('training', fullExtent);

function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (!found) throw new Error(`no scenario ${id}`);
  return found;
}

const speech = (onsetMs: number, endMs: number) =>
  ({ what: 'speech', onsetMs, endMs, recording: 'x' }) as const;
const talk: SceneMarks = {
  nearEvents: [speech(8000, 9000), speech(12_000, 13_000)],
  replies: [{ fromMs: 500, toMs: 66_000 }],
};
const at = (type: Decision['type'], atMs: number): Decision => ({ type, atMs });

describe('judging barge-ins', () => {
  it('times the duck and the cut from the onset', () => {
    const decisions = [
      at('duck', 8080),
      at('cut', 8200),
      at('end', 9300),
      at('duck', 12_100),
      at('cut', 12_400),
    ];
    const { bargeIns, unjudged } = judgeScenario(scenarioOf('t00-talk-0'), talk, decisions);
    expect(bargeIns.map(({ duckMs, cutMs }) => [duckMs, cutMs])).toEqual([
      [80, 200],
      [100, 400],
    ]);
    expect(unjudged).toBe(0);
  });

  it('misses what comes later than 1.5 s, or never', () => {
    const { bargeIns } = judgeScenario(scenarioOf('t00-talk-0'), talk, [
      at('duck', 8080),
      at('cut', 9501),
      at('end', 10_000),
    ]);
    expect(bargeIns.map(({ duckMs, cutMs }) => [duckMs, cutMs])).toEqual([
      [80, undefined],
      [undefined, undefined],
    ]);
  });

  it('takes a suspicion from before the onset for a duck that is there already', () => {
    const { bargeIns } = judgeScenario(scenarioOf('t00-talk-0'), talk, [
      at('duck', 7950),
      at('cut', 8100),
      at('end', 9300),
    ]);
    expect(bargeIns[0]).toMatchObject({ duckMs: 0, cutMs: 100 });
  });

  it('does not judge while the speaker before is still taken for speaking', () => {
    const { bargeIns, unjudged } = judgeScenario(scenarioOf('t00-talk-0'), talk, [
      at('duck', 8080),
      at('cut', 8200),
    ]);
    expect(bargeIns).toHaveLength(1);
    expect(unjudged).toBe(1);
  });
});

describe('judging echo', () => {
  const marks: SceneMarks = {
    nearEvents: [],
    replies: [
      { fromMs: 500, toMs: 10_500 },
      { fromMs: 14_000, toMs: 34_000 },
    ],
  };

  it('tells the first five seconds from later, and counts nothing between replies', () => {
    const decisions = [
      at('duck', 2000),
      at('cut', 2100),
      at('duck', 8000),
      at('duck', 12_000),
      at('cut', 12_100),
      at('duck', 20_000),
    ];
    const { minutes, falseAlarms } = judgeScenario(scenarioOf('t00-echo'), marks, decisions);
    expect(minutes.first).toBeCloseTo(5 / 60, 3);
    expect(minutes.steady).toBeCloseTo(25 / 60, 3);
    expect(falseAlarms.map(({ period, type }) => `${period} ${type}`)).toEqual([
      'first duck',
      'first cut',
      'steady duck',
      'steady duck',
    ]);
  });

  it('counts two seconds after a change of the path apart', () => {
    const scenario = scenarioOf('t00-change-further');
    const changedMs = 20_000;
    const { minutes, falseAlarms } = judgeScenario(scenario, marks, [
      at('duck', changedMs + 100),
      at('cut', changedMs + 2100),
    ]);
    expect(minutes.change).toBeCloseTo(2 / 60, 3);
    expect(falseAlarms.map(({ period }) => period)).toEqual(['change', 'steady']);
  });
});

describe('judging sounds that are no interruption', () => {
  const marks: SceneMarks = {
    nearEvents: [
      { what: 'cough', onsetMs: 6000, endMs: 6400, recording: 'x' },
      { what: 'tap', onsetMs: 9000, endMs: 9100, recording: 'x' },
    ],
    replies: [{ fromMs: 500, toMs: 47_000 }],
  };

  it('tells whether each ducked, cut and was restored, and how soon after its end', () => {
    const { sounds } = judgeScenario(scenarioOf('t00-sounds-0'), marks, [
      at('duck', 6100),
      at('restore', 6700),
      at('duck', 9050),
      at('cut', 9300),
    ]);
    expect(sounds).toMatchObject([
      { what: 'cough', ducked: true, cut: false, restoredAfterMs: 300 },
      { what: 'tap', ducked: true, cut: true, restoredAfterMs: undefined },
    ]);
  });
});

describe('figures', () => {
  it('adds scenarios up, and counts a miss as infinitely late', () => {
    const decisions = [at('duck', 8080), at('cut', 8200), at('end', 9300)];
    const judgement = mergeJudgements([
      judgeScenario(scenarioOf('t00-talk-0'), talk, decisions),
      judgeScenario(scenarioOf('t00-talk--6'), talk, decisions),
    ]);
    const figures = figuresOf(judgement, () => 0);
    expect(figures.talk['0']).toMatchObject({ count: 2, missed: 1, missedShare: 0.5 });
    expect(figures.talkDownTo6.count).toBe(4);
    expect(figures.talk['0']?.silence.p90).toBe(Number.POSITIVE_INFINITY);
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
