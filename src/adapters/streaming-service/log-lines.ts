import type { Check } from '../../core/options.js';
import { oneOf, resolveOptions } from '../../core/options.js';
import { maskSecrets } from './mask-secrets.js';
import type { ServiceEvent } from './service-event.js';

/** How much a line matters, from least to most. @public */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What of a service is written to a log, and what is kept out of it. @public */
export interface LogLineOptions {
  /** The least that is worth a line: `debug`, `info`, `warn` or `error`. Each piece of audio is `debug`. @defaultValue 'info' */
  readonly minLevel: LogLevel;
  /**
   * Whether what the user and the service talk about may be in the log: what a browser at work is doing, and where.
   * @defaultValue false
   */
  readonly showText: boolean;
  /** Values to keep out wherever they turn up, such as those of `metadata`. From 4 characters on. @defaultValue none */
  readonly secrets: readonly string[];
}

/** No audio, no text, and only what looks like a secret masked. @public */
export const defaultLogLineOptions = {
  minLevel: 'info',
  showText: false,
  secrets: [],
} as const satisfies LogLineOptions;

/** The log line of an event; undefined for one that matters too little. @public */
export type LogLines = (event: ServiceEvent, atMs: number) => string | undefined;

interface Entry {
  readonly level: LogLevel;
  readonly method: string;
  readonly decision: string;
  readonly ctx: Readonly<Record<string, unknown>>;
}

/** Longest text of a service in a line; what follows is cut. Units: characters. */
const maxTextLength = 300;
/** What is looked at of a longer one, so that a message of 4 MiB costs no time. Units: characters. */
const maxLookedAt = 4000;

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Makes log lines of what a service does: `ts=2026-03-12T09:30:00.000Z level=INFO scope=grpc method=StreamAudio
 * decision=retry ctx={"attempt":1}`.
 *
 * @remarks
 * Pure: it writes nothing. Shape: one line each, whatever is in the event; `ctx` is JSON, and its last field.
 * What the user said and what was answered is in no event. What a service gives as its reason is in the line, with secrets
 * masked and cut after 300 characters.
 *
 * @returns a function of the event and of when it was. Units: milliseconds since 1970.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function logLines(options: Partial<LogLineOptions> = {}): LogLines {
  const { minLevel, showText, secrets } = resolveOptions<LogLineOptions>(
    'logLines',
    defaultLogLineOptions,
    options,
    { minLevel: oneOf(...levels), showText: oneOf(true, false), secrets: areStrings },
  );
  const known = [...secrets];

  /** Only texts can hold a secret; masked one by one, so that the JSON around them stays whole. */
  const masked = (_name: string, value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const text = maskSecrets(value.slice(0, maxLookedAt), known);
    return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}...` : text;
  };

  return (event, atMs) => {
    const { level, method, decision, ctx } = entryOf(event, showText);
    if (levels.indexOf(level) < levels.indexOf(minLevel)) return undefined;
    const json = oneLine(JSON.stringify(ctx, masked));
    const ts = new Date(atMs).toISOString();
    return `ts=${ts} level=${level.toUpperCase()} scope=grpc method=${method} decision=${decision} ctx=${json}`;
  };
}

const areStrings: Check = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
    ? undefined
    : 'must be an array of strings';

/** JSON escapes line feeds; these two end a line elsewhere and are no control characters to it. */
const oneLine = (json: string): string =>
  json.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

function entryOf(event: ServiceEvent, showText: boolean): Entry {
  switch (event.type) {
    case 'connection': {
      const { state, retryInMs } = event;
      return {
        level: connectionLevels[state],
        method: 'connect',
        decision: state,
        ctx: present({ retryInMs }),
      };
    }
    case 'attempt-started': {
      const { turnId, revision, sessionId, attempt } = event;
      return streamAudio('info', 'ask', { turnId, revision, sessionId, attempt });
    }
    case 'first-message': {
      const { sessionId, kind, afterMs } = event;
      return streamAudio('info', `first-${kind}`, { sessionId, afterMs });
    }
    case 'audio-received': {
      const { sessionId, bytes, dtype, sampleRateHz, channels } = event;
      return streamAudio('debug', 'receive', {
        sessionId,
        bytes: bytes.length,
        dtype,
        sampleRateHz,
        channels,
      });
    }
    case 'progress': {
      const { type: _, sessionId, kind, taskId, stepNumber, timestamp, ...said } = event;
      const told = showText ? said : { failed: said.error === null ? null : true };
      return streamAudio(
        'info',
        'progress',
        present({ sessionId, kind, taskId, stepNumber, timestamp, ...told }),
      );
    }
    case 'attempt-ended': {
      const { type: _, decision, retryable, message, ...ctx } = event;
      const level = levelOfEnding(event);
      return streamAudio(level, decision, present({ ...ctx, retryable, message }));
    }
    case 'interrupt-sent': {
      const { success, message, blockedUntilMs } = event;
      const level = success ? 'info' : 'warn';
      return {
        level,
        method: 'InterruptSession',
        decision: 'interrupt',
        ctx: { success, message, blockedUntilMs },
      };
    }
    case 'usage-reported': {
      const { success, message } = event;
      return {
        level: success ? 'info' : 'warn',
        method: 'ReportUsage',
        decision: 'report',
        ctx: { success, message },
      };
    }
  }
}

const connectionLevels = {
  idle: 'debug',
  connecting: 'debug',
  ready: 'info',
  'backing-off': 'warn',
  closed: 'debug',
} as const satisfies Record<Extract<ServiceEvent, { type: 'connection' }>['state'], LogLevel>;

function streamAudio(level: LogLevel, decision: string, ctx: Entry['ctx']): Entry {
  return { level, method: 'StreamAudio', decision, ctx };
}

function levelOfEnding({ outcome, decision }: Extract<ServiceEvent, { type: 'attempt-ended' }>): LogLevel {
  if (outcome === 'complete' || outcome === 'cancelled') return 'info';
  return decision === 'give-up' ? 'error' : 'warn';
}

/** Without what is null: it says nothing in a line. */
function present(ctx: Readonly<Record<string, unknown>>): Entry['ctx'] {
  return Object.fromEntries(Object.entries(ctx).filter(([, value]) => value !== null));
}
