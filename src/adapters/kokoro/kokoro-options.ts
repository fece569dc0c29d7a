import { integerIn, nonEmptyString, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import { defaultEngineLimits, type EngineLimits, engineLimitChecks } from '../engine-host/index.js';
import type { ModelProgress } from '../model-store/index.js';
import { faultOfVoice, type KokoroVoice } from './voices.js';

/** How the weights of the model are stored. @public */
export type KokoroDtype = 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';

/** The file of each, as the hub has it. */
const weightFiles: Readonly<Record<KokoroDtype, string>> = {
  fp32: 'onnx/model.onnx',
  fp16: 'onnx/model_fp16.onnx',
  q8: 'onnx/model_quantized.onnx',
  q4: 'onnx/model_q4.onnx',
  q4f16: 'onnx/model_q4f16.onnx',
};

/** @public */
export interface KokoroOptions {
  /**
   * `owner/name` of the model on the hub, or a folder that holds it: an absolute path, or one that begins with `./`.
   * @defaultValue 'onnx-community/Kokoro-82M-v1.0-ONNX'
   */
  readonly model: string;
  /** A branch, tag or commit of the model on the hub. @defaultValue 'main' */
  readonly revision: string;
  /** Where downloaded models are kept. @defaultValue undefined, the user's cache folder */
  readonly store: string | undefined;
  /** The hub. @defaultValue 'https://huggingface.co' */
  readonly source: string;
  /** True never touches the network: a model that is not there is an error. @defaultValue false */
  readonly offline: boolean;
  /**
   * How the weights are stored. `q8` and smaller are quicker to download and not to run: three published measurements found
   * int8 1.7 to 2.2 times slower than fp32. One of `fp32`, `fp16`, `q8`, `q4`, `q4f16`.
   * @defaultValue 'fp32'
   */
  readonly dtype: KokoroDtype;
  /** Who speaks: `a` American or `b` British, `f` or `m`, and a name. @defaultValue 'af_heart' */
  readonly voice: KokoroVoice;
  /** Speaking rate. Range: 0.5..2. @defaultValue 1 */
  readonly speed: number;
  /** Threads of inference. Range: 1..256. @defaultValue undefined, the cores of the machine less one */
  readonly threads: number | undefined;
  /**
   * Longest text that is synthesised at once; a longer sentence is cut at the end of a clause. Inference cannot be stopped in
   * between, so this bounds how long a cut occupies the engine. Units: characters. Range: 40..500.
   * @defaultValue 250, about 16 s of speech
   */
  readonly maxCharacters: number;
  /** Whether loading waits until the model is loaded and has spoken once. Otherwise the first text does. @defaultValue true */
  readonly warmUp: boolean;
  /** What bounds the process of the engine. */
  readonly limits: EngineLimits;
  /** Told how the download goes. @defaultValue ignores it */
  readonly onProgress: (progress: ModelProgress) => void;
}

/** @public */
export const defaultKokoroOptions = {
  model: 'onnx-community/Kokoro-82M-v1.0-ONNX',
  revision: 'main',
  store: undefined,
  source: 'https://huggingface.co',
  offline: false,
  dtype: 'fp32',
  voice: 'af_heart',
  speed: 1,
  threads: undefined,
  maxCharacters: 250,
  warmUp: true,
  limits: defaultEngineLimits,
  onProgress: () => undefined,
} as const satisfies KokoroOptions;

/** Options as they are given: a part of them, and of the limits. @public */
export type GivenKokoroOptions = Partial<Omit<KokoroOptions, 'limits'>> & {
  readonly limits?: Partial<EngineLimits> | undefined;
};

/** @throws OptionError `OPTION_INVALID` */
export function resolveKokoroOptions({ limits, ...given }: GivenKokoroOptions): KokoroOptions {
  const resolved = resolveOptions<KokoroOptions>('kokoro', defaultKokoroOptions, given, {
    model: nonEmptyString,
    revision: nonEmptyString,
    store: (value) => (value === undefined ? undefined : nonEmptyString(value)),
    source: nonEmptyString,
    offline: oneOf(true, false),
    dtype: oneOf(...Object.keys(weightFiles)),
    voice: faultOfVoice,
    speed: numberIn(0.5, 2),
    threads: (value) => (value === undefined ? undefined : integerIn(1, 256)(value)),
    maxCharacters: integerIn(40, 500, 'characters'),
    warmUp: oneOf(true, false),
    onProgress: (value) =>
      typeof value === 'function' ? undefined : 'must be a function that is told progress',
  });
  return {
    ...resolved,
    limits: resolveOptions('kokoro limits', defaultEngineLimits as EngineLimits, limits, engineLimitChecks),
  };
}

/** Every file that the model needs. */
export function filesOf(dtype: KokoroDtype): readonly string[] {
  return ['config.json', 'tokenizer.json', 'tokenizer_config.json', weightFiles[dtype]];
}
