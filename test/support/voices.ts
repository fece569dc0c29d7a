import { readFileSync } from 'node:fs';
import { readWav } from '../../src/core/audio/wav.js';

/** A recording of the demo: somebody who reads aloud, mono, 16 kHz. */
function recording(name: string): Float32Array {
  const bytes = readFileSync(new URL(`../../examples/demo/assets/${name}.wav`, import.meta.url));
  return readWav(bytes).samples;
}

/** One person who reads for 16 s. */
export function longVoice(): Float32Array {
  const parts = ['john-dashwood', 'more-amiable-woman', 'unless-cold-hearted'].map(recording);
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Another person who says two words. */
export function shortVoice(): Float32Array {
  return recording('go-forward');
}
