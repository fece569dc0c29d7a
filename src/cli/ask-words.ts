import type { AskInput, AskReport, AskState } from './ask-report.js';
import { inFlags } from './flag-names.js';
import { printable } from './printable.js';

/** What a person who waits for the answer is told besides it, as one line; undefined for what needs no words. */
export function noteOf(input: AskInput): string | undefined {
  switch (input.type) {
    case 'attempt-ended': {
      if (input.decision !== 'retry') return undefined;
      const { attempt, outcome, code, message, retryInMs } = input;
      const why = [code, message && printable(message)].filter(Boolean).join(', ');
      return `attempt ${attempt} ${outcome === 'failed' ? 'failed' : `was ${outcome}`} (${why || 'no reason given'}); asking again in ${seconds(retryInMs ?? 0)}`;
    }
    case 'action':
      return printable(`action: ${input.command} ${JSON.stringify(input.args) ?? ''}`);
    case 'progress': {
      const { kind, stepNumber, description, url, action, error } = input;
      const said = [stepNumber === null ? null : `step ${stepNumber}`, description, action, url, error];
      return printable(`progress: ${kind} ${said.filter((part) => part !== null && part !== '').join(', ')}`);
    }
    case 'interrupt-sent':
      return printable(
        `interrupt: ${input.success ? 'taken' : 'not taken'}${input.message && `, "${input.message}"`}`,
      );
    case 'interrupt-failed':
      return printable(
        `interrupt: ${input.error instanceof Error ? inFlags(input.error.message) : input.error}`,
      );
    case 'upstream-fact':
      return printable(`${input.fact}: ${input.detail}`);
    default:
      return undefined;
  }
}

/** What went wrong, in one sentence; undefined for what did not. */
export function sentenceOf({ report, error }: AskState): string | undefined {
  const { outcome, code, message } = report;
  if (outcome === 'complete' || outcome === 'cancelled') return undefined;
  const prefix = code === null || message?.startsWith('[') ? '' : `[${code}] `;
  if (outcome === 'truncated') {
    const why = message === null || message === '' ? 'and nobody said why' : `because of this: ${message}`;
    return printable(
      inFlags(`${prefix}the answer stopped before its end, ${why}; what came before is whole`),
    );
  }
  if (error !== null) return printable(inFlags(error.message));
  return printable(inFlags(`${prefix}${message ?? 'the service gave no answer and no reason; try again'}`));
}

/** How it went, in one line. */
export function summaryOf(report: AskReport): string {
  const { outcome, attempts, firstTextMs, firstAudioMs, endedMs, audioMs, audioBytes, formats } = report;
  return [
    `${outcome}${endedMs === null ? '' : ` after ${seconds(endedMs)}`}`,
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(firstTextMs === null ? [] : [`first text after ${seconds(firstTextMs)}`]),
    ...(firstAudioMs === null ? [] : [`first audio after ${seconds(firstAudioMs)}`]),
    ...(audioBytes === 0
      ? []
      : [`${seconds(audioMs)} of audio in ${audioBytes} bytes of ${layouts(formats)}`]),
  ].join(', ');
}

/** What the report had no room for; undefined when it has all. */
export function droppedOf({ dropped }: AskState): string | undefined {
  const { textCharacters, actions, progress } = dropped;
  const parts = [
    ...(textCharacters > 0 ? [`${textCharacters} characters of text`] : []),
    ...(actions > 0 ? [`${actions} actions`] : []),
    ...(progress > 0 ? [`${progress} messages of progress`] : []),
  ];
  return parts.length === 0 ? undefined : `the report has no room for ${parts.join(', ')}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const layouts = (formats: AskReport['formats']): string =>
  formats
    .map(({ dtype, sampleRateHz, channels }) =>
      printable(
        `${dtype || 'int16'} at ${sampleRateHz} Hz${channels === 1 ? '' : ` with ${channels} channels`}`,
      ),
    )
    .join(' and ');
