import { type AudioFrame, audioFrame, dbToGain, type PcmFormat } from '../index.js';

/** Two short beeps: loud enough for a microphone in the room, not enough to startle. */
const toneDb = -20;
const toneHz = 1000;
const beepMs = 300;
const pauseMs = 200;
const rampMs = 15;

/** How long the tone is. Units: ms. */
export const toneMs = 2 * beepMs + pauseMs;

/** Two beeps of 1 kHz at -20 dB below full scale, with ramps, in frames of 10 ms. */
export function testTone(format: PcmFormat): readonly AudioFrame[] {
  const { sampleRateHz, channels } = format;
  const gain = dbToGain(toneDb);
  const frames: AudioFrame[] = [];
  const frameSamples = Math.round(sampleRateHz / 100);
  for (let first = 0; first < (toneMs * sampleRateHz) / 1000; first += frameSamples) {
    const samples = new Float32Array(frameSamples * channels);
    for (let n = 0; n < frameSamples; n += 1) {
      const ms = ((first + n) * 1000) / sampleRateHz;
      const value = gain * loudness(ms) * Math.sin((2 * Math.PI * toneHz * ms) / 1000);
      samples.fill(value, n * channels, (n + 1) * channels);
    }
    frames.push(audioFrame(format, samples, (first * 1000) / sampleRateHz));
  }
  return frames;
}

/** Of the beeps, from 0 to 1. */
function loudness(ms: number): number {
  const inBeep = ms % (beepMs + pauseMs);
  return Math.max(0, Math.min(1, inBeep / rampMs, (beepMs - inBeep) / rampMs));
}
