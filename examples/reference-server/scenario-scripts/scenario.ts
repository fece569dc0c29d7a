import { encodePcm, type PcmEncoding } from 'earshot';
import type { Rules } from '../profiles.js';
import type { Content, Reply } from '../reply.js';
import type { Wire } from '../wire.js';

/** What a scenario works with. */
export interface Stage {
  readonly reply: Reply;
  readonly rules: Rules;
  /** The connection of this call. */
  readonly wire: Wire;
  /** Sends GOAWAY on every connection; calls under way go on. */
  goAway(): void;
}

/** One answer with something special about it. */
export interface Scenario {
  readonly what: string;
  play(stage: Stage): Promise<void>;
}

/** How a chunk of audio is labelled, and what its bytes are. */
export interface Layout {
  readonly dtype: string;
  readonly encoding: PcmEncoding;
  readonly sampleRate: number;
  readonly channels: number;
}

export const usualLayout: Layout = { dtype: 'int16', encoding: 's16', sampleRate: 48_000, channels: 1 };

/** A tone of 440 Hz at a tenth of full scale, the same in every channel. */
export function toneBytes(durationMs: number, layout: Layout = usualLayout): Uint8Array {
  const frames = Math.round((layout.sampleRate * durationMs) / 1000);
  const samples = new Float32Array(frames * layout.channels);
  for (let index = 0; index < samples.length; index += 1) {
    const second = Math.floor(index / layout.channels) / layout.sampleRate;
    samples[index] = 0.1 * Math.sin(2 * Math.PI * 440 * second);
  }
  return encodePcm(samples, layout.encoding);
}

export function text(value: string): Content {
  return { case: 'textChunk', value };
}

export function audio(audioData: Uint8Array, { dtype, sampleRate, channels }: Layout = usualLayout): Content {
  return { case: 'audioChunk', value: { audioData, dtype, sampleRate, channels } };
}

/** A tone of so many milliseconds in one chunk. */
export function tone(durationMs: number, layout: Layout = usualLayout): Content {
  return audio(toneBytes(durationMs, layout), layout);
}

/** A scenario that sends these one after the other, and ends as complete. */
export function complete(what: string, contents: () => Iterable<Content>): Scenario {
  return {
    what,
    async play({ reply }) {
      for (const content of contents()) await reply.send(content);
      await reply.finish();
    },
  };
}
