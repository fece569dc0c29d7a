import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { lastValueFrom, type Observable, tap } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { ModelError, VoiceError } from '../../core/errors.js';
import type { Transcriber } from '../../core/ports/transcriber.js';
import {
  createEngineHost,
  type EngineProgram,
  type EngineState,
  findEngineProgram,
} from '../engine-host/index.js';
import { ensureModel } from '../model-store/index.js';
import type { MoonshinePiece, MoonshineRequest, MoonshineSettings } from './engine-messages.js';
import { type Desk, listenToUtterance, type PartialCounts } from './listen-to-utterance.js';
import {
  type GivenMoonshineOptions,
  type MoonshineOptions,
  resolveMoonshineOptions,
  wantedModel,
} from './moonshine-options.js';

/** Moonshine, or Whisper, listening in a process of its own. @public */
export interface MoonshineTranscriber extends Transcriber {
  /** How its process is; the present state first. Completes when it is closed. */
  readonly state$: Observable<EngineState>;
  /** Load the model if it is not loaded, as after it was idle. Completes when it is. */
  warmUp(): Observable<never>;
  /** What has become of partial transcripts so far. */
  partialCounts(): PartialCounts;
  /** End its process. What is under way errors. Settles when it is gone. Idempotent. */
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
 * Order: partial transcripts while the utterance goes on, by running the model again on all of it so far, then the final one. The
 * final one is not built on the partial ones.
 *
 * Timing: a partial transcript is skipped, and counted, when the engine is busy or would be for more than `maxPartialLoad` of the time;
 * a final one that becomes due cuts it short. Nothing blocks here.
 *
 * Cancellation: nothing is emitted after unsubscription, and the engine stops at the next token.
 *
 * Ownership: the caller closes what was loaded.
 *
 * `transcribe` errors with `SpeechError` `TRANSCRIPTION_FAILED`: retryable when the child died, hung or took too much memory
 * twice; and with `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for frames of another layout.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without transformers.js; ModelError `MODEL_LOAD_FAILED` for a model
 * that cannot be had or loaded. All as rejections.
 * @public
 */
export async function loadMoonshine(
  options: GivenMoonshineOptions = {},
  parts: MoonshineParts = {},
): Promise<MoonshineTranscriber> {
  const resolved = resolveMoonshineOptions(options);
  const { recogniser, dtype, language, limits, threads } = resolved;
  assertInstalled(
    parts.findPeer ?? (() => createRequire(import.meta.url).resolve('@huggingface/transformers')),
  );
  const folder = await findFolder(resolved);
  const host = createEngineHost<MoonshineSettings, MoonshineRequest, MoonshinePiece>({
    label: `the recogniser ${recogniser}`,
    program: (parts.findProgram ?? (() => findEngineProgram('adapters/moonshine/engine')))(),
    settings: { folder, dtype, language, threads: threads ?? Math.max(1, availableParallelism() - 1) },
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

function assertInstalled(findPeer: () => unknown): void {
  try {
    findPeer();
  } catch (cause) {
    throw new VoiceError(
      'PEER_MISSING',
      '@huggingface/transformers is not installed; run: npm install @huggingface/transformers@3.8.1',
      { cause },
    );
  }
}

async function findFolder(options: MoonshineOptions): Promise<string> {
  const { store, source, offline, onProgress } = options;
  const model = wantedModel(options);
  const last = await lastValueFrom(ensureModel({ model, store, source, offline }).pipe(tap(onProgress)));
  if (last.type === 'ready') return last.folder;
  throw new ModelError('MODEL_LOAD_FAILED', `the model ${model.id} did not become ready; try again`, {
    retryable: true,
  });
}
