import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { map, mergeMap, take, throwError, timer } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { ordinaryRoom as figures } from '../../../../test/support/acoustic-figures.js';
import { examinationOf, neverStopped, playedMachine } from '../../../../test/support/played-machine.js';
import {
  type AcousticFigures,
  audioFrame,
  calibrationText,
  createCalibration,
  DeviceError,
  type PcmFormat,
  writeWav,
} from '../../../index.js';
import { createVirtualClock } from '../../../testing/index.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import { acoustics, judgeCalibration, measuringCommand } from './acoustics.js';
import { devices, judgeSurvey } from './devices.js';
import { judgeDevice } from './judge-device.js';
import { measureRate, type RateFigures } from './measure-rate.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-doctor-devices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const format: PcmFormat = { sampleRateHz: 48_000, channels: 1 };
const config = (more: Partial<EarshotConfig>): EarshotConfig => ({
  upstream: { target: '127.0.0.1:1' },
  transcriber: { engine: 'scripted', sidecarPath: 'a.json' },
  ...more,
});

describe('the rate at which frames come', () => {
  /** A device whose clock is off, whose frames come late by what is said, and of which the first ones waited. */
  function measured(rate: number, lateMs: (index: number) => number, waiting = 0): RateFigures[] {
    const clock = createVirtualClock();
    const periodMs = (10 * format.sampleRateHz) / rate;
    const samples = Float32Array.from({ length: 480 }, (_, at) => (at === 7 ? -0.25 : 0));
    const frames$ = timer(0, periodMs, clock.scheduler).pipe(
      take(700),
      mergeMap((index) => timer(lateMs(index), clock.scheduler).pipe(map(() => index))),
      mergeMap((index) => (index === 0 ? Array.from({ length: waiting + 1 }, () => 0) : [index])),
      map((index) => audioFrame(format, samples, index * 10)),
    );
    const told: RateFigures[] = [];
    measureRate(frames$, clock.scheduler).subscribe((figures) => told.push(figures));
    clock.run(8000);
    return told;
  }

  it('is that of the device, told once', () => {
    expect(measured(48_000, () => 0)).toEqual([
      { format, measuredHz: expect.closeTo(48_000, 0), peak: 0.25 },
    ]);
    expect(measured(44_100, () => 0)).toMatchObject([{ measuredHz: expect.closeTo(44_100, 0) }]);
  });

  it('is little moved by frames that come late, and not by those that waited for the first look', () => {
    const [told] = measured(48_000, (index) => (index % 7 === 3 ? 9 : 0), 40);
    expect(Math.abs((told?.measuredHz ?? 0) / 48_000 - 1)).toBeLessThan(0.01);
  });

  it('is measured again where a device finds its pace late', () => {
    const [told] = measured(48_000, (index) => (index < 200 ? 800 - 4 * index : 0));
    expect(Math.abs((told?.measuredHz ?? 0) / 48_000 - 1)).toBeLessThan(0.015);
  });

  it('errors as the device does', () => {
    const errors: unknown[] = [];
    const error = new DeviceError('DEVICE_BUSY', 'in use; end it');
    const clock = createVirtualClock();
    measureRate(
      throwError(() => error),
      clock.scheduler,
    ).subscribe({ error: (told) => errors.push(told) });
    expect(errors).toEqual([error]);
  });
});

describe('a device', () => {
  const open = { role: 'microphone', device: 'usb-mic', way: 'process/alsa', nativeHz: null } as const;
  const at = (measuredHz: number, peak = 0.1) => ({ format, measuredHz, peak });

  it.each([
    [48_010, 'green'],
    [47_200, 'green'],
    [46_800, 'amber'],
    [44_100, 'red'],
    [0, 'red'],
  ])('that gives %d samples a second is %s', (measuredHz, rating) => {
    expect(judgeDevice({ ...open, outcome: at(measuredHz) }).rating).toBe(rating);
  });

  it('tells what the hardware runs at, and how it is reached', () => {
    expect(judgeDevice({ ...open, nativeHz: 44_100, outcome: at(48_000) })).toMatchObject({
      finding: 'usb-mic by process/alsa: 48000 Hz, measured 48000 Hz, the hardware runs at 44100 Hz',
      figures: { nativeHz: 44_100, measuredHz: 48_000, way: 'process/alsa' },
    });
  });

  it('that gives nothing but zeros is a microphone that is muted, and a loudspeaker that rests', () => {
    expect(judgeDevice({ ...open, outcome: at(48_000, 0) })).toMatchObject({
      rating: 'red',
      cure: expect.stringContaining('unmute'),
    });
    expect(judgeDevice({ ...open, outcome: at(48_000, 1e-5) }).rating).toBe('red');
    expect(judgeDevice({ ...open, outcome: at(48_000, 1e-4) }).rating).toBe('green');
    expect(judgeDevice({ ...open, role: 'loudspeaker', outcome: at(48_000, 0) }).rating).toBe('green');
  });

  it('that cannot be opened is red, with what the device says of the cure', () => {
    const error = new DeviceError(
      'DEVICE_NOT_FOUND',
      'the microphone "usb-mic" is not there; plug it in, or take "default"',
    );
    expect(judgeDevice({ ...open, outcome: { error } })).toMatchObject({
      rating: 'red',
      finding: '[DEVICE_NOT_FOUND] the microphone "usb-mic" is not there',
      cure: 'plug it in, or take "default"',
      figures: { code: 'DEVICE_NOT_FOUND' },
    });
  });

  it('is one of those that are listed, each once', () => {
    const listing = {
      backend: 'process',
      api: 'pulse',
      description: '',
      isDefault: true,
      isMonitor: false,
      channels: 1,
      nativeRateHz: 48_000,
      sampleRatesHz: [48_000],
      problem: null,
    } as const;
    const microphone = { ...listing, direction: 'capture', name: 'mic' } as const;
    const loudspeaker = { ...listing, direction: 'playout', name: 'speaker' } as const;
    const monitor = { ...microphone, name: 'speaker.monitor', isMonitor: true };
    expect(
      judgeSurvey({
        devices: [microphone, { ...microphone, backend: 'audify' }, monitor, loudspeaker],
        problems: [],
      }),
    ).toMatchObject({ rating: 'green', finding: '1 microphone and 1 loudspeaker can be used' });
    const problems = [{ backend: 'audify', api: 'alsa', problem: 'no library' }] as const;
    expect(judgeSurvey({ devices: [monitor, loudspeaker], problems })).toMatchObject({
      rating: 'amber',
      finding: '0 microphones and 1 loudspeaker can be used (no library)',
    });
  });

  it('may be a recording', async () => {
    writeFileSync(join(folder, 'a.wav'), writeWav(format, new Float32Array(480)));
    const look = (microphone: string) =>
      devices.examine(
        examinationOf(playedMachine(), {
          folder,
          config: config({ devices: { kind: 'wav-file', microphone, loudspeaker: 'b.wav' } }),
        }),
        neverStopped,
      );
    expect(await look('a.wav')).toMatchObject([{ id: 'microphone', rating: 'green' }]);
    expect(await look('gone.wav')).toMatchObject([
      { id: 'microphone', rating: 'red', cure: expect.stringContaining('WAV file') },
    ]);
  });
});

describe('the acoustics', () => {
  const about = { measuredAt: '2026-03-01T12:00:00.000Z', devices: { capture: 'mic', playout: 'speaker' } };
  const calibrated = (changed: Partial<AcousticFigures> = {}) =>
    createCalibration({ ...figures, ...changed }, about);

  it('are as what was measured is judged', () => {
    expect(judgeCalibration(calibrated(), undefined)).toMatchObject({
      rating: 'green',
      finding: 'measured on 2026-03-01: the echo comes after 62 ms, 15 dB below what is played',
    });
    expect(judgeCalibration(calibrated(), 'The calibration was measured with another.')).toMatchObject({
      rating: 'amber',
      cure: 'The calibration was measured with another.',
    });
    expect(judgeCalibration(calibrated({ wakeLossMs: 200 }), undefined)).toMatchObject({
      rating: 'amber',
      finding: expect.stringContaining('could be better: waking'),
      cure: expect.stringContaining('pre-roll'),
    });
    expect(judgeCalibration(calibrated({ clippedShare: 0.3, returnLossDb: -4 }), undefined)).toMatchObject({
      rating: 'red',
      finding: expect.stringMatching(/4 dB above what is played; bad: echo, clipping/),
    });
  });

  const look = (of: EarshotConfig | undefined) =>
    acoustics.examine(examinationOf(playedMachine(), { config: of, folder }), neverStopped);

  it('are read from the file that a config names', async () => {
    writeFileSync(join(folder, 'room.json'), calibrationText(calibrated()));
    const named = (calibration: string, device = 'mic') =>
      config({ devices: { calibration, capture: { device } } });
    expect(await look(named('room.json'))).toMatchObject([{ rating: 'green', figures: { delayMs: 62.3 } }]);
    expect(await look(named('room.json', 'other'))).toMatchObject([
      { rating: 'amber', cure: expect.stringContaining('names another') },
    ]);
    expect(await look(named('gone.json'))).toMatchObject([
      {
        rating: 'red',
        cure: `write it with: earshot doctor --acoustics --capture mic --write ${join(folder, 'gone.json')}`,
      },
    ]);
    writeFileSync(join(folder, 'broken.json'), '{}');
    expect(await look(named('broken.json'))).toMatchObject([
      { rating: 'red', figures: { code: 'OPTION_INVALID' } },
    ]);
  });

  it('are amber where nothing was measured, with the command, unless no echo is cancelled', async () => {
    expect(await look(undefined)).toMatchObject([
      { rating: 'amber', figures: { command: 'earshot doctor --acoustics --write calibration.json' } },
    ]);
    expect(await look(config({ echoCancellers: { linear: 'off' } }))).toMatchObject([{ rating: 'green' }]);
    expect(await look(config({ devices: { kind: 'wav-file', microphone: 'a', loudspeaker: 'b' } }))).toEqual(
      [],
    );
    const quoted = { device: "plughw:CARD=Tom's box" };
    expect(measuringCommand({ api: 'alsa', capture: { device: 'plughw:1,0' }, playout: quoted })).toBe(
      `earshot doctor --acoustics --capture 'plughw:1,0' --playout 'plughw:CARD=Tom'\\''s box' --api alsa --write calibration.json`,
    );
  });
});
