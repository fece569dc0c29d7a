import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER, type Observable, Subject } from 'rxjs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { playedMachine } from '../../../test/support/played-machine.js';
import type { Console, StopReason } from '../console.js';
import { createProgressLine } from '../progress-line.js';
import type { Check } from './check.js';
import { doctor } from './doctor.js';
import { type Finding, green, red } from './finding.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-examine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is written to both, in order. */
function listener(stop$: Observable<StopReason> = NEVER) {
  const written: string[] = [];
  const write = (text: string): unknown => written.push(text);
  const console: Console = {
    print: write,
    printWords: write,
    endWords: () => {},
    say: write,
    isTerminal: false,
    stop$,
  };
  const progress = createProgressLine({ isTTY: true, columns: 80, write });
  return { written, console, progress };
}

const taking = (ms: number, findings: readonly Finding[]): Check => ({
  doing: 'looking',
  subject: { id: 'node' },
  limitMs: 60_000,
  examine: () => new Promise((resolve) => setTimeout(resolve, ms, findings)),
});
const fine = green({ id: 'node' }, '22.0.0');
const bad = red({ id: 'disk' }, 'full', 'make room');

describe('an examination of a machine', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const begin = (args: readonly string[], checks: readonly Check[], { console, progress } = listener()) =>
    doctor(args, console, { machine: playedMachine(), progress, checks: () => checks });

  it('counts the seconds of what takes longer than one, and is rid of them before it tells', async () => {
    const listening = listener();
    const done = begin([], [taking(500, [fine]), taking(2500, [bad])], listening);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await done).toBe(1);
    expect(listening.written).toEqual([
      'versions\n  green  node              22.0.0\n',
      '\r\x1b[Klooking: 1 s',
      '\r\x1b[Klooking: 2 s',
      '\r\x1b[K',
      '\nmachine\n  red    disk              full\n                           make room\n',
      '\nred: disk\n',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is one object for programs, and 0 when nothing is red', async () => {
    const listening = listener();
    const done = begin(['--json'], [taking(10, [fine]), taking(10, [])], listening);
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBe(0);
    expect(listening.written).toHaveLength(1);
    expect(JSON.parse(listening.written.join(''))).toMatchObject({
      ok: true,
      config: null,
      checks: [{ id: 'node', group: 'versions', figures: {} }],
    });
  });

  it('ends at once when it is told to stop, without a verdict', async () => {
    for (const flags of [[], ['--json']]) {
      const stop$ = new Subject<StopReason>();
      const listening = listener(stop$);
      const done = begin(flags, [taking(1500, [fine])], listening);
      await vi.advanceTimersByTimeAsync(1000);
      stop$.next('signal');
      expect(await done).toBe(0);
      expect(listening.written).toEqual(['\r\x1b[Klooking: 1 s', '\r\x1b[K']);
      vi.clearAllTimers();
    }
  });

  it('refuses a config that cannot be used, for programs as an object with the problems', async () => {
    const path = join(folder, 'refused.yaml');
    writeFileSync(
      path,
      "upstream: { target: '127.0.0.1:1' }\ntranscriber: { engine: moonshine }\nbargeIn: 3\n",
    );
    const listening = listener();
    expect(await begin([path, '--json'], [taking(10, [fine])], listening)).toBe(2);
    const [line, object, ...more] = listening.written;
    expect(line).toMatch(`${path}:3:1: bargeIn is not known here`);
    expect(JSON.parse(object ?? '')).toMatchObject({
      ok: false,
      verdict: `${path} cannot be used: 1 problem`,
      config: path,
      checks: [],
      problems: [{ line: 3, column: 1, path: 'bargeIn' }],
    });
    expect(more).toEqual([]);
  });

  it('says why there is no config', async () => {
    await expect(begin([join(folder, 'gone.yaml')], [])).rejects.toThrow(
      /gone\.yaml cannot be read: it, or its folder, does not exist/,
    );
  });
});
