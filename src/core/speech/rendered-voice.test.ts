import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { burst } from '../../testing/signals.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { earcon } from './earcon.js';
import { renderedVoice } from './rendered-voice.js';
import { voiceLadder } from './voice-ladder.js';

const format = { sampleRateHz: 48_000, channels: 1 };
const clip = (text: string, durationMs: number) => ({
  fillerId: text,
  text,
  audio: audioFrame(format, burst({ sampleRateHz: 48_000, durationMs, peak: 0.5 }), 0),
});
const clips = [
  clip('One moment, please.', 505),
  clip('One moment, please. I am looking for the answer, and it will not take long.', 1500),
  clip('Сейчас посмотрю.', 700),
];

describeSynthesizerContract(
  { describe, it, expect },
  { name: 'renderedVoice', create: () => renderedVoice(clips, format), unspeakableText: 'Anything else.' },
);

describe('renderedVoice', () => {
  const samplesOf = (text: string): number[] => {
    const samples: number[] = [];
    renderedVoice(clips, format)
      .synthesize(text)
      .subscribe((frame) => samples.push(...frame.samples));
    return samples;
  };

  it('says what was rendered, whatever the white space, to the last sample', () => {
    expect(samplesOf(' One  moment,\nplease. ')).toEqual([...(clips[0] as (typeof clips)[0]).audio.samples]);
    expect(samplesOf('Сейчас посмотрю.').length).toBe(700 * 48);
  });

  it('refuses a clip of another layout', () => {
    expect(() => renderedVoice(clips, { sampleRateHz: 24_000, channels: 1 })).toThrow(
      /OPTION_INVALID.*"One moment, please\." has 48000 Hz and 1 channels, not 24000/,
    );
  });

  it('is the top of a ladder: what is not in it goes down, and it stays in use', () => {
    const ladder = voiceLadder([
      { name: 'rendered', open: () => of(renderedVoice(clips, format)) },
      { name: 'earcon', open: () => of(earcon()) },
    ]);
    const inUse: string[] = [];
    ladder.events$.subscribe((event) => {
      if (event.type === 'rung-in-use' || event.type === 'rung-unavailable') inUse.push(event.rung);
    });
    const frames: AudioFrame[] = [];
    for (const text of ['Сейчас посмотрю.', 'Nobody rendered this.', 'Сейчас посмотрю.']) {
      ladder.synthesize(text).subscribe((frame) => frames.push(frame));
    }
    expect(inUse).toEqual(['rendered', 'earcon', 'rendered']);
    expect(frames.length).toBeGreaterThan(75);
  });
});
