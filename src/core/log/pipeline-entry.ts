import { isVoiceError } from '../errors.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { type LogEntry, type LogLevel, present } from './log-line.js';

type Of<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { readonly type: Type }>;

/** What people say and what is answered: the text where it may be shown, else how long it is. */
export function said(text: string | null, showText: boolean, name = 'text'): LogEntry['ctx'] {
  if (text === null) return {};
  return showText ? { [name]: text } : { letters: text.length };
}

/** What an error says, on one level. */
export function failed(error: unknown): LogEntry['ctx'] {
  if (!isVoiceError(error)) return { message: error instanceof Error ? error.message : String(error) };
  return { code: error.code, retryable: error.retryable, message: error.message };
}

/** Where each event belongs. */
const scopes = {
  'state-changed': 'conversation',
  'turn-opened': 'turn',
  'turn-ended': 'turn',
  transcript: 'turn',
  'turn-sent': 'turn',
  'turn-empty': 'turn',
  'turn-failed': 'turn',
  'barge-in': 'turn',
  'reply-cancelled': 'reply',
  'speech-probability': 'speech',
  'speech-started': 'speech',
  'speech-confirmed': 'speech',
  'speech-misfired': 'speech',
  'speech-ended': 'speech',
  'speech-dismissed': 'speech',
  'talk-button': 'speech',
  'microphone-muted': 'speech',
  'reply-started': 'reply',
  'reply-text': 'reply',
  'reply-ended': 'reply',
  action: 'reply',
  'tool-call': 'reply',
  'filler-spoken': 'filler',
  'filler-held-back': 'filler',
  'degraded-mode-entered': 'service',
  'degraded-mode-left': 'service',
  'session-opened': 'service',
  'session-lost': 'service',
  'playout-started': 'playout',
  'playout-progress': 'playout',
  'playout-ended': 'playout',
  'playout-starved': 'playout',
  'playout-overflow': 'playout',
  ducked: 'playout',
  restored: 'playout',
  silenced: 'playout',
  'engine-in-use': 'engine',
  'engine-fell-back': 'engine',
  'engine-down': 'engine',
  'engine-opened': 'engine',
  'engine-recovered': 'engine',
  'engine-all-failed': 'engine',
  'device-opened': 'device',
  'device-lost': 'device',
  'device-measured': 'device',
  'detector-lost': 'device',
  level: 'device',
  degraded: 'health',
  fact: 'health',
} as const satisfies Record<PipelineEvent['type'], string>;

/** What happens many times a second, or only matters to who looks for a fault. */
const debugOnly: ReadonlySet<PipelineEvent['type']> = new Set([
  ...(['state-changed', 'speech-probability', 'speech-started', 'speech-ended', 'level'] as const),
  ...(['reply-text', 'playout-started', 'playout-progress', 'ducked', 'restored', 'silenced'] as const),
  ...(['filler-held-back', 'device-measured', 'session-opened', 'engine-opened', 'turn-opened'] as const),
]);
const warnings: ReadonlySet<PipelineEvent['type']> = new Set([
  ...(['session-lost', 'playout-starved', 'playout-overflow', 'device-lost', 'fact'] as const),
  ...(['engine-fell-back', 'engine-down'] as const),
]);
const errors: ReadonlySet<PipelineEvent['type']> = new Set([
  ...(['turn-failed', 'degraded-mode-entered', 'detector-lost', 'degraded', 'engine-all-failed'] as const),
]);

function levelOf(event: PipelineEvent): LogLevel {
  if (event.type === 'transcript' && !event.final) return 'debug';
  if (event.type === 'reply-ended' && event.reason !== 'complete' && event.reason !== 'cancelled')
    return 'warn';
  if (event.type === 'engine-in-use' && event.before !== null) return 'warn';
  if (debugOnly.has(event.type)) return 'debug';
  if (warnings.has(event.type)) return 'warn';
  return errors.has(event.type) ? 'error' : 'info';
}

/**
 * What a line says of an event. `method` is its type; `decision` what came of it, in one word; the rest is in `ctx`, with the time on the
 * clock of the pipeline.
 */
export function pipelineEntryOf(event: PipelineEvent, showText: boolean): LogEntry {
  const { decision, ctx } = detailOf(event, showText);
  return {
    level: levelOf(event),
    scope: scopes[event.type],
    method: event.type,
    decision,
    ctx: present({ ...ctx, atMs: event.atMs }),
  };
}

type Detail = Pick<LogEntry, 'decision' | 'ctx'>;

function detailOf(event: PipelineEvent, showText: boolean): Detail {
  switch (event.type) {
    case 'state-changed': {
      const { state, previous, cause } = event;
      return { decision: state.name, ctx: { previous: previous.name, cause } };
    }
    case 'transcript': {
      const { turnId, revision, text, final, engine } = event;
      const ctx = { turnId, revision, engine, ...said(text, showText) };
      return { decision: final ? 'final' : 'partial', ctx };
    }
    case 'turn-sent':
      return { decision: 'send', ctx: { ...turnOf(event), ...said(event.text, showText) } };
    case 'turn-ended':
      return { decision: event.reason, ctx: { ...turnOf(event), endOfSpeechMs: event.endOfSpeechMs } };
    case 'turn-failed':
      return { decision: 'give-up', ctx: { ...turnOf(event), ...failed(event.error) } };
    case 'barge-in': {
      const { by, onsetMs, turnId, replyId, fillerId, heardMs, heardText } = event;
      const ctx = { turnId, replyId, fillerId, onsetMs, heardMs, ...said(heardText, showText, 'heardText') };
      return { decision: by, ctx };
    }
    case 'reply-cancelled': {
      const { replyId, heardMs, heardText } = event;
      const ctx = { ...turnOf(event), replyId, heardMs, ...said(heardText, showText, 'heardText') };
      return { decision: 'cut', ctx };
    }
    case 'speech-dismissed': {
      const { reason, onsetMs, replyId, text } = event;
      return { decision: reason, ctx: { onsetMs, replyId, ...said(text, showText) } };
    }
    case 'reply-text':
      return { decision: 'receive', ctx: { replyId: event.replyId, ...said(event.text, showText) } };
    case 'reply-ended': {
      const { replyId, reason, receivedMs, text, message } = event;
      return { decision: reason, ctx: { replyId, receivedMs, message, ...said(text, showText) } };
    }
    case 'action':
      return { decision: event.command, ctx: { replyId: event.replyId, ...asked(event, showText) } };
    case 'tool-call': {
      const { name, replyId, callId } = event;
      return { decision: name, ctx: { replyId, callId, ...asked(event, showText) } };
    }
    case 'filler-spoken': {
      const { turnId, fillerId, text, context, expectedMs, nth } = event;
      return { decision: context ?? 'any', ctx: { turnId, fillerId, nth, expectedMs, text } };
    }
    case 'degraded':
      return { decision: event.part, ctx: failed(event.error) };
    case 'fact':
      return { decision: event.fact, ctx: { count: event.count, detail: event.detail } };
    case 'device-lost':
      return { decision: event.device, ctx: { ...failed(event.error), retryInMs: event.retryInMs } };
    case 'detector-lost':
    case 'session-lost':
      return { decision: 'reopen', ctx: { ...failed(event.error), retryInMs: event.retryInMs } };
    case 'degraded-mode-entered':
    case 'engine-all-failed':
      return { decision: 'part' in event ? event.part : 'unreachable', ctx: failed(event.error) };
    case 'engine-fell-back': {
      const { part, from, to, reason, error, answered, fallbacks, recentShare } = event;
      const why = error === null ? {} : failed(error);
      return { decision: reason, ctx: { part, from, to, answered, fallbacks, recentShare, ...why } };
    }
    case 'engine-down': {
      const { part, name, error, probeInMs } = event;
      return { decision: part, ctx: { name, probeInMs, ...(error === null ? {} : failed(error)) } };
    }
    default:
      return plain(event);
  }
}

const turnOf = ({
  turnId,
  revision,
}: Of<'turn-sent' | 'turn-ended' | 'turn-failed' | 'reply-cancelled'>): LogEntry['ctx'] => ({
  turnId,
  revision,
});

/** Arguments hold whatever the service wants done, and are of any size. */
function asked({ args }: { readonly args: unknown }, showText: boolean): LogEntry['ctx'] {
  if (!showText) return {};
  try {
    return { args: JSON.stringify(args) ?? null };
  } catch {
    return { args: 'cannot be shown' };
  }
}

/** Events of which nothing is secret, and all of it small. */
function plain(event: PipelineEvent): Detail {
  const { type, atMs: _, ...ctx } = event;
  const decision =
    ('reason' in event && event.reason) ||
    ('part' in event && event.part) ||
    ('device' in event && event.device) ||
    ('owner' in event && event.owner.kind) ||
    ('pressed' in event && (event.pressed ? 'press' : 'release')) ||
    ('muted' in event && (event.muted ? 'mute' : 'unmute')) ||
    type;
  return { decision, ctx };
}
