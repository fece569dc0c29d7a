import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../core/errors.js';
import type { PipelineEvent } from '../../core/pipeline/pipeline-event.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import {
  type CommandHook,
  type CommandHooksOptions,
  type CommandReport,
  runCommandHooks,
} from './command-hooks.js';

let folder: string;
const at = (name: string) => join(folder, name);
const read = (name: string) => {
  try {
    return readFileSync(at(name), 'utf8');
  } catch {
    return '';
  }
};
/** A program of the test's own: a script of the shell, which gets its arguments as they are. */
const script = (name: string, body: string) => {
  writeFileSync(at(name), `#!/bin/sh\ncd ${folder}\n${body}\n`, { mode: 0o755 });
  return at(name);
};
async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone(); waitedMs += 5) {
    if (waitedMs > 20_000) throw new Error('not within 20 s');
    await sleep(5);
  }
}
const alive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hooks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

function hooked(hooks: readonly CommandHook[], options: Partial<CommandHooksOptions> = {}) {
  const events$ = new Subject<PipelineEvent>();
  const reports: CommandReport[] = [];
  const ends: string[] = [];
  const subscription = events$.pipe(runCommandHooks(hooks, options)).subscribe({
    next: (report) => reports.push(report),
    error: (error) => ends.push(String(error)),
    complete: () => ends.push('completed'),
  });
  const tell = (event: Record<string, unknown>) =>
    events$.next({ atMs: 1, ...event } as unknown as PipelineEvent);
  const says = (text: string) =>
    tell({ type: 'transcript', turnId: 't1', revision: 1, text, final: true, engine: 'x' });
  return { events$, reports, ends, subscription, tell, says };
}

describe('a hook', () => {
  it('runs its command at its event, with fields of the event in its arguments', async () => {
    const program = script('note', `printf '%s\\n' "$@" > note.txt`);
    const { reports, tell } = hooked([
      {
        on: 'barge-in',
        command: [program, '{type}', 'turn={turnId}', '{heardMs} ms of {replyId}', '{nothing}', '{'],
      },
    ]);

    tell({ type: 'turn-opened', turnId: 't1' });
    tell({ type: 'barge-in', by: 'speech', turnId: 't7', replyId: null, heardMs: 420.5 });
    await until(() => reports.length === 1);

    expect(read('note.txt')).toBe('barge-in\nturn=t7\n420.5 ms of \n\n{\n');
    expect(reports[0]).toMatchObject({ type: 'hook-ran', hook: 0 });
  });

  it('never lets what a person says be read as a command, or as more than one argument', async () => {
    const program = script('note', `printf '<%s>' "$#" "$@" >> note.txt`);
    const { reports, says } = hooked([{ on: 'transcript', command: [program, '{text}', '--text={text}'] }]);

    for (const text of [
      '$(touch owned); touch owned `touch owned` && touch owned',
      'a "b" \'c\' | > owned\n# {turnId} {text}',
      '-rf /',
      'zero\0byte',
    ])
      says(text);
    await until(() => reports.length === 4);

    expect(reports.map(({ type }) => type)).toEqual(Array(4).fill('hook-ran'));
    expect(read('note.txt')).toBe(
      [
        '$(touch owned); touch owned `touch owned` && touch owned',
        'a "b" \'c\' | > owned\n# {turnId} {text}',
        '-rf /',
        'zerobyte',
      ]
        .map((text) => `<2><${text}><--text=${text}>`)
        .join(''),
    );
    expect(read('owned')).toBe('');
  });

  it('cuts a value that no command line could hold, and not in the middle of a character', async () => {
    const program = script('note', `printf '%s' "$1" > note.txt`);
    const { reports, says } = hooked([{ on: 'transcript', command: [program, '{text}'] }]);

    says(`${'x'.repeat(4095)}\u{1F600}${'y'.repeat(1_000_000)}`);
    await until(() => reports.length === 1);

    expect([reports[0]?.type, read('note.txt')]).toEqual(['hook-ran', 'x'.repeat(4095)]);
  });

  it('runs only where the fields of the event are as given', async () => {
    const program = script('note', `echo "$1" >> note.txt`);
    const { reports, tell } = hooked([
      { on: 'state-changed', where: { 'state.name': 'listening' }, command: [program, '{state.turnId}'] },
      { on: ['barge-in', 'turn-empty'], where: { replyId: null }, command: [program, '{type}'] },
    ]);

    for (const name of ['idle', 'listening', 'replying'])
      tell({ type: 'state-changed', state: { name, turnId: name } });
    tell({ type: 'barge-in', replyId: 'r1' });
    tell({ type: 'turn-empty' });
    await until(() => reports.length === 2);
    await sleep(50);

    expect(read('note.txt').split('\n').sort()).toEqual(['', 'listening', 'turn-empty']);
  });

  it('gets the whole event on its standard input where it asks for it; errors without their stack', async () => {
    const program = script('note', 'cat > note.txt');
    const { reports, tell } = hooked([
      { on: 'session-lost', command: [program, '{error.code}'], input: 'event' },
    ]);

    tell({
      type: 'session-lost',
      error: new UpstreamError('UPSTREAM_UNREACHABLE', 'no; wait', { retryable: true }),
      retryInMs: 5,
    });
    await until(() => reports.length === 1);

    expect(JSON.parse(read('note.txt'))).toEqual({
      atMs: 1,
      type: 'session-lost',
      error: {
        name: 'UpstreamError',
        code: 'UPSTREAM_UNREACHABLE',
        message: '[UPSTREAM_UNREACHABLE] no; wait',
        retryable: true,
      },
      retryInMs: 5,
    });
  });

  it('tells of an error of somebody else, and runs for an event that cannot be written down', async () => {
    const program = script('note', `echo "$1|$2" >> note.txt`);
    const { reports, tell } = hooked([{ on: 'degraded', command: [program, '{part}', '{error.message}'] }]);
    const endless: Record<string, unknown> = {};
    endless['self'] = endless;

    tell({ type: 'degraded', part: 'fillers', error: new TypeError('x is not a function') });
    tell({ type: 'degraded', part: 'fillers', error: endless });
    await until(() => reports.length === 2);

    expect(read('note.txt')).toBe('fillers|x is not a function\n|\n');
  });

  it('does not mind a command that reads nothing of a long event', async () => {
    const { reports, says } = hooked([{ on: 'transcript', command: ['true'], input: 'event' }]);
    says('x'.repeat(1_000_000));
    await until(() => reports.length === 1);
    expect(reports[0]?.type).toBe('hook-ran');
  });

  it('sees only the environment that it is allowed', async () => {
    const program = script('note', 'env > note.txt');
    process.env['EARSHOT_TEST_SECRET'] = 'hidden';
    process.env['EARSHOT_TEST_ALLOWED'] = 'seen';
    const { reports, says } = hooked([{ on: 'transcript', command: [program] }], {
      inherit: ['PATH', 'EARSHOT_TEST_ALLOWED', 'EARSHOT_TEST_MISSING'],
      env: { EXTRA: 'x y' },
    });
    says('hello');
    await until(() => reports.length === 1);
    delete process.env['EARSHOT_TEST_SECRET'];
    delete process.env['EARSHOT_TEST_ALLOWED'];

    const names = read('note.txt')
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'EARSHOT_TEST_ALLOWED', 'EXTRA']));
    expect(names).not.toContain('EARSHOT_TEST_SECRET');
    expect(names).not.toContain('HOME');
  });

  it('that takes too long is killed with what it has started, and the next runs', async () => {
    const program = script(
      'slow',
      `[ "$1" = quick ] && exit 0\nwhile [ ! -e go ]; do sleep 0.01; done\nsleep 300 &\necho ready >&2\necho $! > child.pid\nwait`,
    );
    const clock = createVirtualClock();
    const { reports, says } = hooked([{ on: 'transcript', command: [program, '{text}'] }], {
      timeLimitMs: 400,
      scheduler: clock.scheduler,
    });

    says('slow');
    says('quick');
    // A process that is busy gets to no event until the time is over: what the command had said by then is read all the same.
    await sleep(0);
    writeFileSync(at('go'), '');
    for (const givenUpMs = Date.now() + 20_000; !read('child.pid').endsWith('\n'); ) {
      if (Date.now() > givenUpMs) throw new Error('the command did not begin within 20 s');
    }
    const child = Number(read('child.pid'));
    clock.advanceBy(399);
    expect([reports, alive(child)]).toEqual([[], true]);
    clock.advanceBy(1);
    await until(() => reports.length === 2);

    expect(reports[0]).toMatchObject({
      type: 'hook-failed',
      reason: 'time-limit',
      detail: expect.stringMatching(/slow did not end within 400 ms and was killed: "ready"$/),
    });
    expect(reports[1]?.type).toBe('hook-ran');
    await until(() => !alive(child));
  });

  it('is reported where it fails, and where there is no such program', async () => {
    const failing = script('failing', 'echo "no such lamp" >&2; exit 3');
    const killed = script('killed', 'kill -9 $$');
    const { reports, says } = hooked([
      { on: 'transcript', command: [failing] },
      { on: 'transcript', command: [killed] },
      { on: 'transcript', command: ['/nowhere/at-all'] },
    ]);
    says('hello');
    await until(() => reports.length === 3);

    const byHook = [...reports].sort((a, b) => a.hook - b.hook);
    expect(byHook).toEqual([
      expect.objectContaining({
        type: 'hook-failed',
        reason: 'exit-code',
        detail: expect.stringMatching(/exited with code 3: "no such lamp"$/),
      }),
      expect.objectContaining({ type: 'hook-failed', reason: 'signal' }),
      expect.objectContaining({
        type: 'hook-failed',
        reason: 'not-started',
        detail: expect.stringMatching(/ENOENT/),
      }),
    ]);
  });
});

describe('hooks together', () => {
  it('run in the order of their events, one never twice at once, and drop the oldest that waits', async () => {
    const program = script(
      'note',
      `[ -e running ] && echo overlap >> note.txt\n: > running\necho "$1" >> note.txt\nwhile [ ! -e go ]; do sleep 0.01; done\nrm running`,
    );
    const { reports, says } = hooked([{ on: 'transcript', command: [program, '{text}'] }], {
      mostRunning: 4,
      mostWaiting: 3,
    });

    for (let n = 1; n <= 10; n++) says(String(n));
    expect(reports).toEqual([1, 2, 3, 4, 5, 6].map((count) => ({ type: 'hook-dropped', hook: 0, count })));
    writeFileSync(at('go'), '');
    await until(() => reports.length === 10);

    expect(read('note.txt')).toBe('1\n8\n9\n10\n');
  });

  it('do not hold each other up', async () => {
    const slow = script('slow', 'while [ ! -e go ]; do sleep 0.01; done');
    const { reports, says } = hooked([
      { on: 'transcript', command: [slow] },
      { on: 'transcript', command: ['true'] },
    ]);

    says('one');
    says('two');
    await until(() => reports.filter(({ hook }) => hook === 1).length === 2);
    expect(reports.filter(({ hook }) => hook === 0)).toEqual([]);
    writeFileSync(at('go'), '');
    await until(() => reports.length === 4);
  });

  it('complete when the last command has ended, and are killed when nobody listens any more', async () => {
    const slow = script('slow', 'echo $$ > slow.pid\nwhile [ ! -e go ]; do sleep 0.01; done');
    const first = hooked([{ on: 'transcript', command: [slow] }]);
    first.says('hello');
    first.events$.complete();
    await until(() => read('slow.pid') !== '');
    expect(first.ends).toEqual([]);
    writeFileSync(at('go'), '');
    await until(() => first.ends.length === 1);
    expect([first.reports[0]?.type, first.ends]).toEqual(['hook-ran', ['completed']]);

    rmSync(at('go'));
    rmSync(at('slow.pid'));
    const second = hooked([{ on: 'transcript', command: [slow] }]);
    second.says('one');
    second.says('two');
    await until(() => read('slow.pid').endsWith('\n'));
    const pid = Number(read('slow.pid'));
    second.subscription.unsubscribe();
    await until(() => !alive(pid));
    expect(second.reports).toEqual([]);
  });

  it('pass an error of the events on', () => {
    const { events$, ends } = hooked([]);
    events$.error('broken');
    expect(ends).toEqual(['broken']);
  });

  it('are refused with all that is wrong with them at once', () => {
    const bad = [
      { on: 'barge-in', command: 'rm -rf /' },
      { on: 'barge-in', command: ['echo hello'] },
      { on: [], command: ['{text}'] },
      { on: 'barge-in', command: ['a', 'b\0'], input: 'all', where: 7 },
    ] as unknown as readonly CommandHook[];
    expect(() => runCommandHooks(bad)).toThrow(
      /hook 0: command must be a list of 1 to 100 strings.*hook 1: command must be a list, as \["echo","hello"\]: no shell splits it.*hook 2: on must be.*hook 2: command must name its program itself.*hook 3: command must hold strings.*hook 3: where must be an object.*hook 3: input must be "none" or "event", but is all/,
    );
    expect(() => runCommandHooks([], { timeLimitMs: 1 })).toThrow(
      /timeLimitMs must be a whole number from 10 to 600000 ms, but is 1/,
    );
    expect(() => runCommandHooks([], { inherit: ['A=B'], env: { A: 1 } as never })).toThrow(
      /inherit must be a list of names.*env must be an object of names and strings/,
    );
  });
});
