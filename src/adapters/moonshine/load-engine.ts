import { ModelError } from '../../core/errors.js';
import type { LoadEngine } from '../engine-host/index.js';
import type { MoonshinePiece, MoonshineRequest, MoonshineSettings } from './engine-messages.js';
import { importTransformers, type SpeechPipeline } from './transformers-library.js';

const rateHz = 16_000;
/**
 * So many tokens may be written for each second, and so many beside: six a second is what the authors of Moonshine found never to
 * be exceeded by speech. The pipeline itself counts whole seconds only, and writes one letter of half a second.
 */
const [tokensPerSecond, tokensBeside] = [6, 16];
/** Whisper has place for 448, of which some are taken before it begins. */
const mostTokens = 440;

/** Load a recogniser of speech in this process. For a process that does nothing else: it blocks. */
export const loadMoonshineEngine: LoadEngine<MoonshineSettings, MoonshineRequest, MoonshinePiece> = async (
  { folder, dtype, threads, language },
  tell,
) => {
  tell('importing transformers.js');
  const { env, pipeline } = await importTransformers().catch((cause: unknown) => {
    throw new ModelError(
      'MODEL_LOAD_FAILED',
      `transformers.js cannot be imported (${reasonOf(cause)}); install it anew on this machine`,
      { cause },
    );
  });
  // Files are ours to fetch: a fetch of the library's own is not atomic, and one that was cut off breaks every later start.
  env.allowRemoteModels = false;
  tell('loading the model');
  const listen = await load();
  const family = listen.model.config.model_type;
  const spoken =
    family === 'whisper' && listen.model.generation_config?.is_multilingual === true
      ? ({ language: language ?? 'en', task: 'transcribe' } as const)
      : {};
  const transcribe = async (samples: Float32Array, isCancelled: () => boolean): Promise<string> => {
    const tokens = Math.ceil((samples.length / rateHz) * tokensPerSecond) + tokensBeside;
    const { text } = await listen(samples, {
      max_new_tokens: Math.min(mostTokens, tokens),
      stopping_criteria: [(sequences) => sequences.map(isCancelled)],
      ...spoken,
    });
    return text.trim();
  };
  tell('warming up');
  await warmUp();
  return {
    async run({ samples }, emit, isCancelled) {
      const text = await transcribe(samples, isCancelled);
      // Cut short, it is not what was said.
      if (!isCancelled()) await emit({ text });
    },
  };

  async function load(): Promise<SpeechPipeline> {
    let loaded: SpeechPipeline;
    try {
      loaded = await pipeline('automatic-speech-recognition', folder, {
        dtype,
        device: 'cpu',
        local_files_only: true,
        // 4: what fails also throws.
        session_options: { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 },
      });
    } catch (cause) {
      throw unloadable(cause);
    }
    const { model_type: type } = loaded.model.config;
    if (type === 'moonshine' || type === 'whisper') return loaded;
    throw unloadable(new Error(`it is of the type ${type}, and only moonshine and whisper are known here`));
  }

  /** The first run finds out whether the parts fit together, and takes the memory. */
  async function warmUp(): Promise<void> {
    try {
      await transcribe(new Float32Array(rateHz), () => false);
    } catch (cause) {
      throw unloadable(cause);
    }
  }

  function unloadable(cause: unknown): ModelError {
    return new ModelError(
      'MODEL_LOAD_FAILED',
      `the recogniser in ${folder} cannot be loaded as ${dtype} (${reasonOf(cause)}); if a file was cut off, delete it and get it again`,
      { cause },
    );
  }
};

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
