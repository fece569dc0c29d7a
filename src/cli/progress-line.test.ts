import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countSeconds, createProgressLine } from './progress-line.js';

function draw(isTTY: boolean) {
  const written: string[] = [];
  const progress = createProgressLine({ isTTY, columns: 20, write: (text) => written.push(text) });
  return { progress, written };
}

describe('the progress line', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is drawn anew on one line of a terminal, and gone when something else is written', () => {
    const { progress, written } = draw(true);
    for (const text of ['one', 'one', `two ${'.'.repeat(40)}`]) progress.show(text);
    progress.clear();
    progress.clear();

    expect(written).toEqual(['\r\x1b[Kone', `\r\x1b[Ktwo ${'.'.repeat(14)}\u2026`, '\r\x1b[K']);
  });

  it('counts the seconds of what takes longer than one, until it is over', () => {
    const { progress, written } = draw(true);
    const over = countSeconds(progress, 'waiting');
    vi.advanceTimersByTime(2500);
    over();
    over();
    vi.advanceTimersByTime(5000);

    expect(written).toEqual(['\r\x1b[Kwaiting: 1 s', '\r\x1b[Kwaiting: 2 s', '\r\x1b[K']);
  });

  it('is nothing where there is no terminal', () => {
    const { progress, written } = draw(false);
    const over = countSeconds(progress, 'waiting');
    progress.show('half');
    vi.advanceTimersByTime(2500);
    over();

    expect(written).toEqual([]);
  });
});
