import { createRequire } from 'node:module';
import type { Observable } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import type { Transcriber } from '../../core/ports/transcriber.js';
import {
  assertInstalled,
  type EngineProgram,
  type EngineState,
  findEngineProgram,
  startModelEngine,
  threadsFor,
} from '../engine-host/index.js';
import type { MoonshinePiece, MoonshineRequest, MoonshineSettings } from './engine-messages.js';
import { type Desk, listenToUtterance, type PartialCounts } from './listen-to-utterance.js';
import { type GivenMoonshineOptions, resolveMoonshineOptions, wantedModel } from './moonshine-options.js';

/** Moonshine, or Whisper, listening in a process of its own. @public */
export interface MoonshineTranscriber extends Transcriber {
  /** How its process is; the present state first. Completes when it is closed. */
  readonly state$: Observable<EngineState>;
  /** Load the model if it is not loaded, as after it was idle. Completes when it is; errors with `ModelError` `MODEL_LOAD_FAILED`. */
  warmUp(): Observable<never>;
  /** What has become of partial transcripts so far. */
  partialCounts(): PartialCounts;
  /** End its process. What is under way errors. Settles when it is gone, after 5 s at the latest. Idempotent. */
  close(): Promise<void>;
}

/** What tests put in place of what is installed. */
interface MoonshineParts {
  readonly findPeer?: () => unknown;
  readonly findProgram?: () => EngineProgram;
}

/** What both families were trained with. */
const format: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/**
 * Load a recogniser of speech: downloads the model where it is not there yet, and runs it in a child process.
 *
 * @remarks
 * Shape: takes frames of any length, 16 kHz, mono, samples -1..1; gives transcripts. An utterance may be as long as it likes: what is longer than
 * `maxStretchMs` goes through the model in stretches, and no more than eight of them are kept.
 *
 * Order: partial transcripts while the utterance goes on, by running the model again on all of it so far, then the final one. The
 * final one is not built on the partial ones.
 *
 * Timing: loading waits for the model, unless `warmUp` is false: for a hub as `ensureModel` does, and for the child for `limits.startMs` at a time,
 * `limits.maxFailures` times. A model that a disk has damaged since it was downloaded is fetched again. Whoever may have to give up a
 * download calls `ensureModel` first, which can be unsubscribed; one that is broken off, by a crash too, is gone on with at the next start.
 * A partial transcript is skipped, and counted, when the engine is busy or would be for more than `maxPartialLoad` of the time;
 * a final one that becomes due cuts it short. Nothing blocks here.
 *
 * Cancellation: nothing is emitted after unsubscription, and the engine stops at the next token.
 *
 * Ownership: the caller closes what was loaded. The child does not keep this program alive while nothing is asked of it, and ends with it.
 *
 * `transcribe` errors with `SpeechError` `TRANSCRIPTION_FAILED`: after `close`, or when the engine is six stretches behind; retryable when the child
 * died, hung or took too much memory twice; and with `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for frames of another layout.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without transformers.js; ModelError `MODEL_LOAD_FAILED` for a model
 * that cannot be had or loaded, retryable when it is the network or the child died. All as rejections.
 * @public
 */
export async function loadMoonshine(
  options: GivenMoonshineOptions = {},
  parts: MoonshineParts = {},
): Promise<MoonshineTranscriber> {
  const resolved = resolveMoonshineOptions(options);
  const { recogniser, dtype, language, limits, store, source, offline, onProgress, warmUp } = resolved;
  assertInstalled(
    '@huggingface/transformers',
    '3.8.1',
    parts.findPeer ?? (() => createRequire(import.meta.url).resolve('@huggingface/transformers')),
  );
  const threads = threadsFor(resolved.threads);
  const host = await startModelEngine<MoonshineSettings, MoonshineRequest, MoonshinePiece>({
    label: `the recogniser ${recogniser}`,
    program: (parts.findProgram ?? (() => findEngineProgram('adapters/moonshine/engine')))(),
    model: { model: wantedModel(resolved), store, source, offline },
    settings: (folder) => ({ folder, dtype, language, threads }),
    limits,
    onProgress,
    warmUp,
  });
  const desk: Desk = {
    format,
    engine: `${recogniser}-${dtype}`,
    options: resolved,
    ask: host.request,
    partials: { told: 0, skipped: 0, dropped: 0 },
    underWay: 0,
  };
  return {
    format,
    tellsPartials: resolved.partials,
    state$: host.state$,
    warmUp: host.warmUp,
    close: host.close,
    partialCounts: () => ({ ...desk.partials }),
    transcribe: () => (audio$) => listenToUtterance(desk, audio$),
  };
}
