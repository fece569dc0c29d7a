import { logLines, type ServiceEvent } from '../../adapters/streaming-service/index.js';
import {
  createLogLineWriter,
  isVoiceError,
  type KpiEvent,
  type LogLevel,
  type LogLineOptions,
  type PipelineEvent,
  pipelineLogLines,
} from '../../index.js';

/** The log of a running loop: what it tells, what its service does, and what the command itself does. */
export interface RunLog {
  event(event: PipelineEvent | KpiEvent): void;
  service(event: ServiceEvent): void;
  /** Of the command itself: what it did (`method`), and what came of it. */
  own(level: LogLevel, method: string, decision: string, ctx?: Readonly<Record<string, unknown>>): void;
}

/**
 * @param write - gets each line.
 * @param now - Units: ms since 1970.
 */
export function createRunLog(
  options: Partial<LogLineOptions>,
  write: (line: string) => void,
  now: () => number = Date.now,
): RunLog {
  const eventLine = pipelineLogLines(options);
  const serviceLine = logLines(options);
  const writer = createLogLineWriter('earshot run', options);
  const told = (line: string | undefined) => {
    if (line !== undefined) write(line);
  };
  return {
    event: (event) => told(eventLine(event, now())),
    service: (event) => told(serviceLine(event, now())),
    own: (level, method, decision, ctx = {}) =>
      told(writer.write({ level, scope: 'run', method, decision, ctx }, now())),
  };
}

/** What a line says of an error. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (isVoiceError(error)) return { code: error.code, message: error.message };
  return { message: error instanceof Error ? error.message : String(error) };
}
