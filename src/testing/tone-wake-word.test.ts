import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { WakeWordHeard } from '../core/ports/wake-word.js';
import { describeWakeWordContract } from './contracts/wake-word.contract.js';
import { burst, framesOf, silence } from './signals.js';
import { toneWakeWord } from './tone-wake-word.js';

const sampleRateHz = 16_000;

describeWakeWordContract(
  { describe, it, expect },
  {
    name: 'toneWakeWord',
    create: () => toneWakeWord({ word: 'beep' }),
    word: () => ({ word: 'beep', samples: burst({ sampleRateHz, durationMs: 400, frequencyHz: 1000 }) }),
    otherSpeech: () => burst({ sampleRateHz, durationMs: 400, frequencyHz: 1400 }),
    toleranceMs: 40,
  },
);

describe('toneWakeWord', () => {
  const wordsIn = (samples: Float32Array) => {
    const heard: WakeWordHeard[] = [];
    from(framesOf(samples, { sampleRateHz, channels: 1 }, 32))
      .pipe(toneWakeWord().listen())
      .subscribe((word) => {
        heard.push(word);
      });
    return heard;
  };

  it('does not take a click for its word, and tells one that the end of the audio cuts', () => {
    const click = burst({ sampleRateHz, durationMs: 64, frequencyHz: 1000, leadMs: 320, tailMs: 320 });
    expect(wordsIn(click)).toEqual([]);
    expect(wordsIn(burst({ sampleRateHz, durationMs: 640, frequencyHz: 1000, leadMs: 320 })).length).toBe(1);
    expect(wordsIn(silence({ sampleRateHz, durationMs: 0 }))).toEqual([]);
  });

  it('refuses a pitch that it cannot hear', () => {
    expect(() => toneWakeWord({ frequencyHz: 20 })).toThrow(
      /frequencyHz must be a whole number from 100 to 7000 Hz, but is 20/,
    );
  });
});
