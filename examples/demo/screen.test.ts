import type { PipelineEvent } from 'earshot';
import { describe, expect, it } from 'vitest';
import { createScreen } from './screen.js';

function record(isTTY: boolean) {
  const written: string[] = [];
  const output = { isTTY, columns: 40, write: (text: string) => written.push(text) };
  return { written, screen: createScreen(output) };
}

describe('the screen', () => {
  it('shows progress in one line of a terminal, which what is told takes the place of', () => {
    const { written, screen } = record(true);
    screen.progress(`kokoro: 12 % of 326 MB${'.'.repeat(60)}`, 0.12);
    screen.tell('kokoro speaks.');

    expect(written).toEqual([
      `\r\x1b[K${'kokoro: 12 % of 326 MB'.padEnd(39, '.')}`,
      '\r\x1b[K',
      'kokoro speaks.\n',
    ]);
  });

  it('shows progress elsewhere one line for each tenth, for each thing anew', () => {
    const { written, screen } = record(false);
    for (let percent = 0; percent <= 100; percent++) screen.progress(`${percent} %`, percent / 100);
    screen.tell('Done.');
    screen.progress('5 %', 0.05);
    screen.progress('15 %', 0.15);
    screen.progress('some', null);

    expect(written).toEqual([
      ...[
        '10 %\n',
        '20 %\n',
        '30 %\n',
        '40 %\n',
        '50 %\n',
        '60 %\n',
        '70 %\n',
        '80 %\n',
        '90 %\n',
        '100 %\n',
      ],
      ...['Done.\n', '15 %\n'],
    ]);
  });

  it('has a line for why there was silence, and for what was lost', () => {
    const { written, screen } = record(false);
    const show = (event: unknown) => screen.show(event as PipelineEvent);
    show({
      ...{ type: 'filler-held-back', turnId: 't1', atMs: 1400, expectedMs: 700 },
      reason: 'the reply is expected before a filler would be over',
    });
    show({ type: 'degraded-mode-entered', atMs: 2000, error: new Error('nobody listens there') });
    show({ type: 'degraded-mode-left', atMs: 5000, lastedMs: 3000, turnsLost: 1 });
    show({ type: 'fact', atMs: 6000, fact: 'speech-clause-failed', detail: 'clause 2', count: 1 });
    show({ type: 'fact', atMs: 6000, fact: 'capture-xrun', detail: '10 ms', count: 1 });

    expect(written).toEqual([
      '  1.40 s  silent  the reply is expected before a filler would be over, in 0.7 s\n',
      '  2.00 s  lost    the service cannot be reached: nobody listens there\n',
      '  5.00 s  back    the service can be reached again, after 3.0 s; 1 turn lost\n',
      '  6.00 s  speech-clause-failed: clause 2\n',
    ]);
  });
});
