import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { catchError, concatMap, defer, lastValueFrom, type Observable, tap } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../../core/audio/audio-frame.js';
import { ModelError, SpeechError, VoiceError } from '../../core/errors.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import {
  createEngineHost,
  type EngineProgram,
  type EngineState,
  findEngineProgram,
} from '../engine-host/index.js';
import { ensureModel } from '../model-store/index.js';
import type { KokoroPiece, KokoroRequest, KokoroSettings } from './engine-messages.js';
import {
  filesOf,
  type GivenKokoroOptions,
  type KokoroOptions,
  resolveKokoroOptions,
} from './kokoro-options.js';
import { assertSpeakable } from './speakable.js';

/** Kokoro, speaking from a process of its own. @public */
export interface KokoroSynthesizer extends Synthesizer {
  /** How its process is; the present state first. Completes when it is closed. */
  readonly state$: Observable<EngineState>;
  /** Load the model if it is not loaded, as after it was idle. Completes when it is. */
  warmUp(): Observable<never>;
  /** End its process. What is under way errors. Settles when it is gone. Idempotent. */
  close(): Promise<void>;
}

/** What tests put in place of what is installed. */
interface KokoroParts {
  readonly findPeer?: () => unknown;
  readonly findProgram?: () => EngineProgram;
}

const format: PcmFormat = { sampleRateHz: 24_000, channels: 1 };
/** 20 ms. */
const frameSamples = 480;

/**
 * Load Kokoro: downloads the model where it is not there yet, and speaks English with it in a child process.
 *
 * @remarks
 * Shape: frames of 20 ms, 24 kHz, mono; the last of each sentence may be shorter.
 *
 * Timing: the audio of a sentence comes when all of it is made. Nothing blocks here: inference, the phonemizer and loading do so in
 * the child. A text is never cut short: what is longer than the model takes is spoken in parts.
 *
 * Order: texts are spoken one after the other, in the order of subscription.
 *
 * Cancellation: nothing is emitted after unsubscription. The child stops after the sentence that it is at, or is killed and started
 * again after `limits.cancelGraceMs`.
 *
 * Ownership: the caller closes what was loaded.
 *
 * `synthesize` errors with `SpeechError` `SYNTHESIS_FAILED`: for a text without a word or in another script; retryable when the
 * child died, hung, took too much memory, or has too much to do.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without kokoro-js; ModelError `MODEL_LOAD_FAILED` for a model
 * that cannot be had or loaded. All as rejections.
 * @public
 */
export async function loadKokoro(
  options: GivenKokoroOptions = {},
  parts: KokoroParts = {},
): Promise<KokoroSynthesizer> {
  const resolved = resolveKokoroOptions(options);
  const { dtype, voice, speed, maxCharacters, limits } = resolved;
  assertInstalled(parts.findPeer ?? (() => createRequire(import.meta.url).resolve('kokoro-js')));
  const folder = await findFolder(resolved);
  const host = createEngineHost<KokoroSettings, KokoroRequest, KokoroPiece>({
    label: 'the Kokoro voice',
    program: (parts.findProgram ?? (() => findEngineProgram('adapters/kokoro/engine')))(),
    settings: {
      folder,
      dtype,
      threads: resolved.threads ?? Math.max(1, availableParallelism() - 1),
      maxCharacters,
    },
    limits,
  });
  if (resolved.warmUp) {
    try {
      await lastValueFrom(host.warmUp(), { defaultValue: undefined });
    } catch (error) {
      await host.close();
      throw error;
    }
  }
  return {
    format,
    engine: `kokoro-82m-${dtype}`,
    voice,
    speed,
    state$: host.state$,
    warmUp: host.warmUp,
    close: host.close,
    synthesize: (text) =>
      defer(() => {
        assertSpeakable(text);
        let start = 0;
        return host.request({ text, voice, speed }).pipe(
          concatMap(({ samples }) => {
            const frames = framesOf(samples, start);
            start += samples.length;
            return frames;
          }),
          catchError((cause: unknown) => {
            throw failed(cause);
          }),
        );
      }),
  };
}

function assertInstalled(findPeer: () => unknown): void {
  try {
    findPeer();
  } catch (cause) {
    throw new VoiceError('PEER_MISSING', 'kokoro-js is not installed; run: npm install kokoro-js@1.2.1', {
      cause,
    });
  }
}

async function findFolder(options: KokoroOptions): Promise<string> {
  const { model: id, revision, dtype, store, source, offline, onProgress } = options;
  const model = { id, revision, files: filesOf(dtype) };
  const last = await lastValueFrom(ensureModel({ model, store, source, offline }).pipe(tap(onProgress)));
  if (last.type === 'ready') return last.folder;
  throw new ModelError('MODEL_LOAD_FAILED', `the model ${id} did not become ready; try again`, {
    retryable: true,
  });
}

function framesOf(samples: Float32Array, start: number): AudioFrame[] {
  const frames: AudioFrame[] = [];
  for (let at = 0; at < samples.length; at += frameSamples) {
    const timestampMs = ((start + at) * 1000) / format.sampleRateHz;
    frames.push(audioFrame(format, samples.subarray(at, at + frameSamples), timestampMs));
  }
  return frames;
}

/** The code that the port promises. */
function failed(cause: unknown): SpeechError {
  if (cause instanceof SpeechError) return cause;
  const { message, retryable } =
    cause instanceof VoiceError ? cause : { message: String(cause), retryable: false };
  return new SpeechError('SYNTHESIS_FAILED', message.replace(/^\[\w+\] /, ''), { retryable, cause });
}
