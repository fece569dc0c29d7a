import { ModelError, SpeechError } from '../../core/errors.js';
import type { Engine, LoadEngine } from '../engine-host/index.js';
import type { KokoroPiece, KokoroRequest, KokoroSettings } from './engine-messages.js';
import { importKokoro, type KokoroTts, type Tokenizer } from './kokoro-library.js';
import { splitLong } from './split-long.js';

/** What goes into the model at once, the two marks around it included. It has a style for each length up to this and none beyond. */
const mostTokens = 512;

/** More tokens than the model takes. */
class TooLongError extends Error {}

/** Load Kokoro in this process. For a process that does nothing else: it blocks, and installs listeners that end the process. */
export const loadKokoroEngine: LoadEngine<KokoroSettings, KokoroRequest, KokoroPiece> = async (
  { folder, dtype, threads, maxCharacters },
  tell,
) => {
  tell('importing kokoro-js');
  const library = await importKokoro().catch((cause: unknown) => {
    throw new ModelError(
      'MODEL_LOAD_FAILED',
      `kokoro-js cannot be imported (${reasonOf(cause)}); install it anew on this machine`,
      { cause },
    );
  });
  // Files are ours to fetch: a fetch of the library's own is not atomic, and one that was cut off breaks every later start.
  library.env.allowRemoteModels = false;
  tell('loading the model');
  const kokoro = await load();
  tell('warming up');
  await warmUp();
  const run: Engine<KokoroRequest, KokoroPiece>['run'] = async (
    { text, voice, speed },
    emit,
    isCancelled,
  ) => {
    // kokoro-js prints a table of voices for one that it does not know.
    if (!Object.hasOwn(kokoro.voices, voice)) {
      throw new SpeechError(
        'SYNTHESIS_FAILED',
        `kokoro-js has no voice ${JSON.stringify(voice)}; use one that it lists`,
      );
    }
    // In reverse, so that the next one is at the end.
    const left = sentencesOf(text)
      .flatMap((sentence) => splitLong(sentence, maxCharacters))
      .reverse();
    for (let part = left.pop(); part !== undefined && !isCancelled(); part = left.pop()) {
      try {
        const { audio: samples } = await kokoro.generate(part, { voice, speed });
        assertNumbers(samples);
        await emit({ text: part, samples });
      } catch (error) {
        // Digits and signs are read out, so that a short text may make many tokens.
        if (!(error instanceof TooLongError) || part.length < 2) throw error;
        left.push(...splitLong(part, Math.ceil(part.length / 2)).reverse());
      }
    }
  };

  return { run };

  async function load(): Promise<KokoroTts> {
    try {
      const model = await library.StyleTextToSpeech2Model.from_pretrained(folder, {
        dtype,
        device: 'cpu',
        local_files_only: true,
        // 4: what fails also throws.
        session_options: { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 },
      });
      const tokenizer = await library.AutoTokenizer.from_pretrained(folder, { local_files_only: true });
      return new library.KokoroTTS(model, withoutTruncation(tokenizer));
    } catch (cause) {
      throw unloadable(cause);
    }
  }

  /** The first run is the one that finds out that it is another model; and the phonemizer takes 0.2 s for its first text. */
  async function warmUp(): Promise<void> {
    try {
      const { audio } = await kokoro.generate('Hello.', { voice: 'af_heart', speed: 1 });
      if (!(audio instanceof Float32Array) || audio.length === 0) throw new Error('it makes no audio');
      assertNumbers(audio);
    } catch (cause) {
      throw unloadable(cause);
    }
  }

  function unloadable(cause: unknown): ModelError {
    return new ModelError(
      'MODEL_LOAD_FAILED',
      `the Kokoro model in ${folder} cannot be loaded as ${dtype} (${reasonOf(cause)}); if a file was cut off, delete it and get it again`,
      { cause },
    );
  }

  /** A stream that is given a string never says its last sentence and never ends; a splitter that is asked for what it has does both. */
  function sentencesOf(text: string): readonly string[] {
    const splitter = new library.TextSplitterStream();
    splitter.push(text);
    return [...splitter].filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
  }
};

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** kokoro-js asks its tokenizer to cut off what is too long, and does not say that it was. */
function withoutTruncation(tokenizer: Tokenizer): Tokenizer {
  return (phonemes) => {
    const encoded = tokenizer(phonemes, { truncation: false });
    const tokens = encoded.input_ids.dims.at(-1) ?? 0;
    if (tokens > mostTokens) throw new TooLongError(`${tokens} tokens, and the model takes ${mostTokens}`);
    return encoded;
  };
}

function assertNumbers(samples: Float32Array): void {
  if (samples.every(Number.isFinite)) return;
  throw new SpeechError('SYNTHESIS_FAILED', 'the model made samples that are no numbers; use another dtype');
}
