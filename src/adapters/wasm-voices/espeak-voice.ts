import { OptionError } from '../../core/errors.js';
import type { SayPart } from './wasm-speech.js';

/** The part of `@echogarden/espeak-ng-emscripten` that we use, once its data is loaded. */
export interface EspeakModule {
  readonly eSpeakNGWorker: new () => EspeakWorker | Promise<EspeakWorker>;
}

/** eSpeak NG with one voice set. */
export interface EspeakWorker {
  list_voices(): readonly {
    readonly name: string;
    readonly identifier: string;
    readonly languages: readonly { readonly name: string }[];
  }[];
  /** Returns 0 when it is set; but it also takes another voice of the language for one that is not there. */
  set_voice(name: string): number;
  /** Units: words a minute. */
  set_rate(wordsAMinute: number): void;
  get_samplerate(): number;
  /** Blocks. `take` gets the speech piece by piece; when it returns true the rest is left out. */
  synthesize(text: string, take: (samples: Int16Array | null) => boolean): void;
}

/** What eSpeak NG speaks at speed 1. Units: words a minute. */
const ownRate = 175;
const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * eSpeak NG as WebAssembly.
 *
 * @throws OptionError `OPTION_INVALID` for a voice it does not have.
 */
export async function createEspeakVoice(
  { eSpeakNGWorker: Worker }: EspeakModule,
  voice: string,
  speed: number,
): Promise<SayPart> {
  const worker = await new Worker();
  const voices = worker.list_voices();
  const wanted = voice.toLowerCase();
  const found = voices.find(({ name, identifier, languages }) =>
    [name, identifier, ...languages.map((language) => language.name)].some(
      (one) => one.toLowerCase() === wanted,
    ),
  );
  if (found === undefined || worker.set_voice(voice) !== 0) {
    const near = voices
      .flatMap(({ languages }) => languages.slice(0, 1).map(({ name }) => name))
      .filter((name) => name.split('-')[0] === wanted.split(/[-_+]/)[0]);
    throw new OptionError(
      'OPTION_INVALID',
      `espeak-ng: there is no voice ${JSON.stringify(voice)} among its ${voices.length}; ` +
        `take a language such as ${near.length > 0 ? near.join(', ') : 'en-us, de, ru'}`,
    );
  }
  worker.set_rate(Math.round(ownRate * speed));

  return (part) => {
    const pieces: Int16Array[] = [];
    worker.synthesize(asText(part), (samples) => {
      if (samples !== null) pieces.push(samples);
      return false;
    });
    const samples = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return { sampleRateHz: worker.get_samplerate(), samples };
  };
}

/** It reads markup, and phonemes in double brackets; a text has neither. */
const asText = (text: string): string =>
  text.replace(/[&<>]/g, (mark) => marks[mark] ?? mark).replace(/\[(?=\[)/g, '[ ');
