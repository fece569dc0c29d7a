import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultUtteranceOptions, type PipelineEvent } from 'earshot';
import type { DemoOptions } from './demo-options.js';
import type { Cue } from './dialogue.js';
import { onsetIn, readRecording, writeEvents, writeTimeline } from './outputs.js';
import type { Said } from './speaker.js';
import type { Speech } from './speech/open-speech.js';
import { findProblems } from './summary/problems.js';
import { summariseListening, summariseSpeaking } from './summary/speech.js';
import { rounded, type Summary, summarise } from './summary.js';

/** A run that is over. */
export interface Run {
  readonly options: DemoOptions;
  readonly title: string;
  /** With times relative to the recordings. */
  readonly events: readonly PipelineEvent[];
  /** What listened and spoke on this machine. */
  readonly speech: Speech;
  readonly notices: readonly string[];
  readonly said: readonly Said[];
  /** When the first sample of the recordings was, for what was said. */
  readonly originMs: number;
  /** The cue that nobody came to say. */
  readonly missed: Cue | undefined;
  /** Why it is not over, where it is not. */
  readonly unfinished: string | undefined;
}

/** Everything that is written after a run, and what it came to. */
export function conclude(run: Run): Summary {
  const { options, title, events, notices, originMs, missed, unfinished } = run;
  const heard = readRecording(join(options.out, 'microphone.wav'));
  const rendered = readRecording(join(options.out, 'loudspeaker.wav'));
  // Of a recording that is over, the answer may last longer.
  const durationMs = Math.max(...[heard, rendered].map(lengthMs));
  // Where the microphone hears the loudspeaker, too, the beginning of a sound is only to be seen in what was said alone.
  const said = join(options.out, 'person.wav');
  const person = existsSync(said) ? readRecording(said) : heard;
  const result = summarise(
    events,
    durationMs,
    options.fillerDelayMs,
    onsetIn(person.samples, person.sampleRateHz),
  );
  const relativeSaid = run.said.map((item) => ({
    ...item,
    startMs: item.startMs - originMs,
    endMs: item.endMs - originMs,
  }));
  const { place, echoDb } = options;
  const { ear, voice } = run.speech;
  const listening = ear ? summariseListening(events, result.turns, ear, relativeSaid) : null;
  const speaking = voice ? summariseSpeaking(events, voice.opened) : null;
  const figures = { ...result, place: place.type, echoDb, listening, speaking, notices };
  const problems = [
    ...findProblems(figures, relativeSaid),
    ...(missed ? [`${missed.id}: its moment never came`] : []),
    ...(unfinished === undefined ? [] : [unfinished]),
    ...(result.turns.length === 0 ? ['no turn was heard'] : []),
    ...result.turns
      .filter(({ outcome }) => outcome === 'unanswered')
      .map(({ turnId }) => `${turnId} was not answered`),
  ];
  const summary = rounded({ ok: problems.length === 0, problems, ...figures });
  writeEvents(join(options.out, 'events.jsonl'), events);
  writeFileSync(join(options.out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  writeTimeline(options.out, title, events, summary, {
    start: options.threshold,
    stop: stopThresholdFor(options.threshold),
  });
  return summary;
}

const lengthMs = ({ samples, sampleRateHz }: ReturnType<typeof readRecording>) =>
  (samples.length * 1000) / sampleRateHz;

/** The hysteresis of the defaults, kept below a start threshold that was lowered. */
export function stopThresholdFor(startThreshold: number): number {
  const { startThreshold: start, stopThreshold: stop } = defaultUtteranceOptions;
  return Math.min(stop, Math.max(0, startThreshold - (start - stop)));
}
