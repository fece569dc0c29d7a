import type { DeviceSurvey } from '../../devices/index.js';
import { CommandError } from '../command-error.js';
import { printable } from '../printable.js';
import { meter, type TrialReport } from '../trial-report.js';
import { askDevice, defaultPick, type Pick } from './ask-devices.js';
import { askRecordings } from './ask-recordings.js';
import { type Interview, oneOf } from './interview.js';
import type { ChosenDevices, Machine } from './machine.js';
import type { WrittenConfig } from './written-config.js';

/** The groups of a config for microphone and loudspeaker. */
export interface SoundAnswers {
  readonly groups: WrittenConfig;
  readonly isRecorded: boolean;
}

/** Most pairs of devices that are tried. */
const maxRounds = 50;

const backends = ['auto', 'process', 'audify'] as const;
const apis = ['auto', 'pulse', 'alsa', 'core-audio', 'wasapi'] as const;

/** Which microphone and loudspeaker, tried where somebody can hear it, and whether one hears the other. */
export async function askSound(interview: Interview, machine: Machine): Promise<SoundAnswers> {
  const wish = {
    backend: word(interview, 'backend', backends),
    api: word(interview, 'api', apis),
  };
  const isTried = interview.option('no-test') === undefined && interview.person !== undefined;
  const survey = await surveyOf(interview, machine, wish);
  const picked = await pickBoth(interview, machine, survey, wish, isTried);
  if (picked === 'none') return askRecordings(interview, machine);
  const { capture, playout, backend, api } = picked;
  const echo = await interview.ask(
    oneOf(['open', 'headphones', 'speakerphone'], {
      option: 'echo',
      text: 'What is heard with: open (a loudspeaker in the room), headphones, or speakerphone (it cancels echo by itself)?',
      preset: 'open',
    }),
  );
  return {
    isRecorded: false,
    groups: {
      devices: {
        ...(backend === 'audify' && { backend }),
        ...(api !== undefined && api !== 'auto' && { api }),
        capture: { device: capture },
        playout: { device: playout },
      },
      echoCancellers: { linear: echo === 'open' ? {} : 'off' },
    },
  };
}

type Wish = { readonly backend: (typeof backends)[number]; readonly api: (typeof apis)[number] };

/** What is there, where somebody picks from it or names it. */
async function surveyOf(
  interview: Interview,
  machine: Machine,
  wish: Wish,
): Promise<DeviceSurvey | undefined> {
  const isNamed = interview.isGiven('microphone') || interview.isGiven('loudspeaker');
  if (!interview.person && !isNamed) return undefined;
  interview.say('Looking for microphones and loudspeakers ...');
  const survey = await machine.listDevices(wish);
  for (const { backend, api, problem } of survey.problems)
    interview.say(printable(`${backend}/${api} could not be asked: ${problem}`));
  if (!survey.devices.some(({ problem }) => problem === null)) {
    interview.warn(
      'no device here can be used at the moment; earshot waits for the ones that the config names.',
    );
  }
  return survey;
}

async function pickBoth(
  interview: Interview,
  machine: Machine,
  survey: DeviceSurvey | undefined,
  wish: Wish,
  isTried: boolean,
): Promise<ChosenDevices | 'none'> {
  const way = wishedWay(wish);
  const passed = { capture: new Set<string>(), playout: new Set<string>() };
  let microphone: Pick | undefined;
  let loudspeaker: Pick | undefined;
  for (let round = 0; round < maxRounds; round += 1) {
    const isFirst = round === 0;
    if (!microphone) {
      const of = {
        ...(loudspeaker?.api || way ? { way: loudspeaker?.api ? loudspeaker : (way as Pick) } : {}),
      };
      const pick = await askDevice(interview, machine, survey, 'capture', {
        ...of,
        not: [...passed.capture],
        canBeNone: isFirst,
      });
      if (pick === 'none') return 'none';
      microphone = pick;
    }
    if (!loudspeaker) {
      const beside = microphone.api ? microphone : way;
      const pick = await askDevice(interview, machine, survey, 'playout', {
        ...(beside && { way: beside }),
        not: [...passed.playout],
      });
      loudspeaker = pick === 'none' ? defaultPick : pick;
    }
    const chosen: ChosenDevices = {
      ...wish,
      ...(loudspeaker.api ? wayOf(loudspeaker) : wayOf(microphone)),
      capture: microphone.device,
      playout: loudspeaker.device,
    };
    if (!isTried) return chosen;
    const verdict = await tryBoth(interview, machine, chosen);
    if (verdict.loudspeaker && verdict.microphone) return chosen;
    if (!verdict.microphone) {
      passed.capture.add(microphone.device);
      microphone = undefined;
    }
    if (!verdict.loudspeaker) {
      passed.playout.add(loudspeaker.device);
      loudspeaker = undefined;
    }
  }
  throw new CommandError(`none of ${maxRounds} pairs of devices was taken; nothing was written`);
}

/** Two beeps, what the microphone made of them, and what somebody says to it. */
async function tryBoth(
  interview: Interview,
  machine: Machine,
  chosen: ChosenDevices,
): Promise<{ readonly microphone: boolean; readonly loudspeaker: boolean }> {
  const { person, say } = interview;
  say('Two beeps in a second; say something after them ...');
  const report = await machine.tryDevices(chosen, (level, quiet) => person?.draw(meter(level, quiet)));
  person?.draw('');
  // What was typed meanwhile answers a question that nobody had read.
  person?.forget();
  for (const { device, problem } of report.failures) say(printable(`The ${device} fails: ${problem}`));
  const loudspeaker = await interview.confirm('Did you hear two beeps?', report.tonePlayed);
  const { words, isFine } = heardWords(report);
  say(words);
  return { loudspeaker, microphone: await interview.confirm('Keep this microphone?', isFine) };
}

/** A microphone that is switched off gives zeros, or nearly so. Units: dB below full scale. */
const silenceDb = -90;

function heardWords({ roomDb, toneDb, toneHeard, peakDb }: TrialReport): {
  readonly words: string;
  readonly isFine: boolean;
} {
  if (peakDb === null) return { words: 'The microphone delivered nothing.', isFine: false };
  const room = roomDb === null ? 'nothing of the room' : `the room at ${Math.round(roomDb)} dB`;
  const beeps =
    toneHeard && toneDb !== null
      ? ` and the beeps at ${Math.round(toneDb)} dB`
      : ', and not the beeps, which is right for headphones';
  const clips = peakDb > -1 ? ' It clips: turn its gain down.' : '';
  if (peakDb < silenceDb)
    return { words: 'The microphone heard silence: it is muted, or another one.', isFine: false };
  return {
    words: `The microphone heard ${room}${beeps}, ${Math.round(peakDb)} dB at most.${clips}`,
    isFine: true,
  };
}

const wayOf = ({ backend, api }: Pick) => ({ ...(backend && { backend }), ...(api && { api }) });

const wishedWay = ({ backend, api }: Wish): Pick | undefined =>
  api === 'auto' ? undefined : { device: 'default', api, ...(backend !== 'auto' && { backend }) };

function word<T extends string>(interview: Interview, option: string, words: readonly T[]): T {
  const value = interview.option(option) ?? 'auto';
  const found = words.find((each) => each === value);
  if (found !== undefined) return found;
  throw new CommandError(`--${option} must be one of ${words.join(', ')}, but is ${JSON.stringify(value)}`);
}
