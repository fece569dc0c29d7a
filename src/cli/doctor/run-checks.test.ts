import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { examinationOf, playedMachine } from '../../../test/support/played-machine.js';
import { DeviceError } from '../../index.js';
import type { Check } from './check.js';
import { amber, checkGroups, type Finding, failed, green, groupOf, red } from './finding.js';
import { groupedWords, machineReport } from './machine-report.js';
import { runChecks } from './run-checks.js';

const examination = examinationOf(playedMachine());

function check(examine: Check['examine'], limitMs = 1000): Check {
  return { doing: 'looking', subject: { id: 'disk', about: 'models' }, limitMs, examine };
}

/** Runs them, and has what was told in order. */
async function run(checks: readonly Check[], stop = new AbortController()) {
  const told: (string | readonly Finding[])[] = [];
  const isWhole = await runChecks(checks, examination, stop.signal, {
    begins: ({ doing }) => told.push(doing),
    ended: (findings) => told.push(findings),
  });
  return { told, isWhole };
}

describe('checks', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const fine = green({ id: 'node' }, '22.0.0');

  it('run one after the other, and each is told when it begins and when it ended', async () => {
    let running = 0;
    const alone = check(async () => {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      return [fine];
    });
    expect(await run([alone, alone])).toEqual({
      told: ['looking', [fine], 'looking', [fine]],
      isWhole: true,
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fail by themselves are amber, and the next one runs', async () => {
    const throwing = check(() => {
      throw new TypeError('x is undefined');
    });
    const rejecting = check(() => Promise.reject(new DeviceError('DEVICE_BUSY', 'in use; end it')));
    const { told, isWhole } = await run([throwing, rejecting, check(async () => [fine])]);
    expect(isWhole).toBe(true);
    expect(told.filter((one) => typeof one !== 'string')).toMatchObject([
      [
        {
          id: 'disk',
          about: 'models',
          rating: 'amber',
          finding: 'this check failed by itself (TypeError: x is undefined)',
        },
      ],
      [{ rating: 'amber', finding: 'this check failed by itself ([DEVICE_BUSY] in use; end it)' }],
      [fine],
    ]);
  });

  it('that take longer than they may are amber, and are told to release what they have', async () => {
    const signals: AbortSignal[] = [];
    const hanging = check((_, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    }, 3000);
    const running = run([hanging, check(async () => [fine])]);
    await vi.advanceTimersByTimeAsync(2999);
    expect(signals[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signals[0]?.aborted).toBe(true);
    expect((await running).told).toMatchObject([
      'looking',
      [{ rating: 'amber', finding: 'looking did not end within 3 s' }],
      'looking',
      [fine],
    ]);
  });

  it('end at once when somebody says so, and nothing more begins', async () => {
    const stop = new AbortController();
    const signals: AbortSignal[] = [];
    const hanging = check((_, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const running = run([hanging, check(async () => [fine])], stop);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    expect(await running).toEqual({ told: ['looking'], isWhole: false });
    expect(signals[0]?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(await run([hanging], stop)).toEqual({ told: [], isWhole: false });
  });
});

describe('findings', () => {
  it('have what happened and what to do apart, as errors of the library tell it', () => {
    const error = new DeviceError(
      'DEVICE_BUSY',
      'the microphone is in use (by 7; or 8); end it; or take another',
    );
    expect(failed({ id: 'microphone' }, error, 'help yourself')).toEqual({
      id: 'microphone',
      about: 'microphone',
      rating: 'red',
      finding: '[DEVICE_BUSY] the microphone is in use (by 7; or 8)',
      cure: 'end it; or take another',
      figures: { code: 'DEVICE_BUSY' },
    });
    expect(failed({ id: 'disk' }, new Error('one; two'), 'help yourself', 'amber')).toMatchObject({
      rating: 'amber',
      finding: 'one; two',
      cure: 'help yourself',
    });
    expect(failed({ id: 'disk' }, new DeviceError('DEVICE_BUSY', 'in use'), 'help yourself').cure).toBe(
      'help yourself',
    );
  });

  it('let nothing of a stranger move the cursor', () => {
    const found = red({ id: 'program', about: 'a\u001b[2J' }, 'b\u001b]0;c', 'd\u009b1m');
    expect([found.about, found.finding, found.cure].join('')).not.toMatch(/\p{Cc}/u);
  });

  it('belong to one group each', () => {
    const ids = Object.values(checkGroups).flat();
    expect(new Set(ids).size).toBe(ids.length);
    for (const [group, own] of Object.entries(checkGroups))
      for (const id of own) expect(groupOf(id)).toBe(group);
  });
});

describe('the report of a machine', () => {
  const findings = [
    green({ id: 'node' }, '22.0.0', { version: '22.0.0' }),
    amber({ id: 'package', about: 'kokoro-js' }, 'not installed', 'run: npm install kokoro-js'),
    red({ id: 'program', about: 'gpiod' }, 'gpiomon is not installed', 'run: sudo apt install gpiod'),
  ];

  it('counts, and names what is red, else what is amber', () => {
    expect(machineReport(findings, 'a.yaml')).toMatchObject({
      ok: false,
      verdict: 'red: program gpiod',
      config: 'a.yaml',
      counts: { green: 1, amber: 1, red: 1 },
      checks: [{ group: 'versions', id: 'node' }, { group: 'parts' }, { group: 'parts' }],
    });
    expect(machineReport(findings.slice(0, 2), undefined)).toMatchObject({
      ok: true,
      config: null,
      verdict: 'nothing is red; amber: package kokoro-js',
    });
    expect(machineReport([], undefined).verdict).toBe('all is well');
  });

  it('is lines below the names of groups, with what to do below what is not green', () => {
    const words = groupedWords();
    expect(words(findings.slice(0, 1)) + words(findings.slice(1))).toBe(
      [
        'versions',
        '  green  node              22.0.0',
        '',
        'parts',
        '  amber  kokoro-js         not installed',
        '                           run: npm install kokoro-js',
        '  red    gpiod             gpiomon is not installed',
        '                           run: sudo apt install gpiod',
        '',
      ].join('\n'),
    );
  });
});
