/**
 * The voices that are installed here: how soon they sound, and how long they take for a second of speech.
 *
 * Run: npm run bench:speech
 * With `-- --download` a model of Kokoro that is not in the cache is fetched first, 325 MB for fp32 and about a quarter of that for q8.
 * Each voice says three texts in turn, first once to warm up. `first sound` is from the asking to the first frame, and `RTF` the time for all of
 * a text per second of its audio: 0.5 is twice as fast as it is heard, above 1 is too slow to be heard live. A voice that is not installed is
 * named with what it needs. Takes some seconds, and longer with a model on a slow board.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadEspeakNg } from '../src/adapters/espeak-ng/index.js';
import { loadKokoro } from '../src/adapters/kokoro/index.js';
import { loadEspeakNgWasm, loadFlite } from '../src/adapters/wasm-voices/index.js';
import { endMs } from '../src/core/audio/audio-frame.js';
import type { Synthesizer } from '../src/core/ports/synthesizer.js';
import { earcon } from '../src/core/speech/earcon.js';

/** What one voice did with one text; medians. */
export interface VoiceResult {
  readonly voice: string;
  readonly text: string;
  /** From creating the voice to its being ready. */
  readonly loadMs: number;
  readonly firstSoundMs: number;
  readonly speechMs: number;
  /** Time taken per time of speech. */
  readonly realTimeFactor: number;
  /** The slowest round. */
  readonly worstRealTimeFactor: number;
}

/** One that cannot be measured here. */
export interface MissingVoice {
  readonly voice: string;
  readonly reason: string;
}

type Voice = Synthesizer & { close?(): Promise<void> };

/** A bench fetches nothing unless it is told to. */
const offline = !process.argv.includes('--download');

const voices: Readonly<Record<string, () => Voice | Promise<Voice>>> = {
  'Kokoro fp32': () => loadKokoro({ offline }),
  'Kokoro q8': () => loadKokoro({ offline, dtype: 'q8' }),
  'espeak-ng, program': () => loadEspeakNg(),
  'eSpeak NG, WebAssembly': () => loadEspeakNgWasm(),
  'flite slt, WebAssembly': () => loadFlite(),
  'flite kal16, WebAssembly': () => loadFlite({ voice: 'kal16' }),
  earcon: () => earcon(),
};

const texts = {
  filler: 'Hmm, let me see.',
  clause: 'The next train to the airport leaves in twelve minutes,',
  sentence:
    'The next train to the airport leaves in twelve minutes from the second platform, and the one after that half an hour later.',
} as const;

async function speak(synthesizer: Synthesizer, text: string) {
  const from = performance.now();
  return new Promise<{ firstSoundMs: number; totalMs: number; speechMs: number }>((resolve, reject) => {
    let firstSoundMs = Number.NaN;
    let speechMs = 0;
    synthesizer.synthesize(text).subscribe({
      next(frame) {
        if (speechMs === 0) firstSoundMs = performance.now() - from;
        speechMs = endMs(frame);
      },
      error: reject,
      complete: () => resolve({ firstSoundMs, totalMs: performance.now() - from, speechMs }),
    });
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Measure every voice that is there. @param rounds - how often each says each text. */
export async function benchVoices(rounds = 7): Promise<readonly (VoiceResult | MissingVoice)[]> {
  const results: (VoiceResult | MissingVoice)[] = [];
  for (const [voice, load] of Object.entries(voices)) {
    const from = performance.now();
    let synthesizer: Voice;
    try {
      synthesizer = await load();
    } catch (error) {
      results.push({ voice, reason: error instanceof Error ? error.message : String(error) });
      continue;
    }
    const loadMs = performance.now() - from;
    try {
      for (const [name, text] of Object.entries(texts)) {
        await speak(synthesizer, text);
        const spoken = [];
        for (let round = 0; round < rounds; round++) spoken.push(await speak(synthesizer, text));
        const factors = spoken.map(({ totalMs, speechMs }) => totalMs / speechMs);
        results.push({
          voice,
          text: name,
          loadMs,
          firstSoundMs: median(spoken.map(({ firstSoundMs }) => firstSoundMs)),
          speechMs: median(spoken.map(({ speechMs }) => speechMs)),
          realTimeFactor: median(factors),
          worstRealTimeFactor: Math.max(...factors),
        });
      }
    } finally {
      await synthesizer.close?.();
    }
  }
  return results;
}

function print(results: readonly (VoiceResult | MissingVoice)[], rounds: number): void {
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; medians of ${rounds} rounds`,
  );
  console.table(
    results
      .filter((result) => 'text' in result)
      .map(({ voice, text, loadMs, firstSoundMs, speechMs, realTimeFactor, worstRealTimeFactor }) => ({
        voice,
        text,
        'load ms': Math.round(loadMs),
        'first sound ms': Number(firstSoundMs.toFixed(1)),
        'speech s': Number((speechMs / 1000).toFixed(2)),
        RTF: Number(realTimeFactor.toFixed(4)),
        'worst RTF': Number(worstRealTimeFactor.toFixed(4)),
      })),
  );
  for (const result of results) {
    if ('reason' in result) console.log(`not measured: ${result.voice}: ${result.reason}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = 7;
  print(await benchVoices(rounds), rounds);
}
