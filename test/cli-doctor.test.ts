import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, defer, NEVER, of, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireWritable, writeCalibration } from '../src/cli/calibration-file.js';
import { explain } from '../src/cli/command-error.js';
import type { Console, StopReason } from '../src/cli/console.js';
import { doctorReport, doctorWords } from '../src/cli/doctor/acoustics-report.js';
import { doctor } from '../src/cli/doctor/doctor.js';
import { readDoctorCommandLine } from '../src/cli/doctor/doctor-command-line.js';
import { doctorUsage } from '../src/cli/doctor/doctor-usage.js';
import { createCalibration, parseCalibration } from '../src/core/acoustics/calibration.js';
import type { AcousticProbeEvent } from '../src/core/acoustics/probe-acoustics.js';
import { DeviceError } from '../src/core/errors.js';
import {
  choosePulseDevice,
  type PulseDevice,
  type PulseQuery,
} from '../src/devices/process/pulse-devices.js';
import { ordinaryRoom as figures } from './support/acoustic-figures.js';
import { codeBlocks } from './support/markdown.js';
import { readProjectFile } from './support/project.js';

const devices = { capture: 'mic', playout: 'speaker' };
const calibration = createCalibration(figures, { measuredAt: '2026-03-01T12:00:00.000Z', devices });

function silentConsole(): Console & { readonly printed: string[] } {
  const printed: string[] = [];
  return {
    printed,
    print: (text) => printed.push(text),
    printWords: () => {},
    endWords: () => {},
    say: (line) => printed.push(line),
    isTerminal: false,
    stop$: NEVER,
  };
}

describe('the command line of earshot doctor', () => {
  it('examines the machine, or what a config needs, unless it is told to examine the room', () => {
    expect(readDoctorCommandLine([])).toEqual({ examine: 'machine', config: undefined, json: false });
    expect(readDoctorCommandLine(['a.yaml', '--json'])).toEqual({
      examine: 'machine',
      config: 'a.yaml',
      json: true,
    });
  });

  it('has defaults for everything of the room', () => {
    expect(readDoctorCommandLine(['--acoustics'])).toEqual({
      examine: 'acoustics',
      capture: 'default',
      playout: 'default',
      backend: 'auto',
      api: 'auto',
      channel: 'mix',
      seconds: 6,
      levelDb: -23,
      write: undefined,
      json: false,
    });
  });

  it('takes a level below zero as it is written, and everything else', () => {
    const line = readDoctorCommandLine([
      ...['--acoustics', '--level', '-12.5', '--seconds', '60', '--channel', '0', '--capture', 'mic'],
      ...['--playout', 'speaker', '--backend', 'process', '--api', 'alsa', '--write', 'room.json', '--json'],
    ]);
    expect(line).toEqual({
      examine: 'acoustics',
      capture: 'mic',
      playout: 'speaker',
      backend: 'process',
      api: 'alsa',
      channel: 0,
      seconds: 60,
      levelDb: -12.5,
      write: 'room.json',
      json: true,
    });
    expect(readDoctorCommandLine(['--acoustics', '--level=-30'])).toMatchObject({ levelDb: -30 });
  });

  it.each([
    [['--capture', 'mic'], /--capture goes with --acoustics/],
    [['a.yaml', '--write', 'room.json'], /--write goes with --acoustics/],
    [['a.yaml', 'b.yaml'], /one CONFIG can be given, but there are 2/],
    [[''], /CONFIG must be the path of a file, but is empty/],
    [['--acoustics', '--seconds', '1'], /--seconds must be a number from 2 to 120, but is "1"/],
    [['--acoustics', '--seconds', ''], /--seconds must be a number/],
    [['--acoustics', '--level', '0'], /--level must be a number from -60 to -6, but is "0"/],
    [['--acoustics', '--level', '-x'], /--level/],
    [
      ['--acoustics', '--channel', '1.5'],
      /--channel must be mix or a whole number from 0 to 31, but is "1.5"/,
    ],
    [['--acoustics', '--backend', 'jack'], /--backend must be one of auto, process, audify, but is "jack"/],
    [['--acoustics', '--capture', ''], /--capture needs the name of a device, or default/],
    [['--acoustics', '--write', ''], /--write needs the name of a file/],
    [['--acoustics', '--volume', '3'], /Unknown option '--volume'/],
    [['--acoustics', 'a.yaml'], /--acoustics takes no CONFIG, but there is "a.yaml"/],
  ])('says what is wrong with %j, and ends with 2', (args, message) => {
    const thrown = ((): unknown => {
      try {
        return readDoctorCommandLine(args);
      } catch (error) {
        return error;
      }
    })();
    expect(explain(thrown)).toMatchObject({ exitCode: 2, sentence: expect.stringMatching(message) });
  });

  it('prints its help, which names every flag', async () => {
    const console = silentConsole();
    expect(await doctor(['--help'], console)).toBe(0);
    expect(console.printed).toEqual([doctorUsage]);
    const flags = [
      'acoustics',
      'capture',
      'playout',
      'backend',
      'api',
      'channel',
      'seconds',
      'level',
      'write',
      'json',
    ];
    for (const flag of flags) expect(doctorUsage).toContain(`--${flag}`);
  });
});

describe('the report of earshot doctor', () => {
  it('says in one line each what was found', () => {
    const report = doctorReport(figures, devices);
    expect(report).toMatchObject({ ok: true, verdict: 'all is well' });
    const words = doctorWords(report);
    expect(words).toMatch(/^from the loudspeaker speaker to the microphone mic\n/);
    expect(words).toContain('  good  delay          62.3 ms, the same to 0.8 ms\n');
    expect(words).toMatch(/all is well\n$/);
  });

  it('has what to do below what is not good, and the worst in its verdict', () => {
    const fair = doctorReport({ ...figures, wakeLossMs: 200 }, devices);
    expect(fair).toMatchObject({ ok: true, verdict: 'it works, and could be better: waking' });
    expect(doctorWords(fair)).toContain('350 ms of pre-roll');
    const bad = doctorReport({ ...figures, clippedShare: 0.3, wakeLossMs: 200 }, devices);
    expect(bad).toMatchObject({ ok: false, verdict: 'bad: clipping' });
  });

  it('lets no name of a device move the cursor', () => {
    const words = doctorWords(doctorReport(figures, { ...devices, capture: 'mic\u001b[2J' }));
    expect(words).not.toContain('\u001b');
  });
});

describe('a calibration file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earshot-calibration-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is written whole, over one that was there, and leaves nothing else', async () => {
    const path = join(folder, 'room.json');
    writeFileSync(path, 'an older one, which is longer than nothing');
    await requireWritable(path);
    expect(readFileSync(path, 'utf8')).toBe('an older one, which is longer than nothing');
    await writeCalibration(path, calibration);
    expect(parseCalibration(readFileSync(path, 'utf8'))).toEqual(calibration);
    expect(readdirSync(folder)).toEqual(['room.json']);
  });

  it('that cannot be written says why, before anything is played and after', async () => {
    const path = join(folder, 'missing', 'room.json');
    const reason = /--write .*room\.json cannot be written: it, or its folder, does not exist/;
    await expect(requireWritable(path)).rejects.toThrow(reason);
    await expect(writeCalibration(path, calibration)).rejects.toThrow(reason);
    await expect(doctor(['--acoustics', '--write', path], silentConsole())).rejects.toThrow(reason);

    await expect(writeCalibration(folder, calibration)).rejects.toThrow(/cannot be written: it is a folder/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is no folder and no device: that is said before anything is played', async () => {
    const device = join(folder, 'device');
    // Through a link: a device itself would be replaced, should this ever fail.
    symlinkSync('/dev/null', device);
    const reasons = [
      [folder, /cannot be written: it is a folder/],
      [`${join(folder, 'new')}/`, /cannot be written: it is a folder/],
      [device, /cannot be written: it is no regular file/],
    ] as const;
    for (const [path, reason] of reasons) {
      await expect(requireWritable(path), path).rejects.toThrow(reason);
      await expect(writeCalibration(path, calibration), path).rejects.toThrow(reason);
    }
    expect(readdirSync(folder)).toEqual(['device']);
  });
});

describe('earshot doctor --acoustics', () => {
  const measured = () => of<AcousticProbeEvent>({ type: 'measured', figures });
  const playing: AcousticProbeEvent = { type: 'playing', playedMs: 1000, ofMs: 8000 };
  const busy = new DeviceError('DEVICE_BUSY', 'the microphone was not there within 10 s; see who has it');
  const failing = () =>
    concat(
      of(playing),
      throwError(() => busy),
    );
  const now = () => new Date(0);
  const parsed = (printed: readonly string[]): unknown => JSON.parse(printed.join(''));

  it('prints one object for programs, also when a device does not work or the file cannot be written', async () => {
    const fine = silentConsole();
    expect(await doctor(['--acoustics', '--json'], fine, { now, probe: measured })).toBe(0);
    expect(parsed(fine.printed)).toMatchObject({ ok: true, figures: { delayMs: 62.3 } });

    const failed = silentConsole();
    await expect(doctor(['--acoustics', '--json'], failed, { now, probe: failing })).rejects.toBe(busy);
    expect(parsed(failed.printed)).toEqual({
      ok: false,
      verdict: explain(busy)?.sentence,
      devices: { capture: 'default', playout: 'default' },
      judgements: [],
      figures: null,
    });

    const unwritable = silentConsole();
    const line = ['--acoustics', '--json', '--write', join(tmpdir(), 'missing', 'folder', 'x.json')];
    await expect(doctor(line, unwritable, { now, probe: measured })).rejects.toThrow(/cannot be written/);
    expect(parsed(unwritable.printed)).toMatchObject({ ok: false, figures: null });
  });

  it('prints for a microphone that is not there what the guide has', async () => {
    const [documented] = codeBlocks(readProjectFile('docs/guides/calibrate.md')).filter(
      ({ language }) => language === 'json',
    );
    const builtIn = { name: 'builtin-mic', description: 'Built-in', isMonitor: false } as PulseDevice;
    const missing = () =>
      defer(() => {
        choosePulseDevice({ devices: [builtIn], defaultName: builtIn.name, isPipeWire: false }, 'usb-mic', {
          direction: 'capture',
          label: 'the microphone "usb-mic"',
        } as PulseQuery);
        return NEVER;
      });
    const console = silentConsole();

    const done = doctor(['--acoustics', '--json', '--capture', 'usb-mic'], console, { now, probe: missing });
    const error: unknown = await done.catch((thrown: unknown) => thrown);

    expect(explain(error)?.exitCode).toBe(5);
    expect(console.printed.join('')).toBe(documented?.code);
  });

  it('tells what it measured also when the file can no longer be written then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-doctor-'));
    const path = join(folder, 'room.json');
    const vanishing = () =>
      defer(() => {
        rmSync(folder, { recursive: true });
        return measured();
      });
    for (const flags of [['--json'], []]) {
      mkdirSync(folder, { recursive: true });
      const console = silentConsole();
      await expect(
        doctor(['--acoustics', '--write', path, ...flags], console, { now, probe: vanishing }),
      ).rejects.toThrow(/cannot be written/);
      expect(console.printed.join('')).toContain('all is well');
    }
  });

  it('empties the line that it draws anew on a terminal, however it ends', async () => {
    const ends = [failing, measured, () => concat(of(playing), NEVER)];
    for (const probe of ends) {
      const stop$ = new Subject<StopReason>();
      const console = { ...silentConsole(), isTerminal: true, stop$ };
      const done = doctor(['--acoustics'], console, { now, probe }).catch(() => {});
      stop$.next('signal');
      await done;
      const afterProgress = console.printed.slice(
        console.printed.findLastIndex((text) => text.includes('keep quiet')) + 1,
      );
      expect(afterProgress[0]).toBe('\r\x1b[K');
    }
  });
});
