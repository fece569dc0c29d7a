import { describe, expect, it } from 'vitest';
import type { ConversationEffect } from './conversation-effect.js';
import type { ConversationEvent } from './conversation-event.js';
import { type ConversationState, type Interruptible, turnOf } from './conversation-state.js';
import { transition } from './transition.js';

const turn = { turnId: 't1', revision: 1 };
const awaiting = { name: 'awaiting-reply', ...turn, reopenUntilMs: 1000 } as const;
const filling = { name: 'filling', ...turn, reopenUntilMs: 1000, fillerId: 'f1' } as const;
const replying = {
  name: 'replying',
  ...turn,
  replyId: 'r1',
  interruptible: true,
  progress: 'receiving',
} as const;
const apologising = { name: 'apologising', turnId: 't1', fillerId: 'f1' } as const;
const states: readonly ConversationState[] = [
  { name: 'idle' },
  { name: 'listening', ...turn },
  awaiting,
  filling,
  replying,
  { ...replying, progress: 'sent' },
  { ...replying, progress: 'stalled' },
  { ...replying, interruptible: false },
  apologising,
  { name: 'ducking', over: awaiting },
  { name: 'ducking', over: filling },
  { name: 'ducking', over: replying },
  { name: 'ducking', over: { ...replying, progress: 'sent' } },
  { name: 'ducking', over: apologising },
  { name: 'closed' },
];
const own = 'own';
const abandoned = 'abandoned';
const events: readonly (readonly [string, ConversationEvent])[] = [
  ['speech-started', { type: 'speech-started' }],
  ['speech-misfired', { type: 'speech-misfired' }],
  ['speech-confirmed (in the window)', { type: 'speech-confirmed', onsetMs: 900, nextTurnId: 't2' }],
  ['speech-confirmed (later)', { type: 'speech-confirmed', onsetMs: 1100, nextTurnId: 't2' }],
  ['backchannel-heard', { type: 'backchannel-heard' }],
  ['floor-taken (in the window)', { type: 'floor-taken', atMs: 900, nextTurnId: 't2' }],
  ['floor-taken (later)', { type: 'floor-taken', atMs: 1100, nextTurnId: 't2' }],
  ['muted', { type: 'muted', reopenUntilMs: 1000 }],
  ['turn-ended', { type: 'turn-ended', reopenUntilMs: 1000 }],
  ['turn-empty', { type: 'turn-empty', ...turn }],
  [`turn-failed (${own})`, { type: 'turn-failed', ...turn }],
  [`turn-failed (${abandoned})`, { type: 'turn-failed', turnId: 't1', revision: 0 }],
  [`filler-due (${own})`, { type: 'filler-due', ...turn, fillerId: 'f1' }],
  [`filler-due (${abandoned})`, { type: 'filler-due', turnId: 't0', revision: 1, fillerId: 'f0' }],
  [`apology-due (${own})`, { type: 'apology-due', turnId: 't1', fillerId: 'f1' }],
  [`filler-ended (${own})`, { type: 'filler-ended', fillerId: 'f1' }],
  [`filler-ended (${abandoned})`, { type: 'filler-ended', fillerId: 'f0' }],
  [`reply-started (${own})`, { type: 'reply-started', ...turn, replyId: 'r1', interruptible: true }],
  [
    'reply-started (uninterruptible)',
    { type: 'reply-started', ...turn, replyId: 'r1', interruptible: false },
  ],
  [
    `reply-started (${abandoned})`,
    { type: 'reply-started', turnId: 't1', revision: 0, replyId: 'r0', interruptible: true },
  ],
  [`reply-ended (${own})`, { type: 'reply-ended', replyId: 'r1' }],
  [`reply-ended (${abandoned})`, { type: 'reply-ended', replyId: 'r0' }],
  [`reply-stalled (${own})`, { type: 'reply-stalled', replyId: 'r1' }],
  [`reply-stalled (${abandoned})`, { type: 'reply-stalled', replyId: 'r0' }],
  [`playout-drained (${own})`, { type: 'playout-drained', replyId: 'r1' }],
  [`playout-drained (${abandoned})`, { type: 'playout-drained', replyId: 'r0' }],
  ['session-lost', { type: 'session-lost' }],
  ['capture-lost', { type: 'capture-lost' }],
  ['playout-lost', { type: 'playout-lost' }],
  ['close-requested', { type: 'close-requested' }],
];

function label(state: ConversationState): string {
  switch (state.name) {
    case 'ducking':
      return `ducking(${label(state.over)})`;
    case 'replying':
      return `replying[${[state.progress, state.interruptible ? '' : 'uninterruptible'].filter(Boolean).join(', ')}]`;
    case 'listening':
      return state.turnId === 't1' && state.revision === 1
        ? 'listening'
        : `listening[${state.turnId}, revision ${state.revision}]`;
    default:
      return state.name;
  }
}

describe('transition', () => {
  it('answers every event in every state as docs/reference/conversation-table.md says', async () => {
    const rows = states.flatMap((state) =>
      events.map(([name, event]) => {
        const next = transition(state, event);
        const what = next.state === state ? 'unchanged' : label(next.state);
        return `| ${label(state)} | ${name} | ${what} | ${next.effects.map(({ type }) => type).join(', ')} |`;
      }),
    );
    expect(rows).toHaveLength(states.length * events.length);
    const page = [
      '# The conversation, state by event',
      '',
      'Written by the test of `transition`, which fails when this page and the function differ.',
      'Refresh it with `npx vitest run src/core/conversation/transition.test.ts -u`, and read the difference.',
      '',
      '| state | event | next state | effects |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    await expect(page).toMatchFileSnapshot('../../../docs/reference/conversation-table.md');
  });

  it('returns the very same object when nothing changes, and then asks for nothing', () => {
    for (const state of states) {
      for (const [name, event] of events) {
        const next = transition(state, event);
        if (next.state === state) expect(next.effects, `${label(state)} + ${name}`).toEqual([]);
        else expect(next.state, `${label(state)} + ${name}`).not.toEqual(state);
      }
    }
  });

  it('does the same for a press of the button as for certain speech, in every state', () => {
    for (const state of states) {
      for (const ms of [900, 1000, 1100]) {
        const pressed = transition(state, { type: 'floor-taken', atMs: ms, nextTurnId: 't2' });
        const spoken = transition(state, { type: 'speech-confirmed', onsetMs: ms, nextTurnId: 't2' });
        expect(pressed, label(state)).toEqual(spoken);
      }
    }
  });

  it('lets a backchannel and a mute end a suspicion as a misfire does, and never lets them cut', () => {
    for (const state of states) {
      const misfired = transition(state, { type: 'speech-misfired' });
      expect(transition(state, { type: 'backchannel-heard' }), label(state)).toEqual(misfired);
      const muted = transition(state, { type: 'muted', reopenUntilMs: 1000 });
      if (state.name !== 'listening') expect(muted, label(state)).toEqual(misfired);
      expect(muted.effects.map(({ type }) => type)).not.toContain('cancel-reply');
    }
  });

  it('gives a reopened turn the next revision, and a barge-in over a reply a new turn', () => {
    const early = { type: 'speech-confirmed', onsetMs: 1000, nextTurnId: 't2' } as const;
    expect(transition(filling, early).state).toEqual({ name: 'listening', turnId: 't1', revision: 2 });
    expect(transition(replying, early).state).toEqual({ name: 'listening', turnId: 't2', revision: 1 });
  });
});

/** Every event that could be about this state, with right ids, wrong ids, and ids that were cancelled. */
function possible(
  state: ConversationState,
  depth: number,
  cancelled: readonly string[],
): ConversationEvent[] {
  const current = turnOf(state) ?? { turnId: 'none', revision: 1 };
  const over: ConversationState = state.name === 'ducking' ? state.over : state;
  const replyId = over.name === 'replying' ? over.replyId : `r-${current.turnId}-${current.revision}`;
  const fillerId = over.name === 'filling' || over.name === 'apologising' ? over.fillerId : `f${depth}`;
  const stale = cancelled.flatMap((key): ConversationEvent[] => {
    const [turnId = '', revision = ''] = key.split('/');
    const of = { turnId, revision: Number(revision) };
    return [
      { type: 'reply-started', ...of, replyId: `r-${turnId}-${revision}`, interruptible: true },
      { type: 'turn-failed', ...of },
    ];
  });
  return [
    { type: 'speech-started' },
    { type: 'speech-misfired' },
    { type: 'speech-confirmed', onsetMs: 500, nextTurnId: `t${depth}` },
    { type: 'speech-confirmed', onsetMs: 5000, nextTurnId: `t${depth}` },
    { type: 'backchannel-heard' },
    { type: 'floor-taken', atMs: 500, nextTurnId: `t${depth}` },
    { type: 'muted', reopenUntilMs: 1000 },
    { type: 'turn-ended', reopenUntilMs: 1000 },
    { type: 'turn-empty', ...current },
    { type: 'turn-failed', ...current },
    { type: 'filler-due', ...current, fillerId },
    { type: 'apology-due', turnId: current.turnId, fillerId },
    { type: 'filler-ended', fillerId },
    { type: 'reply-started', ...current, replyId, interruptible: true },
    { type: 'reply-started', ...current, replyId, interruptible: false },
    { type: 'reply-ended', replyId },
    { type: 'reply-stalled', replyId },
    { type: 'playout-drained', replyId },
    { type: 'session-lost' },
    { type: 'capture-lost' },
    { type: 'playout-lost' },
    { type: 'close-requested' },
    ...stale,
  ];
}

/** What an onlooker at the edges knows after the effects of a walk. */
interface Edges {
  readonly ducked: boolean;
  readonly cancelled: readonly string[];
  readonly openTurns: readonly string[];
}

function after(edges: Edges, effects: readonly ConversationEffect[], state: ConversationState): Edges {
  let { ducked, cancelled, openTurns } = edges;
  for (const effect of effects) {
    switch (effect.type) {
      case 'duck':
        expect(ducked, 'ducks only once').toBe(false);
        ducked = true;
        break;
      case 'restore':
      case 'flush-playout':
        ducked = false;
        break;
      case 'cancel-reply':
        cancelled = [...cancelled, `${effect.turnId}/${effect.revision}`];
        break;
      case 'open-turn':
        openTurns = [...openTurns, `${effect.turnId}/${effect.revision}`];
        break;
      case 'play-reply': {
        const playing = turnOf(state);
        const key = `${playing?.turnId}/${playing?.revision}`;
        expect(cancelled, 'a cancelled reply is never played').not.toContain(key);
        expect(openTurns, 'only an opened turn is answered').toContain(key);
      }
    }
  }
  return { ducked, cancelled, openTurns };
}

/** Events that come without the user saying another word; a suspicion of speech then turns out to be none. */
const withoutAWord = (event: ConversationEvent) =>
  !['speech-started', 'speech-confirmed', 'floor-taken', 'close-requested'].includes(event.type);

describe('every sequence of events to depth 6', () => {
  const reached = new Map<string, ConversationState>();
  let walked = 0;

  const walk = (state: ConversationState, edges: Edges, depth: number): void => {
    reached.set(JSON.stringify(state), state);
    if (depth === 0) return;
    for (const event of possible(state, depth, edges.cancelled)) {
      const next = transition(state, event);
      walked += 1;
      if (next.state === state) continue;
      const seen = after(edges, next.effects, next.state);
      expect(seen.ducked, `volume in ${label(next.state)} after ${event.type}`).toBe(
        next.state.name === 'ducking',
      );
      walk(next.state, seen, depth - 1);
    }
  };

  it('never plays a cancelled reply, and never leaves the volume low', () => {
    walk({ name: 'idle' }, { ducked: false, cancelled: [], openTurns: [] }, 6);
    expect(walked).toBeGreaterThan(10_000);
    expect(new Set([...reached.values()].map(({ name }) => name))).toEqual(
      new Set(states.map(({ name }) => name)),
    );
  });

  it('can always become idle without the user saying another word', () => {
    for (const start of reached.values()) {
      if (start.name === 'closed') continue;
      const seen = new Set<string>();
      let frontier: ConversationState[] = [start];
      while (frontier.length > 0 && !seen.has('{"name":"idle"}')) {
        frontier = frontier.flatMap((state) => {
          const key = JSON.stringify(state);
          if (seen.has(key)) return [];
          seen.add(key);
          return possible(state, 0, [])
            .filter(withoutAWord)
            .map((event) => transition(state, event).state);
        });
      }
      expect(seen, label(start)).toContain('{"name":"idle"}');
    }
  });

  it('becomes idle by itself when the service answers, stalls or fails: no state waits for what may never come', () => {
    const ends: readonly (readonly [Interruptible, ConversationEvent[]])[] = [
      [awaiting, [{ type: 'turn-failed', ...turn }]],
      [filling, [{ type: 'turn-failed', ...turn }]],
      [
        replying,
        [
          { type: 'reply-stalled', replyId: 'r1' },
          { type: 'playout-drained', replyId: 'r1' },
        ],
      ],
      [replying, [{ type: 'playout-lost' }]],
      [apologising, [{ type: 'filler-ended', fillerId: 'f1' }]],
      [apologising, [{ type: 'playout-lost' }]],
    ];
    for (const [start, path] of ends) {
      const end = path.reduce<ConversationState>((state, event) => transition(state, event).state, start);
      expect(end.name).toBe('idle');
    }
  });
});
