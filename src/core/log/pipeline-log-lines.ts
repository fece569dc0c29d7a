import type { KpiEvent } from '../kpi/kpi-event.js';
import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import { isKpiEvent, kpiEntryOf } from './kpi-entry.js';
import { createLogLineWriter, type LogLineOptions } from './log-line.js';
import { pipelineEntryOf } from './pipeline-entry.js';

/** The log line of an event; undefined for one that matters too little, or comes too often. @public */
export type PipelineLogLines = (event: PipelineEvent | KpiEvent, atMs: number) => string | undefined;

/**
 * Makes log lines of what happens in a conversation, and of what is measured of it: `ts=2026-03-12T09:30:00.000Z level=WARN scope=device
 * method=device-lost decision=microphone ctx={"code":"DEVICE_LOST","retryInMs":250}`.
 *
 * @remarks
 * It writes nothing. Shape: one line each, whatever is in the event. `method` is the type of the event, `decision` what came of it, and `ctx` holds the
 * rest with `atMs`, the time on the clock of the pipeline. What people say and what is answered is not in it, only how many letters it has, unless
 * `showText`; secrets are masked, and texts cut after 300 characters. What a device, an engine or the service gives as its reason is in it.
 * Memory: counts for at most 256 kinds of warnings and errors.
 *
 * @returns a function of the event and of when it was. Units: milliseconds since 1970.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function pipelineLogLines(options: Partial<LogLineOptions> = {}): PipelineLogLines {
  const writer = createLogLineWriter('pipelineLogLines', options);
  return (event, atMs) => {
    const entry = isKpiEvent(event) ? kpiEntryOf(event) : pipelineEntryOf(event, writer.showText);
    return entry && writer.write(entry, atMs);
  };
}
