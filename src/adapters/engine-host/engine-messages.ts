import { type ErrorCode, isVoiceError, ModelError, SpeechError, VoiceError } from '../../core/errors.js';

/** What the child is sent, in this order of sending. The first is always `load`. */
export type EngineOrder =
  | { readonly type: 'load'; readonly settings: unknown }
  | { readonly type: 'run'; readonly id: number; readonly request: unknown }
  /** Stop at the next chance; `done` or `failed` follows all the same. */
  | { readonly type: 'cancel'; readonly id: number };

/** What the child tells. */
export type EngineNews =
  /** What it does to become ready, for people. */
  | { readonly type: 'told'; readonly what: string }
  | { readonly type: 'ready' }
  | { readonly type: 'unloadable'; readonly error: PlainError }
  /** The request was read: from here on its fate is the child's. */
  | { readonly type: 'begun'; readonly id: number }
  | { readonly type: 'piece'; readonly id: number; readonly piece: unknown }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };

/** News with the memory that the child had in use then: what is asked from outside is not known everywhere. */
export type EngineMessage = EngineNews & { readonly residentBytes: number };

/** An error as it travels between processes. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export function toPlainError(code: ErrorCode, error: unknown): PlainError {
  if (isVoiceError(error)) {
    return {
      code: error.code,
      message: error.message.replace(/^\[\w+\] /, ''),
      retryable: error.retryable,
    };
  }
  return { code, message: error instanceof Error ? error.message : String(error), retryable: false };
}

export function fromPlainError({ code, message, retryable }: PlainError): VoiceError {
  if (code.startsWith('MODEL_')) return new ModelError(code, message, { retryable });
  if (code === 'SYNTHESIS_FAILED' || code === 'TRANSCRIPTION_FAILED')
    return new SpeechError(code, message, { retryable });
  return new VoiceError(code, message, { retryable });
}
