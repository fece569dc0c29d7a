import type { PipelineEvent } from 'earshot';
import type { MoonshineTranscriber } from 'earshot/adapters/moonshine';
import type { Said } from '../speaker.js';
import type { LocalVoice } from '../speech/open-voice.js';
import type { ListeningSummary, SpeakingSummary, TurnSummary } from './data.js';
import { turnAt } from './problems.js';
import { countWords, type WordCount } from './words-understood.js';

/** @param said - with times relative to the recordings. */
export function summariseListening(
  events: readonly PipelineEvent[],
  turns: readonly TurnSummary[],
  ear: Pick<MoonshineTranscriber, 'partialCounts'>,
  said: readonly Said[],
): ListeningSummary {
  const final = events.findLast((event) => event.type === 'transcript');
  const counts = said
    .filter(({ cue }) => cue.text !== '')
    .map((item) => countWords(item.cue.text, turnAt(turns, item)?.said ?? ''));
  const sum = (key: keyof WordCount) => counts.reduce((total, count) => total + count[key], 0);
  return {
    engine: final?.type === 'transcript' ? final.engine : 'none',
    partials: ear.partialCounts(),
    words: counts.length === 0 ? null : { said: sum('said'), understood: sum('understood') },
  };
}

/** What spoke, by the events of the pipeline, and with which voices. */
export function summariseSpeaking(
  events: readonly PipelineEvent[],
  opened: LocalVoice['opened'],
): SpeakingSummary {
  const ofVoice = events.flatMap((event) => ('part' in event && event.part === 'voice' ? [event] : []));
  return {
    voices: ofVoice.flatMap((event) => {
      if (event.type !== 'engine-in-use') return [];
      const { engine = '', voice = '' } = opened.get(event.name) ?? {};
      return [{ fromMs: event.atMs, rung: event.name, engine, voice }];
    }),
    passedOn: ofVoice.reduce(
      (most, event) => (event.type === 'engine-fell-back' ? Math.max(most, event.fallbacks) : most),
      0,
    ),
    failed: events.filter((event) => event.type === 'fact' && event.fact === 'speech-clause-failed').length,
  };
}

/** One line for each, for people. */
export function speechLines(
  listening: ListeningSummary | null,
  speaking: SpeakingSummary | null,
): readonly string[] {
  const lines: string[] = [];
  if (listening) {
    const { engine, words, partials } = listening;
    const share = words === null ? '' : `, ${words.understood} of ${words.said} words`;
    lines.push(
      `understood by ${engine}${share}; ${partials.told} partial ${partials.told === 1 ? 'transcript' : 'transcripts'}`,
    );
  }
  if (speaking) {
    const { voices, passedOn, failed } = speaking;
    const names = voices.map(({ engine, voice }) => `${engine} (${voice})`).join(', then ');
    lines.push(
      (names === '' ? 'nothing was spoken on this machine' : `spoken by ${names}`) +
        (passedOn > 0 ? `; ${clauses(passedOn)} passed on to another voice` : '') +
        (failed > 0 ? `; ${failed} ${failed === 1 ? 'clause' : 'clauses'} could not be said` : ''),
    );
  }
  return lines;
}

const clauses = (count: number) => (count === 1 ? '1 clause was' : `${count} clauses were`);
