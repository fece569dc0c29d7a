import {
  createLogLineWriter,
  type LogEntry,
  type LogLevel,
  type LogLineOptions,
  present,
} from '../../core/log/log-line.js';
import type { ServiceEvent } from './service-event.js';

/** The log line of an event; undefined for one that matters too little. @public */
export type LogLines = (event: ServiceEvent, atMs: number) => string | undefined;

type Entry = Omit<LogEntry, 'scope'>;

/**
 * Makes log lines of what a service does: `ts=2026-03-12T09:30:00.000Z level=INFO scope=grpc method=StreamAudio
 * decision=retry ctx={"attempt":1}`.
 *
 * @remarks
 * It writes nothing. Shape: one line each, whatever is in the event; `ctx` is JSON, and its last field. The options and the lines are those of
 * `pipelineLogLines`, so that one log can have both.
 * What the user said and what was answered is in no event. What a service gives as its reason is in the line, with secrets
 * masked and cut after 300 characters.
 *
 * @returns a function of the event and of when it was. Units: milliseconds since 1970.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function logLines(options: Partial<LogLineOptions> = {}): LogLines {
  const writer = createLogLineWriter('logLines', options);
  return (event, atMs) => writer.write({ scope: 'grpc', ...entryOf(event, writer.showText) }, atMs);
}

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
