import { createRequire } from 'node:module';
import { catchError, concatMap, defer, type Observable } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../../core/audio/audio-frame.js';
import { SpeechError, VoiceError } from '../../core/errors.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import {
  assertInstalled,
  type EngineProgram,
  type EngineState,
  findEngineProgram,
  startModelEngine,
  threadsFor,
} from '../engine-host/index.js';
import type { KokoroPiece, KokoroRequest, KokoroSettings } from './engine-messages.js';
import { filesOf, type GivenKokoroOptions, resolveKokoroOptions } from './kokoro-options.js';
import { assertSpeakable } from './speakable.js';

/** Kokoro, speaking from a process of its own. @public */
export interface KokoroSynthesizer extends Synthesizer {
  /** How its process is; the present state first. Completes when it is closed. */
  readonly state$: Observable<EngineState>;
  /** Load the model if it is not loaded, as after it was idle. Completes when it is; errors with `ModelError` `MODEL_LOAD_FAILED`. */
  warmUp(): Observable<never>;
  /** End its process. What is under way errors. Settles when it is gone, after 5 s at the latest. Idempotent. */
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
 * Shape: a text of 1 to 20,000 characters with a word in it becomes frames of 20 ms, 24 kHz, mono; the last of each sentence may be shorter.
 *
 * Range: samples as the model makes them, nominally -1..1, all of them numbers.
 *
 * Timing: loading waits for the model, unless `warmUp` is false: for a hub as `ensureModel` does, and for the child for `limits.startMs` at a time,
 * `limits.maxFailures` times. A model that a disk has damaged since it was downloaded is fetched again. Whoever may have to give up a
 * download calls `ensureModel` first, which can be unsubscribed; one that is broken off, by a crash too, is gone on with at the next start.
 * The audio of a sentence comes when all of it is made. Nothing blocks here: inference, the phonemizer and loading do so in
 * the child, at a lower priority than this process. A text is never cut short: what is longer than the model takes is spoken in parts.
 *
 * Order: texts are spoken one after the other, in the order of subscription; `limits.maxWaiting` may wait. The time for which a text waits for
 * those before it counts for no limit here; whoever bounds the wait for an answer counts it.
 *
 * Cancellation: nothing is emitted after unsubscription. The child stops after the sentence that it is at, or is killed and started
 * again after `limits.cancelGraceMs`; until then who comes next waits.
 *
 * Ownership: the caller closes what was loaded. The child does not keep this program alive while nothing is asked of it, and ends with it.
 *
 * `synthesize` errors with `SpeechError` `SYNTHESIS_FAILED`: for a text without a word or in another script, and after `close`; retryable
 * when the child died, hung, took too much memory, or has too much to do.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without kokoro-js; ModelError `MODEL_LOAD_FAILED` for a model
 * that cannot be had or loaded, retryable when it is the network or the child died. All as rejections.
 * @public
 */
export async function loadKokoro(
  options: GivenKokoroOptions = {},
  parts: KokoroParts = {},
): Promise<KokoroSynthesizer> {
  const resolved = resolveKokoroOptions(options);
  const { model: id, revision, store, source, offline } = resolved;
  const { dtype, voice, speed, maxCharacters, limits, onProgress, warmUp } = resolved;
  assertInstalled(
    'kokoro-js',
    '1.2.1',
    parts.findPeer ?? (() => createRequire(import.meta.url).resolve('kokoro-js')),
  );
  const threads = threadsFor(resolved.threads);
  const host = await startModelEngine<KokoroSettings, KokoroRequest, KokoroPiece>({
    label: 'the Kokoro voice',
    program: (parts.findProgram ?? (() => findEngineProgram('adapters/kokoro/engine')))(),
    model: { model: { id, revision, files: filesOf(dtype) }, store, source, offline },
    settings: (folder) => ({ folder, dtype, threads, maxCharacters }),
    limits,
    onProgress,
    warmUp,
  });
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
