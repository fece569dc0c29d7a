import { afterEach, describe, expect, it } from 'vitest';
import {
  clearPlayedMachines,
  examinationOf,
  neverStopped,
  type Played,
  playedMachine,
} from '../../../../test/support/played-machine.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { Check } from '../check.js';
import type { Finding } from '../finding.js';
import { board } from './board.js';
import { clock, judgeClock, movedMs } from './clock.js';
import { judgeDisk, modelFolders } from './disk.js';
import { judgeMemory, memory } from './memory.js';
import { judgeMemoryLimit, memoryLimit } from './memory-limit.js';
import { neededMemoryMb } from './needed-memory.js';
import { judgeNode } from './node-version.js';
import { judgeSystem, system } from './system.js';
import { judgeTemperature, temperature } from './temperature.js';
import { judgeThrottling, throttling } from './throttling.js';

afterEach(clearPlayedMachines);

const upstream = { target: '127.0.0.1:1' };
const scripted = { engine: 'scripted', sidecarPath: 'a.json' } as const;
const config = (more: Partial<EarshotConfig> = {}): EarshotConfig => ({
  upstream,
  transcriber: scripted,
  ...more,
});

async function look(check: Check, played: Played = {}, of?: EarshotConfig): Promise<readonly Finding[]> {
  return check.examine(examinationOf(playedMachine(played), { config: of }), neverStopped);
}
const ratings = (findings: readonly Finding[]): readonly string[] => findings.map(({ rating }) => rating);

const pi: Played = {
  files: {
    '/proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
    '/sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    '/sys/class/thermal/thermal_zone0/temp': '52100\n',
    '/sys/class/thermal/cooling_device0/type': 'pwm-fan\n',
    '/proc/meminfo':
      'MemTotal:        4137632 kB\nMemFree:          311552 kB\nMemAvailable:    3301248 kB\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io pids\n',
    '/run/systemd/system/.keep': '',
  },
  prints: {
    'getconf GNU_LIBC_VERSION': 'glibc 2.41\n',
    'vcgencmd get_throttled': 'throttled=0x50000\n',
    'timedatectl show --property=NTPSynchronized --value': 'yes\n',
  },
};

describe('a Raspberry Pi', () => {
  it('is told by its name, its heat, its power, its clock and its memory', async () => {
    expect(await look(board, pi)).toMatchObject([
      { rating: 'green', finding: 'Raspberry Pi 5 Model B Rev 1.0' },
    ]);
    expect(await look(system, pi)).toMatchObject([
      { rating: 'green', figures: { glibc: '2.41', arch: 'arm64' } },
    ]);
    expect(await look(temperature, pi)).toMatchObject([{ rating: 'green', figures: { celsius: 52.1 } }]);
    expect(await look(throttling, pi)).toMatchObject([
      {
        rating: 'amber',
        finding: 'the voltage was too low, the processor was throttled at some time since it was started',
        cure: expect.stringContaining('power supply'),
      },
    ]);
    expect(await look(clock, pi)).toMatchObject([{ rating: 'green', figures: { isSynchronised: true } }]);
    expect(await look(memory, pi)).toMatchObject([{ rating: 'green', figures: { availableMb: 3301 } }]);
    expect(await look(memoryLimit, pi)).toMatchObject([
      { rating: 'amber', cure: expect.stringContaining('cgroup_enable=memory') },
    ]);
  });

  it('tells of throttling without a program where the kernel does', async () => {
    const firmware = { '/sys/devices/platform/soc/soc:firmware/get_throttled': '5\n' };
    expect(await look(throttling, { files: firmware })).toMatchObject([
      { rating: 'red', finding: 'the voltage is too low, the processor is throttled' },
    ]);
  });
});

describe('a machine that tells nothing of it', () => {
  it('has no line for a board, heat, power and memory, and a clock that nobody knows of', async () => {
    for (const check of [board, temperature, throttling, memory])
      expect(await look(check), check.doing).toEqual([]);
    expect(
      await look(throttling, { prints: { 'vcgencmd get_throttled': 'error=1 error_msg="no"\n' } }),
    ).toEqual([]);
    expect(await look(clock)).toMatchObject([{ rating: 'amber', figures: { isSynchronised: null } }]);
    expect(ratings(await look(memoryLimit))).toEqual(['green']);
    expect(await look(memoryLimit, { platform: 'darwin' })).toEqual([]);
  });
});

describe('Node.js and the system', () => {
  it.each([
    ['20.0.0', 'green'],
    ['24.1.0', 'green'],
    ['18.20.4', 'red'],
    ['9.11.2', 'red'],
  ])('Node.js %s is %s', (version, rating) => {
    expect(judgeNode(version).rating).toBe(rating);
  });

  it.each([
    ['linux', 'x64', '2.36', 'green'],
    ['linux', 'arm64', '2.28', 'green'],
    ['linux', 'arm64', '2.27', 'red'],
    ['linux', 'x64', null, 'red'],
    ['linux', 'arm', '2.41', 'red'],
    ['linux', 'riscv64', '2.41', 'amber'],
    ['darwin', 'arm64', null, 'green'],
    ['freebsd', 'x64', null, 'amber'],
  ])('%s on %s with glibc %s is %s', (platform, arch, glibc, rating) => {
    expect(judgeSystem({ platform, arch, glibc, release: '1' }).rating).toBe(rating);
  });
});

describe('heat and power', () => {
  it.each([
    [69.9, 'green'],
    [70, 'amber'],
    [80, 'red'],
  ])('%d degrees are %s', (celsius, rating) => {
    expect(judgeTemperature(celsius).rating).toBe(rating);
  });

  it('the hottest zone of the processor counts, and none that is switched off', async () => {
    const zones = (of: Readonly<Record<string, readonly [type: string, temp: string]>>): Played => ({
      files: Object.fromEntries(
        Object.entries(of).flatMap(([zone, [type, temp]]) => [
          [`/sys/class/thermal/${zone}/type`, `${type}\n`],
          [`/sys/class/thermal/${zone}/temp`, `${temp}\n`],
        ]),
      ),
    });
    const several = zones({
      thermal_zone0: ['acpitz', '91000'],
      thermal_zone1: ['x86_pkg_temp', '61000'],
      thermal_zone2: ['cpu-thermal', '-273200'],
    });
    expect(await look(temperature, several)).toMatchObject([{ figures: { celsius: 61 } }]);
    expect(await look(temperature, zones({ thermal_zone0: ['acpitz', '71000'] }))).toMatchObject([
      { rating: 'amber', figures: { celsius: 71 } },
    ]);
    expect(await look(temperature, zones({ thermal_zone0: ['cpu', 'none'] }))).toEqual([]);
  });

  it.each([
    [0x0, 'green', 'never since it was started', null],
    [0x1, 'red', 'the voltage is too low', /power supply/],
    [0x8, 'red', 'it is at its limit of temperature', /cool it/],
    [0x80008, 'red', 'it is at its limit of temperature', /cool it/],
    [0x20000, 'amber', 'the clock of the processor was capped at some time since it was started', /cool it/],
    [0x10000, 'amber', 'the voltage was too low at some time since it was started', /power supply/],
  ])('the flags %i are %s', (flags, rating, finding, cure) => {
    expect(judgeThrottling(flags)).toMatchObject({
      rating,
      finding,
      cure: cure === null ? null : expect.stringMatching(cure),
    });
  });
});

describe('the clock', () => {
  const wallMs = Date.UTC(2026, 10, 21);

  it.each([
    [{ wallMs, isSynchronised: true, movedMs: 3 }, 'green', /set by the network/],
    [{ wallMs, isSynchronised: false, movedMs: 3 }, 'amber', /nothing sets it/],
    [{ wallMs, isSynchronised: null, movedMs: 3 }, 'amber', /nobody here tells/],
    [{ wallMs, isSynchronised: true, movedMs: -7200_000 }, 'amber', /it was set by -7200.0 s/],
    [{ wallMs: 86_400_000, isSynchronised: false, movedMs: 0 }, 'red', /it is 1970-01-02T00:00:00Z here/],
  ])('%j is %s', (figures, rating, finding) => {
    expect(judgeClock(figures)).toMatchObject({ rating, finding: expect.stringMatching(finding) });
  });

  it('is known to be moved by a clock that nobody sets', () => {
    const machine = playedMachine({ wallMs: () => 10_000, steadyMs: () => 500 });
    expect(movedMs({ machine, beganAt: { wallMs: 1000, steadyMs: 100 } })).toBe(8600);
  });

  it.each([
    ['no', { prints: { 'timedatectl show --property=NTPSynchronized --value': 'no\n' } }, false],
    [
      'a machine without systemd and with chrony',
      { prints: { 'chronyc -n tracking': 'Leap status     : Normal\n' } },
      true,
    ],
    [
      'a chrony that is lost',
      { prints: { 'chronyc -n tracking': 'Leap status     : Not synchronised\n' } },
      false,
    ],
    [
      'a timedatectl that reaches nobody',
      {
        prints: { 'timedatectl show --property=NTPSynchronized --value': null },
        files: { '/run/systemd/timesync/synchronized': '' },
      },
      true,
    ],
  ])('asks: %s', async (_, played, isSynchronised) => {
    expect(await look(clock, played)).toMatchObject([{ figures: { isSynchronised } }]);
  });
});

describe('memory and disk', () => {
  it('knows that models take memory', () => {
    const moonshine = { engine: 'moonshine' } as const;
    const ladder = [{ engine: 'kokoro' }, { engine: 'earcon' }] as const;
    const loop = neededMemoryMb(config());
    expect(neededMemoryMb(undefined)).toBe(loop);
    const one = neededMemoryMb(config({ transcriber: moonshine }));
    expect(one).toBeGreaterThan(loop);
    expect(neededMemoryMb(config({ transcriber: moonshine, voice: { ladder } }))).toBe(2 * one - loop);
  });

  it.each([
    [{ totalMb: 4000, availableMb: 3000, neededMb: 1200 }, 'green'],
    [{ totalMb: 4000, availableMb: 1100, neededMb: 1200 }, 'amber'],
    [{ totalMb: 1000, availableMb: 900, neededMb: 1200 }, 'red'],
  ])('memory %j is %s', (figures, rating) => {
    expect(judgeMemory(figures).rating).toBe(rating);
  });

  it.each([
    [{ canLimit: true, hasSystemd: true, limitMb: null, neededMb: 350 }, 'green'],
    [{ canLimit: true, hasSystemd: true, limitMb: 300, neededMb: 350 }, 'amber'],
    [{ canLimit: true, hasSystemd: true, limitMb: 1000, neededMb: 350 }, 'green'],
    [{ canLimit: false, hasSystemd: true, limitMb: null, neededMb: 350 }, 'amber'],
    [{ canLimit: null, hasSystemd: true, limitMb: null, neededMb: 350 }, 'amber'],
    [{ canLimit: null, hasSystemd: false, limitMb: null, neededMb: 350 }, 'green'],
  ])('limits of memory %j are %s', (figures, rating) => {
    expect(judgeMemoryLimit(figures).rating).toBe(rating);
  });

  it('finds the limit of its own group, also from inside of a container', async () => {
    const controllers = { '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n' };
    const unit = {
      ...controllers,
      '/proc/self/cgroup': '0::/system.slice/earshot.service\n',
      '/sys/fs/cgroup/system.slice/earshot.service/memory.max': '200000000\n',
    };
    expect(await look(memoryLimit, { files: unit })).toMatchObject([
      { rating: 'amber', figures: { limitMb: 200 } },
    ]);
    const container = {
      ...controllers,
      '/proc/self/cgroup': '0::/../../elsewhere\n',
      '/sys/fs/cgroup/memory.max': '4000000000\n',
    };
    expect(await look(memoryLimit, { files: container })).toMatchObject([
      { rating: 'green', figures: { limitMb: 4000 } },
    ]);
    expect(
      await look(memoryLimit, {
        files: { ...unit, '/sys/fs/cgroup/system.slice/earshot.service/memory.max': 'max\n' },
      }),
    ).toMatchObject([{ rating: 'green', figures: { limitMb: null } }]);
  });

  it.each([
    ['models', 5e9, true, true, 'green'],
    ['models', 9e8, true, true, 'amber'],
    ['models', 3e8, true, true, 'red'],
    ['models', 3e8, true, false, 'amber'],
    ['models', 5e9, false, true, 'amber'],
    ['temporary files', 5e7, true, true, 'amber'],
    ['temporary files', 5e6, true, true, 'red'],
  ] as const)(
    'room for %s: %d bytes, writable: %s, needed: %s: %s',
    (purpose, freeBytes, isWritable, isNeeded, rating) => {
      const space = { freeBytes, totalBytes: 32e9, isWritable };
      expect(judgeDisk({ folder: '/somewhere', purpose, space, isNeeded }).rating).toBe(rating);
    },
  );

  it('looks where the models of a config are kept, each place once', () => {
    expect(judgeDisk({ folder: '/gone', purpose: 'models', space: null, isNeeded: true }).rating).toBe(
      'amber',
    );
    const both = config({
      transcriber: { engine: 'moonshine', store: 'models' },
      voice: { ladder: [{ engine: 'kokoro' }, { engine: 'espeak-ng' }] },
    });
    expect(modelFolders(both, '/etc/earshot', '/home/pi/.cache')).toEqual([
      '/home/pi/.cache',
      '/etc/earshot/models',
    ]);
    expect(modelFolders(config(), '/etc/earshot', '/home/pi/.cache')).toEqual([]);
  });
});
