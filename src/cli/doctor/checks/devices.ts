import { readFile } from 'node:fs/promises';
import {
  catchError,
  firstValueFrom,
  forkJoin,
  fromEvent,
  map,
  type Observable,
  of,
  switchMap,
  take,
  takeUntil,
} from 'rxjs';
import {
  type DeviceSurvey,
  listDevices,
  type OpenDevicesOptions,
  type OpenedDevices,
  openDevices,
} from '../../../devices/index.js';
import { parseCalibration, readWav } from '../../../index.js';
import { pathFrom } from '../../config/config-files.js';
import { deviceSettings } from '../../config/device-options.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import { openWithinMs, untilOpen } from '../../opening.js';
import type { Check, Examination } from '../check.js';
import { amber, type Finding, failed, green } from '../finding.js';
import { type DeviceFigures, judgeDevice } from './judge-device.js';
import { longestMs, measureRate, type RateFigures } from './measure-rate.js';

/** Many devices of ALSA take seconds to list. Units: ms. */
const listWithinMs = 10_000;

/** What a sound system lists, in one line. */
export function judgeSurvey({ devices, problems }: DeviceSurvey): Finding {
  const usable = devices.filter(({ problem, isMonitor }) => problem === null && !isMonitor);
  const count = (direction: 'capture' | 'playout') =>
    new Set(usable.filter((one) => one.direction === direction).map(({ name }) => name)).size;
  const [microphones, loudspeakers] = [count('capture'), count('playout')];
  const figures = { microphones, loudspeakers, problems: problems.length };
  const what = `${many(microphones, 'microphone')} and ${many(loudspeakers, 'loudspeaker')} can be used`;
  if (microphones > 0 && loudspeakers > 0) return green({ id: 'devices' }, what, figures);
  const [first] = problems;
  const why = first === undefined ? '' : ` (${first.problem})`;
  return amber(
    { id: 'devices' },
    `${what}${why}`,
    'connect what is missing, and see earshot devices',
    figures,
  );
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Opens both devices at the same time, as a conversation does; nothing is played. */
export const devices: Check = {
  doing: 'opening the devices',
  subject: { id: 'devices' },
  limitMs: listWithinMs + openWithinMs + longestMs + 3000,
  async examine(examination, signal) {
    const { config, folder } = examination;
    if (config?.devices?.kind === 'wav-file')
      return [await recording(pathFrom(folder, config.devices.microphone))];
    const options = await optionsOf(config, folder);
    const opened = openDevices({ ...options, scheduler: examination.scheduler });
    const stop$ = fromEvent(signal, 'abort');
    const outcomes = await firstValueFrom(forkJoin(outcomesOf(opened, examination)).pipe(takeUntil(stop$)), {
      defaultValue: undefined,
    });
    if (outcomes === undefined) return [];
    // By the way that they were reached alone: what other ways there are would be opened one after the other.
    const way = opened.chosen.capture ?? opened.chosen.playout ?? {};
    const survey = await surveyOf({ ...options, ...way }, signal);
    const found = (['microphone', 'loudspeaker'] as const).map((role) =>
      judgeDevice(figuresOf(role, outcomes[role], options, opened, survey)),
    );
    return [...(survey ? [judgeSurvey(survey)] : []), ...found];
  },
};

/** The options of the config, with what its calibration adds. */
async function optionsOf(config: EarshotConfig | undefined, folder: string) {
  const { devices: given = {} } = config ?? {};
  const sound = given.kind === 'wav-file' ? {} : given;
  const path = sound.calibration;
  // One that cannot be read is told by the check of the acoustics.
  const text =
    path === undefined ? undefined : await readFile(pathFrom(folder, path), 'utf8').catch(() => undefined);
  const settings = deviceSettings(sound, config ?? {}, text === undefined ? undefined : calibrationIn(text));
  // What keeps the pace of the loudspeaker would hide at which rate the microphone runs.
  const capture = { ...settings.devices.capture, driftCorrection: 'off' } as const;
  return { ...settings.devices, capture };
}

/** What a sound system lists; undefined where that takes too long. */
function surveyOf(
  { backend = 'auto', api = 'auto', env = {} }: Partial<OpenDevicesOptions>,
  signal: AbortSignal,
): Promise<DeviceSurvey | undefined> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, listWithinMs, undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    listDevices({ backend, api, env }).then(
      (survey) => {
        clearTimeout(limit);
        resolve(survey);
      },
      () => resolve(undefined),
    );
  });
}

function calibrationIn(text: string) {
  try {
    return parseCalibration(text);
  } catch {
    return undefined;
  }
}

type Outcome = RateFigures | { readonly error: unknown };

function outcomesOf(
  { microphone, loudspeaker }: Pick<OpenedDevices, 'microphone' | 'loudspeaker'>,
  { scheduler }: Pick<Examination, 'scheduler'>,
) {
  const bounded = (label: string, measured$: Observable<RateFigures>): Observable<Outcome> =>
    measured$.pipe(
      untilOpen(label, scheduler, openWithinMs + longestMs),
      take(1),
      map((figures): Outcome => figures),
      catchError((error: unknown) => of({ error })),
    );
  return {
    microphone: bounded('the microphone', measureRate(microphone.capture(), scheduler)),
    loudspeaker: bounded(
      'the loudspeaker',
      loudspeaker.openSink().pipe(switchMap((sink) => measureRate(sink.rendered$, scheduler))),
    ),
  };
}

function figuresOf(
  role: DeviceFigures['role'],
  outcome: Outcome,
  options: {
    readonly capture?: { readonly device?: string };
    readonly playout?: { readonly device?: string };
  },
  { chosen }: OpenedDevices,
  survey: DeviceSurvey | undefined,
): DeviceFigures {
  const direction = role === 'microphone' ? 'capture' : 'playout';
  const device = options[direction]?.device ?? 'default';
  const way = chosen[direction];
  const listed = survey?.devices.find(
    (one) =>
      one.direction === direction &&
      one.backend === way?.backend &&
      one.api === way.api &&
      (device === 'default' ? one.isDefault : one.name === device),
  );
  return {
    role,
    device,
    way: way && `${way.backend}/${way.api}`,
    nativeHz: listed?.nativeRateHz ?? null,
    outcome,
  };
}

/** A file in the place of a microphone. */
async function recording(path: string): Promise<Finding> {
  const subject = { id: 'microphone' } as const;
  try {
    const { format } = readWav(await readFile(path));
    return green(subject, `the recording ${path}, ${format.sampleRateHz} Hz`, { device: path, ...format });
  } catch (error) {
    return failed(subject, error, 'give a WAV file, relative to the folder of the config');
  }
}
