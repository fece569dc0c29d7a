import { firstValueFrom, type SchedulerLike } from 'rxjs';
import type { DeviceError } from '../../core/errors.js';
import type { DeviceListing } from '../../core/hardware/device-listing.js';
import { type AlsaLayout, alsaCall, firstLayout, nextLayout } from './alsa-call.js';
import { type AlsaAbilities, type AlsaSetup, createAlsaReader } from './alsa-messages.js';
import { createComplaints } from './complaints.js';
import { openingError, openingTimeoutError } from './device-errors.js';
import { usualRatesHz } from './list-pulse.js';
import type { Environment } from './program.js';
import { type FinishedProgram, runToEnd, succeeded } from './run-to-end.js';

type AlsaCommand = 'aplay' | 'arecord';
type Direction = DeviceListing['direction'];
type Run = (args: readonly string[]) => Promise<FinishedProgram>;

/** Each running of a program. Units: ms. Opening a card takes some 20 ms; a server that hangs would take for ever. */
const programTimeoutMs = 2000;

/** As small as is used, since a program that ends waits for one buffer. Units: ms. */
const shortBuffer = { periodMs: 10, bufferMs: 40 } as const;

/**
 * Names that no person chooses: the bare hardware, which converts nothing; one of several speakers of a set; converters without a device.
 * They open by name all the same.
 */
const notForPeople =
  /^(hw|front|rear|center_lfe|side|surround\d+|iec958|dmix|dsnoop|dshare|usbstream|modem|phoneline):|^(null|samplerate|speexrate|lavrate|speex|upmix|vdownmix|a52|oss|jack)$/;

/**
 * What ALSA has a name for, with the rates at which each was really opened.
 *
 * @remarks
 * One device is tried after the other, since some names share a card. What is opened is closed at once, before anything was played.
 * Timing: 20 ms for each rate of each device; one that hangs costs two seconds.
 * @throws DeviceError `DEVICE_BACKEND` when the program is missing.
 */
export async function listAlsaDevices(
  direction: Direction,
  env: Environment,
  scheduler: SchedulerLike,
): Promise<readonly DeviceListing[]> {
  const command = direction === 'capture' ? 'arecord' : 'aplay';
  const run: Run = (args) => firstValueFrom(runToEnd({ command, args, env }, programTimeoutMs, scheduler));

  const finished = await run(['--list-pcms']);
  if (!succeeded(finished)) {
    const label = `the list of ${direction === 'capture' ? 'microphones' : 'loudspeakers'}`;
    throw failureOf(label, command, finished, finished.complaints.words);
  }
  const listings: DeviceListing[] = [];
  for (const { name, description } of namesOf(finished.output)) {
    if (notForPeople.test(name)) continue;
    const label = `the ${direction === 'capture' ? 'microphone' : 'loudspeaker'} "${name}"`;
    listings.push({
      backend: 'process',
      api: 'alsa',
      name,
      description,
      direction,
      isDefault: name === 'default',
      isMonitor: false,
      ...(await tryOut(name, label, command, run)),
    });
  }
  return listings;
}

/** Names begin at the margin, what describes them is indented. */
function namesOf(list: string): readonly { readonly name: string; readonly description: string }[] {
  return [...list.matchAll(/^(\S.*)\n((?:[ \t]+.*(?:\n|$))*)/gm)].map(([, name = '', description = '']) => ({
    name: name.trim(),
    description: description.trim().replace(/\s*\n\s*/g, ', ') || name.trim(),
  }));
}

type Findings = Pick<DeviceListing, 'channels' | 'nativeRateHz' | 'sampleRatesHz' | 'problem'>;

/** Open a device at one rate after the other. */
async function tryOut(name: string, label: string, command: AlsaCommand, run: Run): Promise<Findings> {
  const sampleRatesHz: number[] = [];
  let layout = firstLayout({ sampleRateHz: 48_000, channels: 1 });
  let abilities: AlsaAbilities | undefined;
  let problem: string | null = null;

  for (const rate of usualRatesHz) {
    if (abilities && !isWithin(abilities.sampleRateHz, rate)) continue;
    const trial = await openAtRate(name, label, { ...layout, sampleRateHz: rate }, command, run);
    abilities = trial.abilities ?? abilities;
    if (trial.setup) {
      layout = trial.layout;
      if (trial.setup.sampleRateHz === rate) sampleRatesHz.push(rate);
      continue;
    }
    const { message, code } = trial.failure;
    problem = message.slice(`[${code}] `.length);
    // Another rate will not help; and one that hangs would cost as much time again.
    if (code !== 'DEVICE_FORMAT_UNSUPPORTED') break;
  }
  return {
    channels: onlyOne(abilities?.channels),
    nativeRateHz: onlyOne(abilities?.sampleRateHz),
    sampleRatesHz,
    problem: sampleRatesHz.length > 0 ? null : problem,
  };
}

/** How one opening went. */
interface Trial {
  readonly layout: AlsaLayout;
  readonly abilities: AlsaAbilities | undefined;
  /** What it was set to; undefined when it did not open. */
  readonly setup: AlsaSetup | undefined;
  readonly failure: DeviceError;
}

/** Open it at one rate, in whatever other layout it takes. */
async function openAtRate(
  name: string,
  label: string,
  wanted: AlsaLayout,
  command: AlsaCommand,
  run: Run,
): Promise<Trial> {
  for (let layout = wanted; ; ) {
    const trial = await openOnce(name, label, layout, command, run);
    const isRefused = !trial.setup && trial.failure.code === 'DEVICE_FORMAT_UNSUPPORTED';
    const next = isRefused ? nextLayout(layout, trial.abilities) : undefined;
    if (!next || next.sampleRateHz !== wanted.sampleRateHz) return trial;
    // Each further try differs in what the device has said, so that there are three at most.
    layout = next;
  }
}

async function openOnce(
  name: string,
  label: string,
  layout: AlsaLayout,
  command: AlsaCommand,
  run: Run,
): Promise<Trial> {
  const { args } = alsaCall({
    command,
    device: name,
    layout,
    ...shortBuffer,
    hasOwnChannels: false,
    env: {},
  });
  // One sample frame is recorded; nothing is played, since nothing is in this file.
  const finished = await run([...args, command === 'arecord' ? '--samples=1' : '/dev/null']);
  const reader = createAlsaReader();
  const complaints = createComplaints();
  let setup: AlsaSetup | undefined;
  for (const line of finished.lines) {
    const message = reader.read(line);
    if (message.type === 'ready') setup = message.setup;
    else if (message.type === 'complaint') complaints.add(line);
  }
  return {
    layout,
    abilities: reader.abilities,
    setup: succeeded(finished) ? setup : undefined,
    failure: failureOf(label, command, finished, complaints.words),
  };
}

function failureOf(
  label: string,
  command: AlsaCommand,
  { end }: FinishedProgram,
  words: readonly string[],
): DeviceError {
  const failure = { label, api: 'alsa', command, words } as const;
  return end ? openingError(failure, end) : openingTimeoutError(failure, programTimeoutMs);
}

const isWithin = ([least, most]: readonly [number, number], value: number): boolean =>
  value >= least && value <= most;

const onlyOne = (range: readonly [number, number] | undefined): number | null =>
  range && range[0] === range[1] ? range[0] : null;
