import type { Interview } from './interview.js';
import type { Machine } from './machine.js';
import type { SoundAnswers } from './sound-answers.js';
import { problemOf } from './written-config.js';

/** WAV files in the place of sound cards. */
export async function askRecordings(interview: Interview, machine: Machine): Promise<SoundAnswers> {
  const microphone = await interview.ask<string>({
    option: 'heard',
    text: 'Which WAV file is heard in the place of a microphone?',
    preset: undefined,
    read(path) {
      const reason = path === '' ? 'names no file' : machine.wavProblem(path);
      return reason === undefined ? { value: path } : { reason };
    },
  });
  const loudspeaker = await interview.ask<string>({
    option: 'played',
    text: 'Which WAV file gets what is played?',
    preset: 'played.wav',
    read(path) {
      const devices = { kind: 'wav-file', microphone, loudspeaker: path };
      const reason =
        path === microphone
          ? 'is what is heard; choose another'
          : problemOf({ devices }, machine.surroundings);
      return reason === undefined ? { value: path } : { reason };
    },
  });
  return {
    isRecorded: true,
    ofUser: false,
    groups: { devices: { kind: 'wav-file', microphone, loudspeaker } },
  };
}
