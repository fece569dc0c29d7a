import { isVoiceError, type KpiEvent, type PipelineEvent } from '../../index.js';
import { boundedLines, type LineOutput } from './bounded-lines.js';

/** Events as lines of JSON, for a program that reads them. */
export interface EventLines {
  write(event: PipelineEvent | KpiEvent): void;
  /** Masked from now on, wherever they turn up. */
  keepOut(secrets: readonly string[]): void;
}

/** Shorter ones would mask half of what people say. Units: characters. */
const shortestSecret = 4;

export function createEventLines(output: LineOutput): EventLines {
  const lines = boundedLines(output, (count) => JSON.stringify({ type: 'lines-lost', count }));
  let masked: readonly string[] = [];
  return {
    write(event) {
      lines.write(masked.reduce((line, secret) => line.replaceAll(secret, '***'), eventLine(event)));
    },
    keepOut(secrets) {
      const known = secrets.filter(({ length }) => length >= shortestSecret);
      // As they are written within a text of JSON.
      masked = [...new Set([...masked, ...known.map((secret) => JSON.stringify(secret).slice(1, -1))])];
    },
  };
}

function eventLine(event: PipelineEvent | KpiEvent): string {
  try {
    return JSON.stringify(event, plainly);
  } catch {
    // What a service has put into it may have no end.
    return JSON.stringify({ type: event.type, atMs: event.atMs });
  }
}

/** Of an error what it says, and nothing of its stack. */
function plainly(_name: string, value: unknown): unknown {
  if (isVoiceError(value)) return { code: value.code, message: value.message, retryable: value.retryable };
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
