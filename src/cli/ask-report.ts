import type { AskOutcome, ServiceEvent } from '../adapters/streaming-service/index.js';
import type { ErrorCode, UpstreamEvent, VoiceError } from '../index.js';
import { durationMs, UpstreamError } from '../index.js';
import { exitCodes } from './exit-codes.js';

/** What is known of one question when it is over; the object that `--json` prints. */
export interface AskReport {
  readonly outcome: AskOutcome;
  readonly code: ErrorCode | null;
  /** gRPC status number 1..16, where the service ended with one. */
  readonly grpcStatus: number | null;
  readonly retryable: boolean;
  readonly attempts: number;
  /** One for each attempt. */
  readonly sessionIds: readonly string[];
  readonly text: string;
  /** Of the audio that could be played. */
  readonly audioMs: number;
  /** Of all that was received. */
  readonly audioBytes: number;
  /** Each different one, in the order of coming. */
  readonly formats: readonly AudioLayout[];
  readonly actions: readonly { readonly command: string; readonly args: unknown }[];
  readonly progress: readonly Progress[];
  /** Times count from asking, earlier attempts included; null for what never came. */
  readonly firstTextMs: number | null;
  readonly firstAudioMs: number | null;
  readonly endedMs: number | null;
  /** What the service said at the end, or what went wrong. */
  readonly message: string | null;
}

/** What a piece of audio said of itself. */
export interface AudioLayout {
  readonly dtype: string;
  readonly sampleRateHz: number;
  readonly channels: number;
}

type ProgressEvent = Extract<ServiceEvent, { type: 'progress' }>;
type Progress = Omit<ProgressEvent, 'type' | 'sessionId'>;

/** Everything that happens while one question is asked. */
export type AskInput =
  | ServiceEvent
  | UpstreamEvent
  /** We cancelled it: because we were told to, or because nobody reads the answer. */
  | { readonly type: 'ask-cancelled'; readonly atMs: number }
  | { readonly type: 'interrupt-failed'; readonly error: unknown }
  /** The session is over although the question is not. */
  | { readonly type: 'session-failed'; readonly error: VoiceError };

/** A report in the making. */
export interface AskState {
  /** `outcome` is `failed` until something better is known. */
  readonly report: AskReport;
  /** When it was asked, and when the attempt under way began. Units: ms of the scheduler. */
  readonly askedAtMs: number | null;
  readonly attemptAtMs: number;
  /** Why there is no answer, where the library said so. */
  readonly error: VoiceError | null;
  /** What there was no room for. */
  readonly dropped: { readonly textCharacters: number; readonly actions: number; readonly progress: number };
}

/** Most that is kept for the report; a voice answer is a thousandth of it. What is beyond is counted. */
export const reportBounds = {
  textCharacters: 4_000_000,
  actions: 1000,
  progress: 10_000,
  formats: 100,
} as const;

/** Before anything has happened. */
export const beginAsk: AskState = {
  report: {
    outcome: 'failed',
    code: null,
    grpcStatus: null,
    retryable: false,
    attempts: 0,
    sessionIds: [],
    text: '',
    audioMs: 0,
    audioBytes: 0,
    formats: [],
    actions: [],
    progress: [],
    firstTextMs: null,
    firstAudioMs: null,
    endedMs: null,
    message: null,
  },
  askedAtMs: null,
  attemptAtMs: 0,
  error: null,
  dropped: { textCharacters: 0, actions: 0, progress: 0 },
};

/** The report after one more thing has happened. Pure. */
export function stepAsk(state: AskState, input: AskInput): AskState {
  const { report, dropped } = state;
  const sinceAsked = (atMs: number): number => Math.max(0, Math.round(atMs - (state.askedAtMs ?? atMs)));
  const told = (changes: Partial<AskReport>): AskState => ({ ...state, report: { ...report, ...changes } });

  switch (input.type) {
    case 'attempt-started': {
      const { atMs, attempt, sessionId } = input;
      const sessionIds = [...report.sessionIds, sessionId];
      const started = told({ attempts: attempt, sessionIds });
      return { ...started, askedAtMs: state.askedAtMs ?? atMs, attemptAtMs: atMs };
    }
    case 'first-message': {
      const atMs = sinceAsked(state.attemptAtMs + input.afterMs);
      if (input.kind === 'text') return told({ firstTextMs: report.firstTextMs ?? atMs });
      return input.kind === 'audio' ? told({ firstAudioMs: report.firstAudioMs ?? atMs }) : state;
    }
    case 'audio-received': {
      const { dtype, sampleRateHz, channels } = input;
      const formats = withLayout(report.formats, { dtype, sampleRateHz, channels });
      return told({ audioBytes: report.audioBytes + input.bytes.length, formats });
    }
    case 'progress': {
      if (report.progress.length >= reportBounds.progress)
        return { ...state, dropped: { ...dropped, progress: dropped.progress + 1 } };
      const { type: _, sessionId: __, ...progress } = input;
      return told({ progress: [...report.progress, progress] });
    }
    case 'attempt-ended': {
      const { outcome, code, grpcStatus, retryable, message } = input;
      const endedMs = sinceAsked(state.attemptAtMs + input.afterMs);
      return told({ outcome, code, grpcStatus, retryable, message, endedMs });
    }
    case 'reply-text': {
      const room = reportBounds.textCharacters - report.text.length;
      if (input.text.length <= room) return told({ text: report.text + input.text });
      const textCharacters = dropped.textCharacters + input.text.length - room;
      return {
        ...told({ text: report.text + input.text.slice(0, room) }),
        dropped: { ...dropped, textCharacters },
      };
    }
    case 'reply-audio':
      return told({ audioMs: report.audioMs + durationMs(input.frame) });
    case 'action': {
      if (report.actions.length >= reportBounds.actions)
        return { ...state, dropped: { ...dropped, actions: dropped.actions + 1 } };
      const { command, args } = input;
      return told({ actions: [...report.actions, { command, args }] });
    }
    case 'turn-failed':
    case 'session-failed': {
      const { error } = input;
      if (report.endedMs !== null) return { ...state, error };
      const grpcStatus = error instanceof UpstreamError ? (error.grpcStatus ?? null) : null;
      const { code, retryable, message } = error;
      return { ...told({ code, grpcStatus, retryable, message }), error };
    }
    case 'ask-cancelled':
      return { ...told(cancelled(sinceAsked(input.atMs))), error: null };
    default:
      return state;
  }
}

/** The report as it is printed. */
export function reportOf({ report }: AskState): AskReport {
  // A millisecond has 192 sample frames at most.
  return { ...report, audioMs: Math.round(report.audioMs * 1000) / 1000 };
}

/** The exit code of `earshot ask`. */
export function askExitCode(outcome: AskOutcome): number {
  switch (outcome) {
    case 'complete':
    // It was asked for, and it was done.
    case 'cancelled':
      return exitCodes.done;
    case 'truncated':
    case 'empty':
      return exitCodes.incomplete;
    case 'refused':
    case 'blocked':
      return exitCodes.refused;
    case 'failed':
      return exitCodes.transport;
  }
}

function cancelled(endedMs: number): Partial<AskReport> {
  return {
    outcome: 'cancelled',
    code: null,
    grpcStatus: null,
    retryable: false,
    message: null,
    endedMs,
  };
}

function withLayout(layouts: readonly AudioLayout[], layout: AudioLayout): readonly AudioLayout[] {
  const known = layouts.some(
    ({ dtype, sampleRateHz, channels }) =>
      dtype === layout.dtype && sampleRateHz === layout.sampleRateHz && channels === layout.channels,
  );
  return known || layouts.length >= reportBounds.formats ? layouts : [...layouts, layout];
}
