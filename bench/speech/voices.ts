import { loadEspeakNg } from '../../src/adapters/espeak-ng/index.js';
import { loadKokoro } from '../../src/adapters/kokoro/index.js';
import { loadEspeakNgWasm, loadFlite } from '../../src/adapters/wasm-voices/index.js';
import { endMs } from '../../src/core/audio/audio-frame.js';
import type { Synthesizer } from '../../src/core/ports/synthesizer.js';
import { earcon } from '../../src/core/speech/earcon.js';
import { type Missing, median, missing, type WhereModelsAre } from './common.js';

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

type Voice = Synthesizer & { close?(): Promise<void> };

const voicesOf = ({
  offline,
  kokoro,
}: WhereModelsAre): Readonly<Record<string, () => Voice | Promise<Voice>>> => ({
  'Kokoro fp32': () => loadKokoro({ offline, ...(kokoro && { model: kokoro }) }),
  'Kokoro q8': () => loadKokoro({ offline, dtype: 'q8', ...(kokoro && { model: kokoro }) }),
  'espeak-ng, program': () => loadEspeakNg(),
  'eSpeak NG, WebAssembly': () => loadEspeakNgWasm(),
  'flite slt, WebAssembly': () => loadFlite(),
  'flite kal16, WebAssembly': () => loadFlite({ voice: 'kal16' }),
  earcon: () => earcon(),
});

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

/** Measure every voice that is there. @param rounds - how often each says each text. */
export async function benchVoices(
  where: WhereModelsAre,
  rounds: number,
): Promise<readonly (VoiceResult | Missing)[]> {
  const results: (VoiceResult | Missing)[] = [];
  for (const [voice, load] of Object.entries(voicesOf(where))) {
    const from = performance.now();
    let synthesizer: Voice;
    try {
      synthesizer = await load();
    } catch (error) {
      results.push(missing(voice, error));
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
