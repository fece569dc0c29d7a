import type { PipelineEvent } from 'earshot';
import { describe, expect, it } from 'vitest';
import { emptyView, seen, type View } from './view.js';

const turn = { turnId: 't1', revision: 1 } as const;
const reply = { kind: 'reply', id: 'r1' } as const;
const filler = { kind: 'filler', id: 'f1' } as const;

const spoken = (text: string, final = false): PipelineEvent => ({
  ...{ type: 'transcript', ...turn, text, final, engine: 'scripted', atMs: 0 },
});
const sent = (text: string): PipelineEvent => ({ type: 'turn-sent', ...turn, text, atMs: 0 });
const fillerSpoken: PipelineEvent = {
  ...{ type: 'filler-spoken', turnId: 't1', fillerId: 'f1', text: 'One moment.', context: null },
  ...{ expectedMs: 2000, nth: 1, atMs: 0 },
};
const text = (piece: string): PipelineEvent => ({ type: 'reply-text', replyId: 'r1', text: piece, atMs: 0 });
const ended = (whole: string, receivedMs: number): PipelineEvent => ({
  ...{
    type: 'reply-ended',
    replyId: 'r1',
    reason: 'complete',
    receivedMs,
    text: whole,
    message: null,
    atMs: 0,
  },
});
const progress = (heardMs: number, owner: typeof reply | typeof filler = reply): PipelineEvent => ({
  ...{ type: 'playout-progress', owner, heardMs, atMs: 0 },
});
const bargeIn = (heardText: string): PipelineEvent => ({
  ...{ type: 'barge-in', by: 'speech', onsetMs: 0, turnId: 't1', replyId: 'r1', fillerId: null },
  ...{ heardMs: 500, heardText, atMs: 0 },
});

/** The lines after these events: who, what was heard, and what was not. */
function linesOf(...events: readonly PipelineEvent[]) {
  const view = events.reduce<View>(seen, emptyView);
  return view.lines.map(({ by, text: all, heard, isOver }) => {
    const rest = all.slice(heard);
    const mark = isOver ? 'cut' : 'to come';
    return `${by}: ${all.slice(0, heard)}${rest === '' ? '' : ` [${mark}:${rest}]`}`;
  });
}

describe('what a screen shows', () => {
  it('is one line of the visitor, as it grows and then as it was sent', () => {
    expect(linesOf(spoken('Go'), spoken('Go for'), spoken('Go forward.', true))).toEqual([
      'you: Go forward.',
    ]);
    expect(linesOf(spoken('Go for'), sent('Go forward.'), sent('Go forward. Ten meters.'))).toEqual([
      'you: Go forward. Ten meters.',
    ]);
  });

  it('is a reply by the share of it that was heard, guessed until its length is known', () => {
    const said = [text('I have '), text('no wheels.')];

    expect(linesOf(...said)).toEqual(['it:  [to come:I have no wheels.]']);
    // 17 letters of 70 ms each.
    expect(linesOf(...said, progress(490))).toEqual(['it: I have  [to come:no wheels.]']);
    expect(linesOf(...said, ended('I have no wheels.', 850), progress(300))).toEqual([
      'it: I have [to come: no wheels.]',
    ]);
  });

  it('is the rest of a reply as cut, where the loop says that it was', () => {
    const said = [text('I have no wheels.'), progress(1000), bargeIn('I have')];

    expect(linesOf(...said)).toEqual(['it: I have [cut: no wheels.]']);
    // What comes late changes nothing.
    expect(linesOf(...said, text(' Really.'), progress(1100))).toEqual(['it: I have [cut: no wheels.]']);
  });

  it('is a reply as a whole that was heard to its end', () => {
    const heard: PipelineEvent = {
      type: 'playout-ended',
      owner: reply,
      heardMs: 850,
      reason: 'heard',
      atMs: 0,
    };

    expect(linesOf(text('I have no wheels.'), progress(500), heard)).toEqual(['it: I have no wheels.']);
  });

  it('is a filler as what it is, and as cut where it was', () => {
    const cut: PipelineEvent = { type: 'playout-ended', owner: filler, heardMs: 300, reason: 'cut', atMs: 0 };

    expect(linesOf(sent('Hello.'), fillerSpoken)).toEqual(['you: Hello.', 'filler: One moment.']);
    expect(linesOf(fillerSpoken, cut)).toEqual(['filler:  [cut:One moment.]']);
  });

  it('is no more than twelve lines', () => {
    const many = Array.from(
      { length: 30 },
      (_, n) => ({ ...fillerSpoken, fillerId: `f${n}` }) as PipelineEvent,
    );

    expect(linesOf(...many)).toHaveLength(12);
  });

  it('stays the same object for what is not shown', () => {
    expect(seen(emptyView, { type: 'microphone-muted', muted: true, atMs: 0 })).toBe(emptyView);
  });
});
