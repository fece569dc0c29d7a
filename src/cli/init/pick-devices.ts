import type { DeviceSurvey } from '../../devices/index.js';
import { CommandError } from '../command-error.js';
import { problemsToTell } from '../device-problems.js';
import { printable } from '../printable.js';
import { askDevice, defaultPick, type Pick, picksOf, withoutWords } from './ask-devices.js';
import type { Interview } from './interview.js';
import type { ChosenDevices, Machine } from './machine.js';
import { tryOut } from './try-out.js';

/** A way to devices that the command line wants. */
export type Wish = Required<Omit<ChosenDevices, 'capture' | 'playout'>>;

/** Most pairs of devices that are tried. */
const maxRounds = 50;

/** Devices that were picked. */
export type PickedDevices = ChosenDevices & {
  /** Whether PulseAudio or PipeWire was found, which is what `auto` then takes. */
  readonly hasPulse: boolean;
};

const directions = ['capture', 'playout'] as const;
type Direction = (typeof directions)[number];

/**
 * Pick microphone and loudspeaker, and another one for each that does not work.
 *
 * @param isTried - whether beeps are played, where there is something to play them with.
 * @returns `none` for recordings in their place.
 */
export async function pickDevices(
  interview: Interview,
  machine: Machine,
  wish: Wish,
  isTried: boolean,
): Promise<PickedDevices | 'none'> {
  let survey = await surveyOf(interview, machine, wish);
  const picked: { [D in Direction]?: Pick } = {};
  const tried = new Set<string>();
  const passed = { capture: new Set<string>(), playout: new Set<string>() };
  for (let round = 0; round < maxRounds; round += 1) {
    for (const direction of directions) {
      const other = picked[direction === 'capture' ? 'playout' : 'capture'];
      const pick =
        picked[direction] ??
        (await askDevice(interview, machine, survey, direction, {
          ...wayBeside(other, wish),
          not: [...passed[direction]],
          canBeNone: direction === 'capture' && round === 0,
        }));
      if (pick === 'none') return 'none';
      picked[direction] = pick;
    }
    const { capture: microphone = defaultPick, playout: loudspeaker = defaultPick } = picked;
    const chosen: ChosenDevices = {
      ...wish,
      ...wayOf(loudspeaker.api ? loudspeaker : microphone),
      capture: microphone.device,
      playout: loudspeaker.device,
    };
    const taken = { ...chosen, hasPulse: survey.devices.some(({ api }) => api === 'pulse') };
    if (!isTried || !hasWorking(survey)) return taken;
    const works = await tryOut(interview, machine, chosen);
    const failing = directions.filter((direction) => !works[direction]);
    if (failing.length === 0) return taken;
    for (const direction of failing) passed[direction].add(chosen[direction]);
    const pair = `${chosen.capture}\n${chosen.playout}`;
    const isNew = !tried.has(pair);
    tried.add(pair);
    const replaceable = failing.filter((direction) =>
      picksOf(survey, direction).some(({ works, device }) => works && !passed[direction].has(device)),
    );
    // The same pair once more: somebody has nothing better to answer.
    if (isNew && replaceable.length > 0) {
      for (const direction of replaceable) delete picked[direction];
      continue;
    }
    if (
      !(await interview.confirm('No other one is there. Look again, such as after plugging one in?', false))
    ) {
      for (const direction of failing) {
        const role = direction === 'capture' ? 'microphone' : 'loudspeaker';
        interview.warn(`the ${role} ${JSON.stringify(printable(chosen[direction]))} does not work yet.`);
      }
      return taken;
    }
    survey = await surveyOf(interview, machine, wish);
    for (const direction of failing) {
      delete picked[direction];
      passed[direction].clear();
    }
    tried.clear();
  }
  throw new CommandError(`none of ${maxRounds} pairs of devices was taken; nothing was written`);
}

const nothing: DeviceSurvey = { devices: [], problems: [] };

/** What is there, where somebody picks from it or names it. */
async function surveyOf(interview: Interview, machine: Machine, wish: Wish): Promise<DeviceSurvey> {
  // Recordings take their place.
  if (interview.isGiven('microphone', 'none')) return nothing;
  const isNamed = interview.isGiven('microphone') || interview.isGiven('loudspeaker');
  if (!interview.person && !isNamed) return nothing;
  interview.say('Looking for microphones and loudspeakers ...');
  const survey = await machine.listDevices(wish);
  for (const { backend, api, problem } of problemsToTell(survey))
    interview.say(printable(`${backend}/${api} could not be asked: ${withoutWords(problem)}`));
  if (!hasWorking(survey))
    interview.warn(
      'no device here can be used at the moment; earshot waits for those that the config names.',
    );
  return survey;
}

const hasWorking = ({ devices }: DeviceSurvey): boolean => devices.some(({ problem }) => problem === null);

/** Both are reached in one way: that of the other one, or the one that was wished for. */
function wayBeside(other: Pick | undefined, { backend, api }: Wish): { readonly way?: Pick } {
  if (other?.api) return { way: other };
  if (api === 'auto') return {};
  return { way: { device: 'default', api, ...(backend !== 'auto' && { backend }) } };
}

const wayOf = ({ backend, api }: Pick) => ({ ...(backend && { backend }), ...(api && { api }) });
