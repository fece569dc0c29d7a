import { describe, expect, it } from 'vitest';
import { createEventLines } from './event-lines.js';
import { createScreen } from './screen.js';

function output(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 40, writableLength: 0, written, write: (text: string) => written.push(text) };
}
const clear = '\r\u001b[2K';

describe('a screen', () => {
  it('keeps the live line below whatever is written', () => {
    const to = output(true);
    const screen = createScreen(to, true);
    screen.live('one');
    screen.live('one');
    screen.line('a line of the log');
    screen.live('two');
    screen.end();
    screen.line('the last one');
    screen.live('never');
    expect(to.written).toEqual([
      `${clear}one`,
      clear,
      'a line of the log\n',
      'one',
      `${clear}two`,
      clear,
      'the last one\n',
    ]);
  });

  it.each([
    [false, true],
    [true, false],
  ])('has no live line where there is no terminal (%s), or none is wanted (%s)', (isTTY, wantsLive) => {
    const to = output(isTTY);
    const screen = createScreen(to, wantsLive);
    screen.live('one');
    screen.line('a line');
    screen.end();
    expect([screen.isLive, to.written]).toEqual([false, ['a line\n']]);
  });

  it('drops what nobody reads, and says how much that was', () => {
    const to = { ...output(false) };
    const screen = createScreen(to, false);
    to.writableLength = 2 * 1024 * 1024;
    screen.line('lost');
    screen.line('lost too');
    to.writableLength = 0;
    screen.line('there again');
    screen.line('and again');
    expect(to.written).toEqual([
      '2 lines of the log were not read in time and are lost\nthere again\n',
      'and again\n',
    ]);
  });
});

describe('event lines', () => {
  it('are JSON without secrets, without stacks, and whole whatever a service has put in', () => {
    const to = output(false);
    const lines = createEventLines(to);
    lines.keepOut(['Bearer "xyz"', 'abc']);
    const error = Object.assign(new Error('the token Bearer "xyz" is not taken'), { stack: 'a stack' });
    lines.write({ type: 'degraded', part: 'fillers', error, atMs: 3 });
    const args: Record<string, unknown> = {};
    args['self'] = args;
    lines.write({ type: 'action', replyId: 'r', command: 'c', args, atMs: 4 });
    lines.write({ type: 'reply-text', replyId: 'r', text: 'abc', atMs: 5 });
    expect(to.written.map((line) => JSON.parse(line))).toEqual([
      {
        type: 'degraded',
        part: 'fillers',
        error: { name: 'Error', message: 'the token *** is not taken' },
        atMs: 3,
      },
      { type: 'action', atMs: 4 },
      // Too short to be one: it would mask half of what people say.
      { type: 'reply-text', replyId: 'r', text: 'abc', atMs: 5 },
    ]);
  });
});
