import { askUntilMeant } from './ask-until-meant.js';
import { type Interview, oneOf, type Reading } from './interview.js';
import type { Machine } from './machine.js';
import { shellWord } from './shell-word.js';
import { problemOf, type Written, type WrittenConfig } from './written-config.js';

/** The groups of a config for what is heard and said. */
export interface SpeechAnswers {
  readonly groups: WrittenConfig;
  /** Commands to run before the first start. */
  readonly next: readonly string[];
}

/** Folder for fillers that do not come with earshot. */
const fillersFolder = 'fillers';

/** Which language, who understands it, who speaks, and what covers a wait. */
export async function askSpeech(
  interview: Interview,
  machine: Machine,
  isRecorded: boolean,
): Promise<SpeechAnswers> {
  const language = await interview.ask<string>({
    option: 'language',
    text: 'Which language is spoken, as a code such as en or ru?',
    preset: 'en',
    read(answer) {
      const value = answer.toLowerCase();
      const transcriber = { engine: 'moonshine', recogniser: 'whisper-tiny', language: value };
      const reason = problemOf({ transcriber }, machine.surroundings);
      return reason === undefined ? { value } : { reason };
    },
  });
  const transcriber = await askTranscriber(interview, machine, language, isRecorded);
  const voice = await askVoice(interview, language);
  const fillers = await askFillers(interview, machine, language);
  return {
    groups: {
      transcriber,
      ...(voice && { voice }),
      ...(fillers.written && { fillers: fillers.written }),
    },
    next: fillers.next,
  };
}

const english = ['moonshine-tiny', 'moonshine-base', 'whisper-tiny.en', 'whisper-tiny'];

function askTranscriber(
  interview: Interview,
  { surroundings, has }: Machine,
  language: string,
  isRecorded: boolean,
): Promise<Written> {
  const offered = language === 'en' ? english : ['whisper-tiny'];
  const scripted = isRecorded ? ', or scripted:FILE (transcripts of the recording)' : '';
  return interview.ask<Written>({
    option: 'transcriber',
    text: `Who understands speech: ${offered.join(', ')}${scripted}?`,
    preset: offered[0],
    read(answer): Reading<Written> {
      const [, sidecarPath] = /^scripted:\s*(\S.*)$/.exec(answer) ?? [];
      if (sidecarPath !== undefined && isRecorded) {
        const value = { engine: 'scripted', sidecarPath };
        const devices = { kind: 'wav-file', microphone: 'a.wav', loudspeaker: 'b.wav' };
        const reason = problemOf({ transcriber: value, devices }, surroundings);
        if (reason !== undefined) return { reason };
        return has(sidecarPath) ? { value } : { reason: 'names a file that is not there' };
      }
      if (offered.includes(answer)) {
        return {
          value: {
            engine: 'moonshine',
            recogniser: answer,
            ...(answer === 'whisper-tiny' && { language }),
          },
        };
      }
      const why = english.includes(answer) ? `, since ${answer} knows English only` : '';
      const several = offered.length > 1 ? 'one of ' : '';
      return { reason: `must be ${several}${offered.join(', ')}${scripted}${why}` };
    },
  });
}

async function askVoice(interview: Interview, language: string): Promise<Written | undefined> {
  const isEnglish = language === 'en';
  const speaker = await interview.ask(
    oneOf(isEnglish ? ['service', 'espeak-ng', 'kokoro'] : ['service', 'espeak-ng'], {
      option: 'voice',
      text: isEnglish
        ? 'Who speaks: service (it sends audio), espeak-ng, or kokoro (a model of 82 million parameters)?'
        : 'Who speaks: service (it sends audio), or espeak-ng?',
      preset: 'service',
    }),
  );
  if (speaker === 'service') return undefined;
  return {
    ladder: [
      ...(speaker === 'kokoro' ? [{ engine: 'kokoro' }] : []),
      { engine: 'espeak-ng', voice: isEnglish ? 'en-us' : language },
      // Somebody hears that there is an answer, when nothing can speak it.
      { engine: 'earcon' },
    ],
  };
}

async function askFillers(
  interview: Interview,
  machine: Machine,
  language: string,
): Promise<{ readonly written: Written | undefined; readonly next: readonly string[] }> {
  const preset = language === 'en' || language === 'ru' ? language : 'off';
  const isThere = (directory: string) => machine.has(`${directory}/fillers.json`);
  const missing = (directory: string) =>
    `there are no fillers in ${JSON.stringify(directory)} yet; earshot fillers render makes them.`;
  const answer = await askUntilMeant<string>(
    interview,
    {
      option: 'fillers',
      text: 'What is said while an answer is awaited: en, ru, off, or a folder of fillers?',
      preset,
      read(value) {
        const reason = problemOf({ fillers: { directory: value } }, machine.surroundings);
        return reason === undefined ? { value } : { reason };
      },
    },
    (value) => (['en', 'ru', 'off'].includes(value) || isThere(value) ? undefined : missing(value)),
  );
  if (answer === 'off') return { written: 'off', next: [] };
  // These come with earshot.
  if (answer === 'en') return { written: undefined, next: [] };
  const directory = answer === 'ru' ? fillersFolder : answer;
  if (isThere(directory)) return { written: { directory }, next: [] };
  const spoken = answer === 'ru' ? 'ru' : language;
  if (answer === 'ru') interview.warn(missing(directory));
  const written = answer === 'ru' ? { directory, language: 'ru' } : { directory };
  return { written, next: [`earshot fillers render --out ${shellWord(directory)} --language ${spoken}`] };
}
