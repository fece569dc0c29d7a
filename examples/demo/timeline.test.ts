import { describe, expect, it } from 'vitest';
import type { TimelineBargeIn, TimelineData } from './timeline/data.js';
import { envelope, renderTimeline } from './timeline.js';

const quiet = { min: [-0.1, -0.2], max: [0.1, 0.2], stepMs: 10 };
const bargeIn: TimelineBargeIn = {
  kind: 'reply',
  speechOnsetMs: 5000,
  duckedMs: 5090,
  silentMs: 5260,
  restoredMs: null,
};
const cough: TimelineBargeIn = {
  kind: 'cough',
  speechOnsetMs: 9000,
  duckedMs: 9150,
  silentMs: null,
  restoredMs: 9440,
};

function demo(changes: Partial<TimelineData> = {}): TimelineData {
  return {
    title: 'A talk',
    durationMs: 12_000,
    microphone: quiet,
    loudspeaker: quiet,
    speechProbability: [[32, 0.1]],
    states: [{ name: 'idle', fromMs: 0, toMs: 12_000 }],
    events: [{ atMs: 3000, type: 'reply', label: 'reply' }],
    turns: [
      {
        turnId: 't1',
        said: 'Is it late?',
        answered: 'It is.',
        endOfSpeechMs: 2000,
        turnEndedMs: 2510,
        fillerHeardMs: 2910,
        firstReplyHeardMs: 3900,
        replyHeardMs: 1360,
        outcome: 'barged-in',
      },
    ],
    bargeIns: [bargeIn, cough],
    totals: { turns: 1, answered: 1, bargeIns: 1, coughs: 1, durationMs: 12_000, fillerDelayMs: 400 },
    ...changes,
  };
}

describe('envelope', () => {
  it('keeps the extremes of every step, the last and shorter one included', () => {
    const samples = Float32Array.of(0, 0.5, -0.25, 0.125, -1, 0.75, 0.3);

    expect(envelope(samples, 1000, 3)).toEqual({ min: [-0.25, -1, 0.3], max: [0.5, 0.75, 0.3], stepMs: 3 });
  });

  it('leaves out no sample when a step is no whole number of samples', () => {
    const samples = new Float32Array(441).map((_, i) => i / 441);

    const { min, max } = envelope(samples, 44_100, 1);

    expect(max).toHaveLength(10);
    expect(max.at(-1)).toBeCloseTo(440 / 441, 3);
    max.slice(0, -1).forEach((high, i) => {
      expect((min[i + 1] ?? 0) - high).toBeCloseTo(1 / 441, 2);
    });
  });

  it('has no steps when there is no sound, and refuses a step of nothing', () => {
    expect(envelope(new Float32Array(0), 48_000, 10)).toEqual({ min: [], max: [], stepMs: 10 });
    expect(() => envelope(new Float32Array(1), 48_000, 0)).toThrow('not 0 ms at 48000 Hz');
  });
});

describe('renderTimeline', () => {
  it('makes a page that needs nothing but itself', () => {
    const page = renderTimeline(demo());

    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/https?:|\bsrc=|\bhref=|@import|\burl\(|\bfetch\(/);
  });

  it('tells how long each phase of a turn took and how long a barge-in took', () => {
    const page = renderTimeline(demo());

    expect(page).toContain('deciding that the turn is over: 510 ms');
    expect(page).toContain('waiting in silence: 400 ms');
    expect(page).toContain('filler and what was left of the wait: 990 ms');
    expect(page).toContain('<b>1900 ms</b>, then 1360 ms heard');
    expect(page).toContain('ducked <b>after 90 ms</b>');
    expect(page).toContain('silent <b>after 260 ms</b>');
    expect(page).toContain('restored <b>290 ms later</b>');
    expect(page).toContain('>passed<');
  });

  it.each<[string, Partial<TimelineData>, string]>([
    ['a barge-in that ducks late', { bargeIns: [{ ...bargeIn, duckedMs: 5130 }] }, 'ducked after 130 ms'],
    ['a barge-in that is silent late', { bargeIns: [{ ...bargeIn, silentMs: 5400 }] }, 'silent after 400 ms'],
    ['a barge-in that silences nothing', { bargeIns: [{ ...bargeIn, silentMs: null }] }, 'never silenced'],
    ['a cough that cuts', { bargeIns: [{ ...cough, silentMs: 9300 }] }, 'cut the reply'],
    [
      'a cough after which nothing is restored',
      { bargeIns: [{ ...cough, restoredMs: null }] },
      'stayed ducked',
    ],
    ['a cough that ducks for long', { bargeIns: [{ ...cough, restoredMs: 9700 }] }, 'down for 550 ms'],
    ['a turn without an answer', { totals: { ...demo().totals, answered: 0 } }, '1 of 1 turns had no answer'],
    ['a problem that it is told', { problems: ['The lamp was off.'] }, 'The lamp was off.'],
  ])('fails on %s', (_, changes, sentence) => {
    const page = renderTimeline(demo(changes));

    expect(page).toContain('>failed<');
    expect(page).toContain(sentence);
  });

  it('shows words as words, whatever characters they hold', () => {
    const said = '</script><b>"Fish" & chips</b>';
    const page = renderTimeline(
      demo({ title: '<i>', turns: demo().turns.map((turn) => ({ ...turn, said })) }),
    );

    expect(page).not.toContain('<b>"Fish"');
    expect(page).toContain('&lt;b&gt;&quot;Fish&quot; &amp; chips');
    expect(page).toContain('<h1>&lt;i&gt;</h1>');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    expect((JSON.parse(json) as TimelineData).turns[0]?.said).toBe(said);
  });

  it('draws a conversation in which nothing happened', () => {
    const page = renderTimeline(
      demo({
        turns: [],
        bargeIns: [],
        events: [],
        speechProbability: [],
        totals: { turns: 0, answered: 0, bargeIns: 0, coughs: 0, durationMs: 12_000, fillerDelayMs: 400 },
      }),
    );

    expect(page).toContain('No turns.');
    expect(page).toContain('Nobody barged in.');
  });
});
