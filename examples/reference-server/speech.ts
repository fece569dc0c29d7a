import { convertSampleRate, readWav, writeWav } from 'earshot';

/** What the real service sends, in every generation. */
export const speechRateHz = 48_000;

/** Makes speech of text. */
export interface Voice {
  /** Names the engine and the voice. */
  readonly name: string;
  /** 48 kHz mono, 16 bits. Rejects with one clear sentence. */
  speak(text: string): Promise<Int16Array>;
}

/** Sentences that are kept once they were made: enough for a dialogue, and at most some tens of megabytes. */
const maxKept = 64;

/** Keeps what a voice made; a sentence that is being made is waited for, not made twice. */
export function keepSpeech(voice: Voice): Voice {
  const kept = new Map<string, Promise<Int16Array>>();
  return {
    name: voice.name,
    speak(text) {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const made = voice.speak(text);
      kept.set(text, made);
      made.catch(() => kept.delete(text));
      const [oldest] = kept.keys();
      if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
      return made;
    },
  };
}

/** One voice, and another for what it cannot say. */
export function voiceWithFallback(first: Voice, second: Voice): Voice {
  return {
    name: `${first.name}, else ${second.name}`,
    speak: (text) => first.speak(text).catch(() => second.speak(text)),
  };
}

/** Speech of a WAV file at the rate of the service. */
export function speechFromWav(bytes: Uint8Array): Int16Array {
  const { format, samples } = readWav(bytes);
  const mono = format.channels === 1 ? samples : firstChannel(samples, format.channels);
  return toInt16(convertSampleRate(mono, format.sampleRateHz, speechRateHz));
}

/** What was converted, as long as the speech itself is kept. */
const converted = new WeakMap<Int16Array, Map<number, Int16Array>>();

/** Speech of a voice at another rate. */
export function speechAt(rateHz: number, speech: Int16Array): Int16Array {
  if (rateHz === speechRateHz) return speech;
  const made = converted.get(speech) ?? new Map<number, Int16Array>();
  converted.set(speech, made);
  const known = made.get(rateHz);
  if (known !== undefined) return known;
  const samples = Float32Array.from(speech, (sample) => sample / 32_768);
  const next = toInt16(convertSampleRate(samples, speechRateHz, rateHz));
  made.set(rateHz, next);
  return next;
}

/** The same memory. */
export function bytesOf(speech: Int16Array): Uint8Array {
  return new Uint8Array(speech.buffer, speech.byteOffset, speech.byteLength);
}

/** The bytes of a WAV file, for a server that sends its file as if it were samples. */
export function wavOf(speech: Int16Array, sampleRateHz: number): Uint8Array {
  return writeWav(
    { sampleRateHz, channels: 1 },
    Float32Array.from(speech, (sample) => sample / 32_768),
  );
}

function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
}

function firstChannel(samples: Float32Array, channels: number): Float32Array {
  return Float32Array.from(
    { length: Math.floor(samples.length / channels) },
    (_, i) => samples[i * channels] ?? 0,
  );
}
