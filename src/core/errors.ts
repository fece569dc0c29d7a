/** Every code an error of this package can carry. The code is the contract; `docs/reference/errors.md` explains each. @public */
export const errorCodes = [
  'OPTION_INVALID',
  'PEER_MISSING',
  'AUDIO_FORMAT_UNSUPPORTED',
  'DEVICE_NOT_FOUND',
  'DEVICE_BUSY',
  'DEVICE_PERMISSION_DENIED',
  'DEVICE_FORMAT_UNSUPPORTED',
  'DEVICE_LOST',
  'DEVICE_CLOSED',
  'DEVICE_BACKEND',
  'MODEL_LOAD_FAILED',
  'MODEL_INFERENCE_FAILED',
  'SYNTHESIS_FAILED',
  'TRANSCRIPTION_FAILED',
  'FILLER_CACHE_INVALID',
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TLS_UNTRUSTED',
  'UPSTREAM_TLS_EXPIRED',
  'UPSTREAM_TLS_WRONG_NAME',
  'UPSTREAM_TLS_WRONG_PIN',
  'UPSTREAM_TLS_EXPECTED',
  'UPSTREAM_TLS_UNEXPECTED',
  'UPSTREAM_TLS_CLIENT_REFUSED',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAUTHENTICATED',
  'UPSTREAM_FORBIDDEN',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_REJECTED',
  'UPSTREAM_INCOMPATIBLE',
  'UPSTREAM_ABORTED',
  'UPSTREAM_FAULT',
  'UPSTREAM_NO_RESPONSE',
] as const;

/** @public */
export type ErrorCode = (typeof errorCodes)[number];

/** What an error is made of besides its message. @public */
export interface VoiceErrorInit {
  /** True when trying the same thing again later can succeed. @defaultValue false */
  readonly retryable?: boolean;
  /** What went wrong underneath, kept as it was. */
  readonly cause?: unknown;
}

const brand = Symbol.for('earshot.error');

/**
 * The one error class; subclasses name the edge it came from.
 *
 * @remarks
 * Messages read `[CODE] what happened; what to do`. Match on `code`, never on the text or the class.
 * A cancellation is no error, and an xrun, a misfire or a late frame is an event.
 * @public
 */
export class VoiceError extends Error {
  readonly code: ErrorCode;
  /** True when trying the same thing again later can succeed. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, init: VoiceErrorInit = {}) {
    super(`[${code}] ${message}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = init.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }

  /** What `JSON.stringify` writes, of an event that carries an error too: the message, which it would leave out, and no stack or cause. */
  toJSON(): Pick<VoiceError, 'name' | 'code' | 'message' | 'retryable'> {
    const { name, code, message, retryable } = this;
    return { name, code, message, retryable };
  }
}

/** A value given by the caller cannot be used. @public */
export class OptionError extends VoiceError {
  /** What is wrong, one by one, as the message has it; where each is about an option, it begins with the name. */
  readonly problems: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    init: VoiceErrorInit & { readonly problems?: readonly string[] } = {},
  ) {
    super(code, message, init);
    this.problems = init.problems ?? [message];
  }
}
/** Audio bytes are not what they claim to be, or nothing we can read. @public */
export class AudioFormatError extends VoiceError {}
/** A microphone or a loudspeaker failed. @public */
export class DeviceError extends VoiceError {}
/** A model could not be loaded or run. @public */
export class ModelError extends VoiceError {}
/** Text could not be made into speech, or speech into text. @public */
export class SpeechError extends VoiceError {}

/** The remote service failed or refused. @public */
export class UpstreamError extends VoiceError {
  /** gRPC status number 1..16 where there was one. */
  readonly grpcStatus: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    init: VoiceErrorInit & { readonly grpcStatus?: number } = {},
  ) {
    super(code, message, init);
    this.grpcStatus = init.grpcStatus;
  }

  override toJSON(): ReturnType<VoiceError['toJSON']> & { readonly grpcStatus?: number } {
    const { grpcStatus } = this;
    return { ...super.toJSON(), ...(grpcStatus !== undefined && { grpcStatus }) };
  }
}

/** True for an error of this package, also when it came from another copy of it. @public */
export function isVoiceError(error: unknown): error is VoiceError {
  return typeof error === 'object' && error !== null && brand in error;
}
