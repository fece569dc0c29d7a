import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';
import { monotonicScheduler } from '../clock/index.js';
import { environmentFor, type Program, type ProgramEnd, startProgram } from './program.js';

const scheduler = monotonicScheduler();

describe('a program that runs', () => {
  let fakes: FakePrograms;
  let program: Program | undefined;
  beforeEach(() => {
    fakes = createFakePrograms();
  });
  afterEach(() => {
    program?.kill();
    fakes.dispose();
  });

  function start(command: string, env: Readonly<Record<string, string>> = fakes.env) {
    let bytes = 0;
    const lines: string[] = [];
    const ends: ProgramEnd[] = [];
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    program = startProgram({ command, args: ['a b', '--c=d'], env }, scheduler, {
      output(piece) {
        bytes += piece.length;
      },
      line: (text) => lines.push(text),
      end(how) {
        ends.push(how);
        ended();
      },
    });
    return { program, lines, ends, end, bytes: () => bytes };
  }

  it('is told its arguments, gets what is written and tells what it says, all of it before its end', async () => {
    fakes.add('echoes', 'echo "said to $1" >&2; cat; printf "last words" >&2; exit 3');
    const run = start('echoes');
    run.program.write(new Uint8Array(100_000));
    run.program.endInput();
    await run.end;
    expect(fakes.argsOf('echoes')).toEqual(['a b', '--c=d']);
    expect([run.bytes(), run.lines]).toEqual([100_000, ['said to a b', 'last words']]);
    expect(run.ends).toEqual([{ type: 'exited', code: 3, status: 'exited with code 3' }]);
  });

  it('is killed at once though it ignores SIGTERM, tells nothing more, and leaves no zombie', async () => {
    fakes.add('stubborn', "trap '' TERM INT HUP PIPE; while :; do echo on >&2; echo on; done");
    const run = start('stubborn');
    await fakes.runs('stubborn');
    while (run.lines.length === 0) await sleep(1);
    run.program.kill();
    const told = [run.lines.length, run.bytes()];
    await fakes.gone('stubborn');
    await sleep(20);
    expect([run.lines.length, run.bytes()]).toEqual(told);
    expect(run.ends).toEqual([]);
    run.program.kill();
  });

  it('is killed when it has only just been started', async () => {
    fakes.add('new', 'exec sleep 60');
    const run = start('new');
    run.program.kill();
    await sleep(50);
    expect(run.ends).toEqual([]);
    expect(() => process.kill(run.program.pid ?? -1, 0)).toThrow('ESRCH');
  });

  it('ends although a child of its own keeps the pipes open', async () => {
    fakes.add('parent', 'sleep 3 & echo bye >&2; exit 1');
    const run = start('parent');
    await run.end;
    expect([run.lines, run.ends[0]?.type]).toEqual([['bye'], 'exited']);
  });

  it('has its last words read when this process stands still meanwhile', async () => {
    fakes.add('parent', '(sleep 0.1; echo late >&2; exec sleep 3) & exit 0');
    const run = start('parent');
    await sleep(30);
    // Timers come next then, before anything is read.
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    await run.end;
    expect(run.lines).toEqual(['late']);
  });

  it('may close its input or die while it is written to', async () => {
    fakes.add('deaf', 'exec <&-; echo closed >&2; sleep 0.1; exit 0');
    const run = start('deaf');
    const writing = setInterval(() => run.program.write(new Uint8Array(1000)), 1);
    await run.end;
    await sleep(20);
    clearInterval(writing);
    run.program.write(new Uint8Array(1000));
    expect(run.ends).toEqual([{ type: 'exited', code: 0, status: 'exited with code 0' }]);
  });

  it('is named with the signal when somebody else kills it', async () => {
    fakes.add('victim', 'exec sleep 60');
    const run = start('victim');
    process.kill(await fakes.runs('victim'), 'SIGKILL');
    await run.end;
    expect(run.ends).toEqual([{ type: 'exited', code: null, status: 'was killed by SIGKILL' }]);
  });

  it('that is not there, or may not be run, is told as its end and not before it was started', async () => {
    const missing = start('missing', { PATH: fakes.folder });
    expect(missing.ends).toEqual([]);
    missing.program.write(new Uint8Array(10));
    await missing.end;
    expect(missing.ends).toMatchObject([{ type: 'not-started', cause: { code: 'ENOENT' } }]);

    const folder = start(fakes.folder);
    await folder.end;
    expect(folder.ends).toMatchObject([{ type: 'not-started', cause: { code: 'EACCES' } }]);

    const bad = start('\u0000');
    await bad.end;
    expect(bad.ends).toMatchObject([{ type: 'not-started', cause: { code: 'ERR_INVALID_ARG_VALUE' } }]);
  });

  it('that is not there and was given up tells nothing', async () => {
    const missing = start('missing', { PATH: fakes.folder });
    missing.program.kill();
    const bad = start('\u0000');
    bad.program.kill();
    await sleep(30);
    expect([missing.ends, bad.ends]).toEqual([[], []]);
  });

  it('speaks English and keeps to the latency that it is asked for', () => {
    process.env['PULSE_LATENCY_MSEC'] = '500';
    try {
      expect(environmentFor({ LC_ALL: 'de_DE', PULSE_SERVER: 'unix:/x' })).toMatchObject({
        LC_ALL: 'C',
        PULSE_SERVER: 'unix:/x',
        PATH: process.env['PATH'],
      });
      expect(environmentFor({})).not.toHaveProperty('PULSE_LATENCY_MSEC');
    } finally {
      delete process.env['PULSE_LATENCY_MSEC'];
    }
  });

  it('does not get what is meant for the terminal that this process runs on', async () => {
    fakes.add('grouped', 'ps -o pgid= -p $$ >&2; exec sleep 60');
    const run = start('grouped');
    while (run.lines.length === 0) await sleep(5);
    expect(Number(run.lines[0])).toBe(run.program.pid);
  });
});
