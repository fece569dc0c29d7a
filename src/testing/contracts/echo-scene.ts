import { silence } from '../signals.js';

/** What a microphone hears of a loudspeaker through a pure delay, one channel, as long as `far`. */
export function withEcho(
  sampleRateHz: number,
  far: Float32Array,
  echo: { readonly delayMs: number; readonly gain: number },
): Float32Array {
  const delay = Math.round((echo.delayMs * sampleRateHz) / 1000);
  return far.map((_, index) => echo.gain * (far[index - delay] ?? 0));
}

/**
 * Harmonics of 140 Hz that swell four times a second, as syllables do, so that a noise suppressor does not take it for
 * noise. One channel, peak about 0.3.
 */
export function voiceLike(sampleRateHz: number, durationMs: number): Float32Array {
  return silence({ sampleRateHz, durationMs }).map((_, index) => {
    const seconds = index / sampleRateHz;
    const pitch = 2 * Math.PI * 140 * seconds + 2 * Math.sin(2 * Math.PI * 3 * seconds);
    let voice = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++) voice += Math.sin(harmonic * pitch) / harmonic;
    return 0.16 * (0.5 - 0.5 * Math.cos(2 * Math.PI * 4 * seconds)) * voice;
  });
}
