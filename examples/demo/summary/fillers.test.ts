import { type PipelineEvent, UpstreamError } from 'earshot';
import { describe, expect, it } from 'vitest';
import { renderWaits } from '../timeline/wait-table.js';
import { summariseDegraded } from './degraded.js';
import { purposeOf, reasonOf, summariseWait } from './fillers.js';

const turn = { turnId: 't1', revision: 1 };
const sent = (atMs: number, revision = 1): PipelineEvent => ({
  ...{ type: 'turn-sent', turnId: 't1', text: 'hm' },
  ...{ revision, atMs },
});
type Spoken = Extract<PipelineEvent, { readonly type: 'filler-spoken' }>;
const spoken = (atMs: number, changes: Partial<Spoken> = {}): Spoken => ({
  ...{ type: 'filler-spoken', turnId: 't1', fillerId: `f#${atMs}`, text: 'Well.', atMs },
  ...{ context: null, expectedMs: 2000, nth: 1 },
  ...changes,
});
const heldBack = (atMs: number): PipelineEvent => ({
  ...{ type: 'filler-held-back', turnId: 't1', reason: 'the reply is expected soon', expectedMs: 300, atMs },
});

describe('what bridged a wait', () => {
  it('is told with what it was chosen for, and the wait that was expected then, counted from the question', () => {
    const events = [
      sent(1000),
      spoken(1600, { context: 'question' }),
      spoken(7600, { text: 'Still looking.', context: 'long-wait', expectedMs: 1500, nth: 2 }),
    ];

    expect(summariseWait(events, turn, Infinity, 9400)).toEqual({
      fillers: [
        { atMs: 1600, text: 'Well.', context: 'question', expectedWaitMs: 2600 },
        { atMs: 7600, text: 'Still looking.', context: 'long-wait', expectedWaitMs: 8100 },
      ],
      heldBack: null,
      waitedMs: 8400,
    });
  });

  it('is silence where a filler was held back, and an apology where nothing came', () => {
    const apology = spoken(4000, { text: 'Sorry.', context: 'apology', expectedMs: null, nth: 0 });

    expect(summariseWait([sent(1000), heldBack(1400), apology], turn, Infinity, null)).toEqual({
      fillers: [{ atMs: 4000, text: 'Sorry.', context: 'apology', expectedWaitMs: null }],
      heldBack: { atMs: 1400, reason: 'the reply is expected soon', expectedWaitMs: 700 },
      waitedMs: null,
    });
  });

  it('is that of one revision of one turn', () => {
    const events = [
      sent(1000),
      spoken(1400),
      spoken(1500, { turnId: 't2' }),
      sent(5000, 2),
      spoken(5400, { text: 'One moment.' }),
    ];
    const textsOf = (revision: number, untilMs: number) =>
      summariseWait(events, { ...turn, revision }, untilMs, null).fillers.map(({ text }) => text);

    expect([textsOf(1, 4000), textsOf(2, Infinity)]).toEqual([['Well.'], ['One moment.']]);
    expect(summariseWait([spoken(1400)], turn, Infinity, null).fillers).toEqual([]);
  });

  it('has words for each purpose', () => {
    expect(reasonOf(spoken(0, { context: 'request', expectedMs: 1840 }))).toBe(
      'fits a request; the answer is expected in 1.8 s',
    );
    expect(reasonOf(spoken(0, { context: 'apology', expectedMs: null }))).toBe(
      'says that there will be no answer',
    );
    const purposes = ([null, 'question', 'greeting', 'long-wait'] as const).map(purposeOf);
    expect(purposes).toEqual(['fits any wait', 'fits a question', 'fits a greeting', 'fits a long wait']);
  });
});

describe('the table of waits', () => {
  const row = {
    ...{ turnId: 't1', said: 'Hm?', answered: 'Yes.', endOfSpeechMs: 500, turnEndedMs: 1000 },
    ...{ fillerHeardMs: null, firstReplyHeardMs: 9400, replyHeardMs: 900, outcome: 'answered' },
  };

  it('has each filler and each silence with its reason, those of a turn that went on before the others', () => {
    const first = { ...row, ...summariseWait([sent(1000), heldBack(1400)], turn, Infinity, 1800) };
    const again = summariseWait(
      [sent(1000, 2), spoken(1600, { text: '<Hm>' })],
      { ...turn, revision: 2 },
      Infinity,
      9400,
    );

    const cells = renderWaits([{ ...row, ...again, earlierRevisions: [first] }])
      .match(/<tr>.*<\/tr>/g)
      ?.slice(1);

    expect(cells).toEqual([
      '<tr><td>1</td><td>1.40 s</td><td>none</td><td>the reply is expected soon</td><td>700 ms</td><td>800 ms</td></tr>',
      '<tr><td>1</td><td>1.60 s</td><td>&lt;Hm&gt;</td><td>fits any wait</td><td>2600 ms</td><td>8400 ms</td></tr>',
    ]);
  });

  it('says how a wait without an answer ended', () => {
    const wait = summariseWait([sent(1000), spoken(1600)], turn, Infinity, null);
    const page = renderWaits([{ ...row, ...wait, earlierRevisions: [{ ...row, ...wait }] }]);

    expect(page.match(/<td>(cut short|no answer)<\/td><\/tr>/g)).toEqual([
      '<td>cut short</td></tr>',
      '<td>no answer</td></tr>',
    ]);
  });

  it('says so when there were none', () => {
    expect(renderWaits([row])).toContain('Nobody had to wait');
  });
});

describe('the times without the service', () => {
  it('are told with their reason, and how they ended, if they did', () => {
    const error = new UpstreamError('UPSTREAM_UNREACHABLE', 'nobody listens there');
    const events: PipelineEvent[] = [
      { type: 'degraded-mode-entered', error, atMs: 100 },
      { type: 'degraded-mode-left', lastedMs: 400, turnsLost: 2, atMs: 500 },
      { type: 'degraded-mode-entered', error, atMs: 900 },
    ];

    expect(summariseDegraded(events)).toEqual([
      { fromMs: 100, toMs: 500, why: '[UPSTREAM_UNREACHABLE] nobody listens there', turnsLost: 2 },
      { fromMs: 900, toMs: null, why: '[UPSTREAM_UNREACHABLE] nobody listens there', turnsLost: null },
    ]);
  });
});
