import type { DeviceListing, DeviceSurvey } from '../../devices/index.js';
import { printable } from '../printable.js';
import type { Interview, Reading } from './interview.js';
import type { Machine } from './machine.js';
import { problemOf } from './written-config.js';

/** A device, and the way to it; `default` has none. */
export interface Pick {
  readonly device: string;
  readonly backend?: 'process' | 'audify';
  readonly api?: DeviceListing['api'];
}

/** What sound systems call whatever they take by themselves. */
export const defaultPick: Pick = { device: 'default' };

/** Names that only ALSA has, which has more of them than it lists. */
const alsaName = /^\w+:/;

const kinds = {
  capture: { option: 'microphone', one: 'microphone', many: 'Microphones' },
  playout: { option: 'loudspeaker', one: 'loudspeaker', many: 'Loudspeakers' },
} as const;

/** The devices of one direction that can be picked, `default` first; each name once. */
export function picksOf(
  { devices }: DeviceSurvey,
  direction: 'capture' | 'playout',
  way?: Pick,
): readonly (Pick & { readonly about: string; readonly works: boolean; readonly isDefault: boolean })[] {
  const reached = devices.filter(
    (device) =>
      device.direction === direction &&
      !device.isMonitor &&
      (way?.api === undefined || (device.api === way.api && device.backend === (way.backend ?? 'process'))),
  );
  // The library lists the same devices by other names.
  const programs = reached.filter(({ backend, problem }) => backend === 'process' && problem === null);
  const fitting = programs.length > 0 ? reached.filter(({ backend }) => backend === 'process') : reached;
  const picks = fitting
    .filter(({ name }, at) => name !== 'default' && fitting.findIndex((other) => other.name === name) === at)
    .map((device) => ({
      device: device.name,
      backend: device.backend,
      api: device.api,
      works: device.problem === null,
      isDefault: device.isDefault,
      about: aboutDevice(device),
    }));
  const works = fitting.some(({ isDefault, problem }) => isDefault && problem === null);
  const about = 'what the sound system takes by itself';
  return [{ ...defaultPick, about, works, isDefault: true }, ...picks];
}

function aboutDevice({ description, name, problem, sampleRatesHz }: DeviceListing): string {
  const works = sampleRatesHz.length > 0 ? 'works' : 'works at no rate that was tried';
  const facts = problem === null ? works : withoutWords(problem);
  return description === name || description === '' ? facts : `${description}; ${facts}`;
}

/** What went wrong in our words, without those of a program, which are long. */
export const withoutWords = (problem: string): string =>
  problem.replace(/^\[\w+\] /, '').replace(/ \(.*\)(?=; |$)/s, '');

/** Shows what is there, and asks which one. `none` is an answer where something else can stand in. */
export async function askDevice(
  interview: Interview,
  machine: Machine,
  survey: DeviceSurvey,
  direction: 'capture' | 'playout',
  init: { readonly way?: Pick; readonly not?: readonly string[]; readonly canBeNone?: boolean },
): Promise<Pick | 'none'> {
  const { option, one, many } = kinds[direction];
  const { way, not = [], canBeNone = false } = init;
  const picks = picksOf(survey, direction, way);
  const isAsked = interview.person !== undefined && !interview.isGiven(option);
  if (isAsked) {
    interview.say(`${many}:`);
    for (const [at, { device, about }] of picks.entries())
      interview.say(printable(`${at + 1} ${device}: ${about}`).replace(/^(\d+) /, '  $1  '));
    if (canBeNone) interview.say('  none: WAV files stand in for microphone and loudspeaker');
  }
  const wanted = picks.find(({ works, device }) => works && !not.includes(device)) ?? picks[0];
  const picked = await interview.ask<Pick | 'none'>({
    option,
    text: `Which ${one}, by number or name?`,
    preset: wanted?.device ?? 'default',
    read(answer, from): Reading<Pick | 'none'> {
      if (answer === 'none') {
        return canBeNone
          ? { value: 'none' }
          : { reason: 'cannot be none; recordings stand in for both devices, or for neither' };
      }
      const byNumber = /^\d{1,4}$/.test(answer) ? picks[Number(answer) - 1] : undefined;
      const pick = byNumber ?? picks.find(({ device }) => device === answer);
      if (pick) return { value: pick };
      if (alsaName.test(answer) && way?.api !== undefined && way.api !== 'alsa') {
        return {
          reason: `is a name of ALSA, and the microphone is one of ${way.api}; both have to be of one`,
        };
      }
      if (/^\d+$/.test(answer)) return { reason: `must be a number from 1 to ${picks.length}, or a name` };
      const reason = problemOf({ devices: { [direction]: { device: answer } } }, machine.surroundings);
      if (reason !== undefined) return { reason };
      if (from === 'person' && !alsaName.test(answer)) {
        return {
          reason: `is no ${one} of the list; a name of ALSA, such as plughw:CARD=Device, is taken too`,
        };
      }
      return { value: alsaName.test(answer) ? { device: answer, api: 'alsa' } : { device: answer } };
    },
  });
  if (picked === 'none') return picked;
  const { device, backend, api } = picked;
  if (survey.devices.length > 0 && !picks.some((pick) => pick.device === device))
    interview.warn(`there is no ${one} ${JSON.stringify(printable(device))} at the moment.`);
  return { device, ...(backend && { backend }), ...(api && { api }) };
}
