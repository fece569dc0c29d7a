import { randomUUID } from 'node:crypto';
import type { Observable } from 'rxjs';
import { asyncScheduler, filter } from 'rxjs';
import { deriveHardwareId, logLines, streamingService } from '../adapters/streaming-service/index.js';
import { isVoiceError } from '../index.js';
import type { AskCommandLine } from './ask-command-line.js';
import { readAskCommandLine } from './ask-command-line.js';
import { askOnce } from './ask-once.js';
import type { AskInput, AskState } from './ask-report.js';
import { askExitCode, beginAsk, reportOf, stepAsk } from './ask-report.js';
import { droppedOf, noteOf, sentenceOf, summaryOf } from './ask-words.js';
import { openRawFile, openWavFile } from './audio-files.js';
import { complaint } from './command-error.js';
import type { Console } from './console.js';
import { countSeconds, createProgressLine, type ProgressLine } from './progress-line.js';

/**
 * `earshot ask`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function ask(args: readonly string[], console: Console): Promise<number> {
  const line = readAskCommandLine(args);
  const hardwareId = line.hardwareId ?? (await ownHardwareId(console));
  const service = streamingService({ ...line.service, hardwareId });
  // Before asking: a path that cannot be written to is no reason to trouble the service.
  const progress = createProgressLine();
  const outputs = openOutputs(line, console, progress);
  let state = beginAsk;
  try {
    const asked$ = askOnce(service, line, stopOf(line, console), asyncScheduler);
    state = await follow(asked$, outputs.take);
  } finally {
    service.close();
    outputs.close();
  }
  return conclude(state, line, console);
}

/** With a file to fill there is a reason to go on when nobody reads the text any more. */
function stopOf({ wav, raw }: AskCommandLine, { stop$ }: Console): Observable<unknown> {
  const wantsFile = wav !== undefined || raw !== undefined;
  return stop$.pipe(filter((reason) => reason === 'signal' || !wantsFile));
}

/** Everything up to the end, in a report. Rejects with what `take` throws. */
function follow(asked$: Observable<AskInput>, take: (input: AskInput) => void): Promise<AskState> {
  return new Promise((resolve, reject) => {
    let state = beginAsk;
    const subscription = asked$.subscribe({
      next(input) {
        state = stepAsk(state, input);
        try {
          take(input);
        } catch (error) {
          reject(error);
          // There is none yet when it fails at once.
          queueMicrotask(() => subscription.unsubscribe());
        }
      },
      complete: () => resolve(state),
    });
  });
}

interface Outputs {
  take(input: AskInput): void;
  close(): void;
}

function openOutputs(
  { wav, raw, json, log, service }: AskCommandLine,
  console: Console,
  progress: ProgressLine,
): Outputs {
  const wavFile = wav === undefined ? undefined : openWavFile(wav);
  const rawFile = raw === undefined ? undefined : openRawFile(raw);
  const lineOf = log ? logLines({ secrets: Object.values(service.metadata ?? {}) }) : undefined;
  const waited = countSeconds(progress, `waiting for ${service.target}`);
  return {
    take(input) {
      if (input.type === 'reply-text' || input.type === 'reply-audio') waited();
      else progress.clear();
      if (lineOf !== undefined && isServiceEvent(input)) {
        const logged = lineOf(input, Date.now());
        if (logged !== undefined) console.say(logged);
      }
      if (input.type === 'reply-text' && !json) console.printWords(input.text);
      if (input.type === 'reply-audio') wavFile?.add(input.frame);
      if (input.type === 'audio-received') rawFile?.add(input.bytes);
      const note = json ? undefined : noteOf(input);
      if (note !== undefined) console.say(note);
    },
    close() {
      waited();
      try {
        for (const note of wavFile?.close() ?? []) console.say(note);
      } finally {
        rawFile?.close();
      }
    },
  };
}

function conclude(state: AskState, { json }: AskCommandLine, console: Console): number {
  const report = reportOf(state);
  console.endWords();
  if (json) console.print(`${JSON.stringify(report)}\n`);
  const dropped = droppedOf(state);
  if (dropped !== undefined) console.say(dropped);
  const sentence = sentenceOf(state);
  if (sentence !== undefined) console.say(complaint('ask', sentence));
  else if (!json) console.say(summaryOf(report));
  return askExitCode(report.outcome);
}

/** The same each time on this machine, or where it has no id of its own, one for this time. */
async function ownHardwareId(console: Console): Promise<string> {
  try {
    return await deriveHardwareId({ application: 'earshot' });
  } catch (error) {
    if (!isVoiceError(error)) throw error;
    console.say(
      'this machine has no id to derive a hardware id from, so a random one is used; --hardware-id sets one',
    );
    return randomUUID();
  }
}

const serviceEvents: ReadonlySet<string> = new Set([
  'connection',
  'attempt-started',
  'first-message',
  'audio-received',
  'progress',
  'attempt-ended',
  'interrupt-sent',
  'usage-reported',
] satisfies Parameters<ReturnType<typeof logLines>>[0]['type'][]);

function isServiceEvent(input: AskInput): input is Parameters<ReturnType<typeof logLines>>[0] {
  return serviceEvents.has(input.type);
}
