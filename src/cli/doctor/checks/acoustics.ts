import { readFile } from 'node:fs/promises';
import { type AcousticFigures, type Calibration, judgeAcoustics, parseCalibration } from '../../../index.js';
import { pathFrom } from '../../config/config-files.js';
import { calibrationDoubt, echoCancellersOf } from '../../config/device-options.js';
import type { EarshotConfig, SoundDevicesConfig } from '../../config/earshot-config.js';
import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, failed, green, red } from '../finding.js';

const subject = { id: 'acoustics' } as const;

/** What a calibration does not keep, as it is where nothing is wrong: no judgement comes of it. */
const unremarkable = {
  chirps: 1,
  heard: 1,
  chirpDb: -23,
  returnLossSpreadDb: null,
  fadeDb: null,
  otherEchoesMs: [],
  captureGaps: 0,
  playoutGaps: 0,
} as const;

/** @param doubt - why it may not hold, where that is known. */
export function judgeCalibration({ measuredAt, figures }: Calibration, doubt: string | undefined): Finding {
  const { delayMs, returnLossDb, driftPpm } = figures;
  const whole: AcousticFigures = { ...figures, ...unremarkable, echoDb: unremarkable.chirpDb - returnLossDb };
  const judgements = judgeAcoustics(whole);
  const bad = judgements.filter(({ rating }) => rating === 'bad');
  const fair = judgements.filter(({ rating }) => rating === 'fair');
  const day = measuredAt.slice(0, 10);
  const names = (these: typeof judgements): string => these.map(({ about }) => about).join(', ');
  const what = `measured on ${day}: the echo comes after ${delayMs.toFixed(0)} ms, ${Math.abs(returnLossDb).toFixed(0)} dB ${returnLossDb >= 0 ? 'below' : 'above'} what is played`;
  const told = { measuredAt, delayMs, returnLossDb, driftPpm };
  const cureOf = (these: typeof judgements): string =>
    these[0]?.cure ?? 'run earshot doctor --acoustics for the whole of it';
  if (bad.length > 0) return red(subject, `${what}; bad: ${names(bad)}`, cureOf(bad), told);
  if (doubt !== undefined) return amber(subject, what, doubt, told);
  return fair.length > 0
    ? amber(subject, `${what}; could be better: ${names(fair)}`, cureOf(fair), told)
    : green(subject, what, told);
}

/** The command that measures the devices of a config. */
export function measuringCommand({ capture, playout, backend, api }: SoundDevicesConfig): string {
  const flag = (name: string, value: string | undefined): string =>
    value === undefined
      ? ''
      : ` --${name} ${/^[\w.:-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`;
  return `earshot doctor --acoustics${flag('capture', capture?.device)}${flag('playout', playout?.device)}${flag('backend', backend)}${flag('api', api)} --write calibration.json`;
}

function unmeasured(devices: SoundDevicesConfig, isOff: boolean): Finding {
  if (isOff)
    return green(subject, 'the config cancels no echo, so there is nothing to measure', { measuredAt: null });
  const command = measuringCommand(devices);
  return amber(subject, 'not measured', `where it is quiet, run: ${command}`, { measuredAt: null, command });
}

async function examineConfig(config: EarshotConfig | undefined, folder: string): Promise<readonly Finding[]> {
  const { devices = {} } = config ?? {};
  if (devices.kind === 'wav-file') return [];
  const { calibration } = devices;
  if (calibration === undefined) {
    const { linear, webrtc = 'off' } = echoCancellersOf(config ?? {});
    return [unmeasured(devices, linear === 'off' && webrtc === 'off')];
  }
  const path = pathFrom(folder, calibration);
  try {
    const measured = parseCalibration(await readFile(path, 'utf8'));
    return [judgeCalibration(measured, calibrationDoubt(devices, measured))];
  } catch (error) {
    return [
      failed(subject, error, `write it with: ${measuringCommand(devices).replace('calibration.json', path)}`),
    ];
  }
}

export const acoustics: Check = {
  doing: 'looking at the calibration',
  subject,
  limitMs: quickLimitMs,
  examine: ({ config, folder }) => examineConfig(config, folder),
};
