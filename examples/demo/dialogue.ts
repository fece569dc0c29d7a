import { readFileSync } from 'node:fs';
import { convertSampleRate, readWav, toMono } from 'earshot';
import { demoFile } from './demo-files.js';

/** One recording that is played into the microphone, and what must come of it. */
export interface Cue {
  readonly id: string;
  readonly text: string;
  /** What it waits for, since the cue before, and how long after that it is said. */
  readonly when: { readonly after: 'idle' | 'filler-heard' | 'reply-heard'; readonly delayMs: number };
  readonly expect: 'answered' | 'interrupted' | 'barge-in' | 'cough';
  /** Mono, at the rate of the microphone. */
  readonly samples: Float32Array;
}

export const answersPath = demoFile('answers.json');

/** The scripted dialogue with its recordings. */
export function loadDialogue(sampleRateHz: number): {
  readonly title: string;
  readonly cues: readonly Cue[];
} {
  const { title, cues } = JSON.parse(readFileSync(demoFile('dialogue.json'), 'utf8')) as {
    readonly title: string;
    readonly cues: readonly (Omit<Cue, 'samples'> & { readonly clip: string })[];
  };
  return {
    title,
    cues: cues.map(({ clip, ...cue }) => ({
      ...cue,
      samples: loadSpeech(demoFile(clip), sampleRateHz),
    })),
  };
}

function loadSpeech(path: string, sampleRateHz: number): Float32Array {
  const { format, samples } = readWav(readFileSync(path));
  return convertSampleRate(toMono(samples, format.channels), format.sampleRateHz, sampleRateHz);
}

/** A prompt for each answer of the demo: where two prompts have the same, the first. What answers every other prompt is none. */
export function promptsWithAnswers(): readonly string[] {
  const written = JSON.parse(readFileSync(answersPath, 'utf8')) as Readonly<Record<string, unknown>>;
  const prompts = new Map<string, string>();
  for (const [prompt, answer] of Object.entries(written)) {
    if (prompt === '*') continue;
    const key = JSON.stringify(answer);
    if (!prompts.has(key)) prompts.set(key, prompt);
  }
  return [...prompts.values()];
}
