import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../core/audio/audio-frame.js';
import { describeSynthesizerContract } from './contracts/synthesizer.contract.js';
import { toneSynthesizer } from './tone-synthesizer.js';
import { createVirtualClock } from './virtual-clock.js';

const clock = createVirtualClock();

for (const realTimeFactor of [0, 0.5]) {
  describeSynthesizerContract(
    { describe, it, expect },
    {
      name: `toneSynthesizer at real-time factor ${realTimeFactor}`,
      create: () => toneSynthesizer({ realTimeFactor, firstFrameAfterMs: 30, scheduler: clock.scheduler }),
      unspeakableText: ' ... ',
      drive: () => clock.advanceBy(60_000),
    },
  );
}

describeSynthesizerContract(
  { describe, it, expect },
  { name: 'toneSynthesizer in real time', create: () => toneSynthesizer(), unspeakableText: '' },
);

describe('toneSynthesizer', () => {
  it('speaks each word for its letters, with a pause after it', async () => {
    const { scheduler, advanceBy } = createVirtualClock();
    const samples = collectSamples(toneSynthesizer({ sampleRateHz: 8000, scheduler }), 'go on');
    advanceBy(0);

    // 2 letters of 60 ms and 80 ms of silence, twice.
    expect((await samples).length).toBe(2 * (120 + 80) * 8);
    const [word, pause] = [(await samples).slice(0, 120 * 8), (await samples).slice(120 * 8, 200 * 8)];
    expect(Math.max(...word)).toBeGreaterThan(0.25);
    expect(Math.max(...pause.map(Math.abs))).toBe(0);
  });

  it('speaks faster at a higher speed and differently with another voice', async () => {
    const { scheduler, advanceBy } = createVirtualClock();
    const spoken = Promise.all(
      [{}, { speed: 2 }, { voice: 'other' }].map((options) =>
        collectSamples(toneSynthesizer({ ...options, scheduler }), 'hello'),
      ),
    );
    advanceBy(0);
    const [plain, fast, other] = await spoken;

    expect(fast?.length).toBe((plain?.length ?? 0) / 2);
    expect(other?.length).toBe(plain?.length);
    expect(other).not.toEqual(plain);
  });

  it('emits each frame when it is due, on the scheduler it was given', () => {
    const { scheduler, advanceBy } = createVirtualClock();
    const seen: number[] = [];
    toneSynthesizer({ frameMs: 20, firstFrameAfterMs: 100, realTimeFactor: 0.5, scheduler })
      .synthesize('a')
      .subscribe(() => seen.push(scheduler.now()));

    advanceBy(99);
    expect(seen).toEqual([]);
    advanceBy(1000);

    // 140 ms of audio in frames of 20 ms, one each 10 ms.
    expect(seen).toEqual([100, 110, 120, 130, 140, 150, 160]);
  });

  it('refuses options out of range, all at once', () => {
    expect(() => toneSynthesizer({ speed: 0, voice: '' })).toThrow(
      /OPTION_INVALID.*voice must be.*speed must be/,
    );
  });
});

async function collectSamples(synthesizer: ReturnType<typeof toneSynthesizer>, text: string) {
  const frames: AudioFrame[] = await lastValueFrom(synthesizer.synthesize(text).pipe(toArray()));
  return Float32Array.from(frames.flatMap(({ samples }) => [...samples]));
}
