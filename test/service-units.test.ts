import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userCacheFolder } from '../src/adapters/model-store/index.js';
import { exitCodes } from '../src/cli/command-error.js';
import { defaultOperationOptions } from '../src/core/operation/operation-options.js';
import { defaultWatchdogOptions } from '../src/core/watchdog/watchdog-options.js';
import { readProjectFile } from './support/project.js';

const folder = 'examples/raspberry-pi';
const units = [
  { file: 'earshot.service', manager: 'system' },
  { file: 'earshot-user.service', manager: 'user' },
] as const;

const unitFiles = new Map(units.map(({ file }) => [file, readProjectFile(`${folder}/${file}`)]));
const textOf = (file: string) => unitFiles.get(file as (typeof units)[number]['file']) ?? '';
/** Every value that a unit gives to a name, in order. */
const valuesOf = (file: string, name: string) =>
  [...textOf(file).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);
const secondsOf = (file: string, name: string) => Number(valuesOf(file, name).at(-1));

const hasAnalyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;
const missing = hasAnalyze ? undefined : 'systemd-analyze is not installed here; apt-get install systemd';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'earshot-units-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function analyze(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, XDG_RUNTIME_DIR: scratch },
  });
  return { status, said: stdout + stderr };
}

/** A copy that names the node of this machine: the check looks whether the program is there. */
function copyOf(file: string, more = ''): string {
  const copy = join(scratch, file);
  writeFileSync(copy, textOf(file).replace('/usr/bin/node', process.execPath) + more);
  return copy;
}

describe.each(units)('$file', ({ file, manager }) => {
  it('is understood by systemd, which finds a mistake in it', ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const verify = (copy: string) => analyze([...(manager === 'user' ? ['--user'] : []), 'verify', copy]);
    expect(verify(copyOf(file))).toEqual({ status: 0, said: '' });
    expect(verify(copyOf(file, '\n[Service]\nWatchdogSecs=3\n')).said).toContain('WatchdogSecs');
  });

  it('lets a child tell, and asks only node to end, with more time than a reply may take', () => {
    expect(valuesOf(file, 'Type')).toEqual(['notify']);
    expect(valuesOf(file, 'NotifyAccess')).toEqual(['all']);
    expect(valuesOf(file, 'KillMode')).toEqual(['mixed']);
    expect(secondsOf(file, 'TimeoutStopSec') * 1000).toBeGreaterThan(
      defaultOperationOptions.finishWithinMs + 10_000,
    );
    expect(valuesOf(file, 'ExecStart')).toEqual([expect.stringMatching(/^\/usr\/bin\/node \//)]);
  });

  it('has a watchdog that is slower than what feeds it', () => {
    const thirdMs = (secondsOf(file, 'WatchdogSec') * 1000) / 3;
    expect(thirdMs).toBeGreaterThan(4 * defaultWatchdogOptions.checkEveryMs);
  });

  it('is started again for ever, slowly, but not after what no start can mend', () => {
    expect(valuesOf(file, 'Restart')).toEqual(['always']);
    expect(valuesOf(file, 'RestartPreventExitStatus')).toEqual([String(exitCodes.usage)]);
    const startsPerInterval = secondsOf(file, 'StartLimitIntervalSec') / secondsOf(file, 'RestartSec');
    expect(startsPerInterval).toBeLessThan(secondsOf(file, 'StartLimitBurst'));
  });

  it('waits neither for a network nor for sound, and bounds its memory', () => {
    const order = ['After', 'Requires', 'Wants', 'BindsTo'].flatMap((name) => valuesOf(file, name));
    expect(order).toEqual([]);
    expect(valuesOf(file, 'MemoryMax')).toHaveLength(1);
    expect(valuesOf(file, 'Environment').join(' ')).toMatch(/--max-old-space-size=\d+/);
  });

  it('forbids nothing that node needs', () => {
    expect(valuesOf(file, 'MemoryDenyWriteExecute')).toEqual([]);
    expect(valuesOf(file, 'ProcSubset')).toEqual([]);
  });
});

describe('the unit of the system', () => {
  it('is sandboxed as well as systemd can say', ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    // 10 is no sandbox at all, below 3 is what systemd calls OK; the threshold is in tenths.
    const judged = analyze(['security', '--offline=true', '--threshold=25', copyOf('earshot.service')]);
    expect(judged.said).toMatch(/Overall exposure level/);
    expect(judged.status).toBe(0);
  });

  it('keeps downloaded models in the folder that it may write', () => {
    const env = Object.fromEntries(
      valuesOf('earshot.service', 'Environment')
        .flatMap((line = '') => line.split(' '))
        .map((pair) => pair.split('=', 2) as [string, string]),
    );
    const models = userCacheFolder({ platform: 'linux', home: env['HOME'] ?? '', env });
    const [cache] = valuesOf('earshot.service', 'CacheDirectory');
    expect(models.startsWith(`/var/cache/${cache}/`)).toBe(true);
  });

  it('can be told to write nowhere but to memory', ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const copy = copyOf('earshot.service');
    const dropIns = `${copy}.d`;
    mkdirSync(dropIns, { recursive: true });
    writeFileSync(join(dropIns, 'read-only-root.conf'), readProjectFile(`${folder}/read-only-root.conf`));
    expect(analyze(['verify', copy])).toEqual({ status: 0, said: '' });
    rmSync(dropIns, { recursive: true });
  });
});
