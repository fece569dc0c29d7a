import { readFile } from 'node:fs/promises';
import { from, lastValueFrom } from 'rxjs';
import { loadMoonshine, type Recogniser } from '../../src/adapters/moonshine/index.js';
import { type AudioFrame, audioFrame } from '../../src/core/audio/audio-frame.js';
import { readWav } from '../../src/core/audio/wav.js';
import { type Missing, median, missing, type WhereModelsAre } from './common.js';

/** What one transcriber did with one utterance; medians. */
export interface TranscriberResult {
  readonly transcriber: string;
  readonly utterance: string;
  readonly loadMs: number;
  readonly speechMs: number;
  /** From the end of the utterance, which comes at once, to the final transcript. */
  readonly finalMs: number;
  readonly worstFinalMs: number;
  /** Whoever reads it can tell whether it was understood. */
  readonly text: string;
}

const format = { sampleRateHz: 16_000, channels: 1 };
const recognisers: readonly Recogniser[] = ['moonshine-tiny', 'moonshine-base', 'whisper-tiny.en'];

/** A person says "go forward ten meters", in two seconds; and three times that, with pauses. */
async function utterances(): Promise<Readonly<Record<string, Float32Array>>> {
  const file = new URL('../../src/adapters/silero-vad/fixtures/go-forward-ten-meters.wav', import.meta.url);
  const { samples } = readWav(new Uint8Array(await readFile(file)));
  const pause = format.sampleRateHz / 2;
  const thrice = new Float32Array(3 * samples.length + 2 * pause);
  for (const nth of [0, 1, 2]) thrice.set(samples, nth * (samples.length + pause));
  return { command: samples, 'three commands': thrice };
}

const framesOf = (samples: Float32Array): AudioFrame[] =>
  Array.from({ length: Math.floor(samples.length / 320) }, (_, index) =>
    audioFrame(format, samples.subarray(320 * index, 320 * (index + 1)), 20 * index),
  );

/** Measure every transcriber that is there, without partial transcripts. @param rounds - how often each hears each utterance. */
export async function benchTranscribers(
  { offline, moonshine }: WhereModelsAre,
  rounds: number,
): Promise<readonly (TranscriberResult | Missing)[]> {
  const results: (TranscriberResult | Missing)[] = [];
  const spoken = Object.entries(await utterances());
  // A folder holds one model; which one cannot be seen from outside, and moonshine-tiny is what it is taken for.
  for (const recogniser of moonshine === undefined ? recognisers : recognisers.slice(0, 1)) {
    const begunMs = performance.now();
    let ear: Awaited<ReturnType<typeof loadMoonshine>>;
    try {
      ear = await loadMoonshine({
        recogniser,
        offline,
        partials: false,
        ...(moonshine !== undefined && { model: moonshine }),
      });
    } catch (error) {
      results.push(missing(recogniser, error));
      continue;
    }
    const loadMs = performance.now() - begunMs;
    try {
      for (const [utterance, samples] of spoken) {
        const taken: number[] = [];
        let text = '';
        for (let round = 0; round < rounds; round++) {
          const endedMs = performance.now();
          ({ text } = await lastValueFrom(from(framesOf(samples)).pipe(ear.transcribe())));
          taken.push(performance.now() - endedMs);
        }
        const speechMs = (samples.length * 1000) / format.sampleRateHz;
        const [finalMs, worstFinalMs] = [median(taken), Math.max(...taken)];
        results.push({ transcriber: recogniser, utterance, loadMs, speechMs, finalMs, worstFinalMs, text });
      }
    } finally {
      await ear.close();
    }
  }
  return results;
}
