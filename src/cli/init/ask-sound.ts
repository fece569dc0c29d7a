import { CommandError } from '../command-error.js';
import { askRecordings } from './ask-recordings.js';
import { type Interview, oneOf } from './interview.js';
import type { Machine } from './machine.js';
import { pickDevices } from './pick-devices.js';
import type { SoundAnswers } from './sound-answers.js';

const backends = ['auto', 'process', 'audify'] as const;
const apis = ['auto', 'pulse', 'alsa', 'core-audio', 'wasapi'] as const;

/** Which microphone and loudspeaker, tried where somebody can hear it, and whether one hears the other. */
export async function askSound(interview: Interview, machine: Machine): Promise<SoundAnswers> {
  const wish = {
    backend: word(interview, 'backend', backends),
    api: word(interview, 'api', apis),
  };
  const isTried = interview.option('no-test') === undefined && interview.person !== undefined;
  const picked = await pickDevices(interview, machine, wish, isTried);
  if (picked === 'none') return askRecordings(interview, machine);
  const { capture, playout, backend, api, hasPulse } = picked;
  const echo = await interview.ask(
    oneOf(['open', 'headphones', 'speakerphone'], {
      option: 'echo',
      text: 'What is heard with: open (a loudspeaker in the room), headphones, or speakerphone (it cancels echo by itself)?',
      preset: 'open',
    }),
  );
  return {
    isRecorded: false,
    ofUser: api === 'pulse' || (hasPulse && (api === undefined || api === 'auto')),
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

function word<T extends string>(interview: Interview, option: string, words: readonly T[]): T {
  const value = interview.option(option) ?? 'auto';
  const found = words.find((each) => each === value);
  if (found !== undefined) return found;
  throw new CommandError(`--${option} must be one of ${words.join(', ')}, but is ${JSON.stringify(value)}`);
}
