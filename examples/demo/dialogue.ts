import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { convertSampleRate, readWav, toMono } from 'earshot';

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

export const answersPath = fileURLToPath(new URL('answers.json', import.meta.url));

/** The scripted dialogue with its recordings. */
export function loadDialogue(sampleRateHz: number): {
  readonly title: string;
  readonly cues: readonly Cue[];
} {
  const file = new URL('dialogue.json', import.meta.url);
  const { title, cues } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly title: string;
    readonly cues: readonly (Omit<Cue, 'samples'> & { readonly clip: string })[];
  };
  return {
    title,
    cues: cues.map(({ clip, ...cue }) => ({
      ...cue,
      samples: loadSpeech(new URL(clip, import.meta.url), sampleRateHz),
    })),
  };
}

function loadSpeech(url: URL, sampleRateHz: number): Float32Array {
  const { format, samples } = readWav(readFileSync(url));
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
