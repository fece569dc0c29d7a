import { readFile } from 'node:fs/promises';
import { OptionError } from '../../core/errors.js';
import { resolveOptions } from '../../core/options.js';
import type { Transcriber } from '../../core/ports/transcriber.js';
import { type ScriptedSegment, segmentProblems, textBetween, textSoFar } from './script.js';
import {
  defaultScriptedTranscriberOptions,
  type ScriptTiming,
  timingChecks,
  transcriberOf,
} from './scripted-transcriber.js';

/** Where the script comes from: a file, or the segments themselves. @public */
export type ScriptSource =
  | { readonly sidecarPath: string; readonly segments?: never }
  | { readonly segments: readonly ScriptedSegment[]; readonly sidecarPath?: never };

/** As `ScriptedTranscriberOptions`, but for the lookup. @public */
export type LoadScriptedTranscriberOptions = ScriptSource & Partial<ScriptTiming>;

/** So many problems of a file are listed; more only hide the first. */
const maxProblems = 5;

/**
 * A transcriber for a known recording: transcripts come from a file beside the WAV.
 *
 * @remarks
 * The file holds `{ "segments": [{ "startMs", "endMs", "text" }] }` on the time axis of the recording; other fields are ignored.
 * The transcript of an utterance is the text of the segments that its frames reach into, by `timestampMs` less `originMs`; partial
 * transcripts grow word by word with the time. `engine` is `scripted`.
 *
 * @throws OptionError `OPTION_INVALID`, as a rejection: options, or a file that cannot be used, with its path and what is wrong with it.
 * @public
 */
export async function loadScriptedTranscriber(options: LoadScriptedTranscriberOptions): Promise<Transcriber> {
  const { sidecarPath, segments: given, ...rest } = options;
  const timing = resolveOptions<ScriptTiming>(
    'scripted-transcriber',
    defaultScriptedTranscriberOptions,
    rest,
    timingChecks,
  );
  if ((sidecarPath === undefined) === (given === undefined)) {
    throw new OptionError(
      'OPTION_INVALID',
      'scripted-transcriber: there must be either a sidecarPath or segments; give one of the two',
    );
  }
  const segments =
    sidecarPath === undefined
      ? checkedSegments(given, 'scripted-transcriber')
      : checkedSegments(await readSegments(sidecarPath), `the transcript file ${sidecarPath}`);
  return transcriberOf(
    {
      soFar: (startMs, nowMs) => textSoFar(segments, startMs, nowMs),
      whole: (startMs, endMs) => textBetween(segments, startMs, endMs),
    },
    timing,
  );
}

/** The transcript file that belongs to a recording: `question.wav` has `question.transcript.json`. @public */
export function sidecarPathFor(wavPath: string): string {
  return `${wavPath.replace(/\.wav$/i, '')}.transcript.json`;
}

async function readSegments(path: string): Promise<unknown> {
  const fail = (what: string, cause: unknown) =>
    new OptionError(
      'OPTION_INVALID',
      `the transcript file ${path} ${what} (${cause instanceof Error ? cause.message : String(cause)}); ` +
        'it must hold {"segments": [{"startMs", "endMs", "text"}]}',
      { cause },
    );
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fail('cannot be read', cause);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw fail('is no JSON', cause);
  }
  return typeof content === 'object' && content !== null
    ? (content as { readonly segments?: unknown }).segments
    : undefined;
}

function checkedSegments(segments: unknown, where: string): readonly ScriptedSegment[] {
  const problems = segmentProblems(segments);
  if (problems.length === 0) return structuredClone(segments) as readonly ScriptedSegment[];
  const listed = problems.slice(0, maxProblems).join('; ');
  const more = problems.length > maxProblems ? `; and ${problems.length - maxProblems} more` : '';
  throw new OptionError('OPTION_INVALID', `${where} cannot be used: ${listed}${more}`);
}
