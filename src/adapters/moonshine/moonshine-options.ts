import { integerIn, nonEmptyString, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import { defaultEngineLimits, type EngineLimits, engineLimitChecks } from '../engine-host/index.js';
import type { ModelProgress, WantedModel } from '../model-store/index.js';

/** Which recogniser. @public */
export type Recogniser = 'moonshine-tiny' | 'moonshine-base' | 'whisper-tiny.en' | 'whisper-tiny';

/** Where each is on the hub. */
const hubIds: Readonly<Record<Recogniser, string>> = {
  'moonshine-tiny': 'onnx-community/moonshine-tiny-ONNX',
  'moonshine-base': 'onnx-community/moonshine-base-ONNX',
  'whisper-tiny.en': 'onnx-community/whisper-tiny.en',
  'whisper-tiny': 'onnx-community/whisper-tiny',
};

/** How the weights are stored. @public */
export type RecogniserDtype = 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';

/** A partial transcript that is not wanted any more stops at the next token, and killing for it would make the final one wait for a start. */
const defaultLimits = { ...defaultEngineLimits, cancelGraceMs: 20_000 } as const satisfies EngineLimits;

/** How the files of each end. */
const suffixes: Readonly<Record<RecogniserDtype, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  q4: '_q4',
  q4f16: '_q4f16',
};

/** @public */
export interface MoonshineOptions {
  /**
   * Which recogniser: `moonshine-tiny` (27 million parameters) and `moonshine-base` (62 million) know English, and take time in proportion
   * to what is said. `whisper-tiny.en` knows English, `whisper-tiny` other languages too; both take as long for a word as for 30 s.
   * @defaultValue 'moonshine-tiny'
   */
  readonly recogniser: Recogniser;
  /** `owner/name` on the hub, or a folder that holds it: an absolute path, or one that begins with `./`. @defaultValue undefined, where the recogniser is on the hub */
  readonly model: string | undefined;
  /** A branch, tag or commit of the model on the hub. @defaultValue 'main' */
  readonly revision: string;
  /** Where downloaded models are kept. @defaultValue undefined, the user's cache folder */
  readonly store: string | undefined;
  /** The hub. @defaultValue 'https://huggingface.co' */
  readonly source: string;
  /** True never touches the network: a model that is not there is an error. @defaultValue false */
  readonly offline: boolean;
  /** How the weights are stored. One of `fp32`, `fp16`, `q8`, `q4`, `q4f16`. Smaller is quicker to download; whether it is quicker to run is to be measured on the device. @defaultValue 'fp32' */
  readonly dtype: RecogniserDtype;
  /** What is spoken, such as `ru`. Only for `whisper-tiny`. @defaultValue undefined, which is `en` */
  readonly language: string | undefined;
  /** Threads of inference. Range: 1..256. @defaultValue undefined, the cores of the machine less one */
  readonly threads: number | undefined;
  /** Whether there are partial transcripts. @defaultValue true */
  readonly partials: boolean;
  /** Speech that comes between two partial transcripts, at least. Units: ms. Range: 100..10_000. @defaultValue 400, about a word */
  readonly partialEveryMs: number;
  /**
   * Share of the time that partial transcripts may occupy the engine; as the utterance grows each takes longer, and they become fewer.
   * Range: 0.05..1. @defaultValue 0.5, so that the final one rarely waits
   */
  readonly maxPartialLoad: number;
  /** Utterances shorter than this have no words, and the model is not asked. Units: ms. Range: 0..2000. @defaultValue 100, less than a syllable */
  readonly minUtteranceMs: number;
  /**
   * What is shorter gets silence after it before it goes to the model, which makes words up for what is too short. Units: ms.
   * Range: 100..5000. @defaultValue 1000
   */
  readonly paddedMs: number;
  /**
   * Longest stretch that goes through the model at once; a longer utterance is cut where it is quietest, and nothing of it is
   * lost. Units: ms. Range: 5000..30_000. Both families were trained with up to 30 s.
   * @defaultValue 20_000
   */
  readonly maxStretchMs: number;
  /** Whether loading waits until the model is loaded and has run once. Otherwise the first utterance does. @defaultValue true */
  readonly warmUp: boolean;
  /** What bounds the process of the engine. @defaultValue `defaultEngineLimits`, but for a `cancelGraceMs` of 20_000 */
  readonly limits: EngineLimits;
  /** Told how the download goes. @defaultValue ignores it */
  readonly onProgress: (progress: ModelProgress) => void;
}

/** @public */
export const defaultMoonshineOptions = {
  recogniser: 'moonshine-tiny',
  model: undefined,
  revision: 'main',
  store: undefined,
  source: 'https://huggingface.co',
  offline: false,
  dtype: 'fp32',
  language: undefined,
  threads: undefined,
  partials: true,
  partialEveryMs: 400,
  maxPartialLoad: 0.5,
  minUtteranceMs: 100,
  paddedMs: 1000,
  maxStretchMs: 20_000,
  warmUp: true,
  limits: defaultLimits,
  onProgress: () => undefined,
} as const satisfies MoonshineOptions;

/** Options as they are given: a part of them, and of the limits. @public */
export type GivenMoonshineOptions = Partial<Omit<MoonshineOptions, 'limits'>> & {
  readonly limits?: Partial<EngineLimits> | undefined;
};

const orNothing = (check: (value: unknown) => string | undefined) => (value: unknown) =>
  value === undefined ? undefined : check(value);

/** @throws OptionError `OPTION_INVALID` */
export function resolveMoonshineOptions({ limits, ...given }: GivenMoonshineOptions): MoonshineOptions {
  const resolved = resolveOptions<MoonshineOptions>(
    'moonshine',
    defaultMoonshineOptions,
    given,
    {
      recogniser: oneOf(...Object.keys(hubIds)),
      model: orNothing(nonEmptyString),
      revision: nonEmptyString,
      store: orNothing(nonEmptyString),
      source: nonEmptyString,
      offline: oneOf(true, false),
      dtype: oneOf(...Object.keys(suffixes)),
      language: orNothing((value) =>
        typeof value === 'string' && /^[a-z]{2,3}$/.test(value)
          ? undefined
          : 'must be a code such as en or ru',
      ),
      threads: orNothing(integerIn(1, 256)),
      partials: oneOf(true, false),
      partialEveryMs: numberIn(100, 10_000, 'milliseconds'),
      maxPartialLoad: numberIn(0.05, 1),
      minUtteranceMs: numberIn(0, 2000, 'milliseconds'),
      paddedMs: numberIn(100, 5000, 'milliseconds'),
      maxStretchMs: numberIn(5000, 30_000, 'milliseconds'),
      warmUp: oneOf(true, false),
      onProgress: (value) =>
        typeof value === 'function' ? undefined : 'must be a function that is told progress',
    },
    ({ recogniser, language }) =>
      language === undefined || language === 'en' || recogniser === 'whisper-tiny'
        ? []
        : [`language is ${JSON.stringify(language)}, but ${recogniser} knows English only; use whisper-tiny`],
  );
  const merged = resolveOptions('moonshine limits', defaultLimits as EngineLimits, limits, engineLimitChecks);
  return { ...resolved, limits: merged };
}

/**
 * The model that a recogniser needs, and its files: for `ensureModel`, or to bring them by hand.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export const recogniserModel = (options: GivenMoonshineOptions = {}): Required<WantedModel> =>
  wantedModel(resolveMoonshineOptions(options));

/** The model and every file of it that is needed. */
export function wantedModel({ recogniser, model, revision, dtype }: MoonshineOptions) {
  return {
    id: model ?? hubIds[recogniser],
    revision,
    files: [
      'config.json',
      'generation_config.json',
      'preprocessor_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      `onnx/encoder_model${suffixes[dtype]}.onnx`,
      `onnx/decoder_model_merged${suffixes[dtype]}.onnx`,
    ],
  };
}
