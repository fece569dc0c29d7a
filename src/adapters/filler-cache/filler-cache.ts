import { defer } from 'rxjs';
import { audioFrame, type PcmFormat } from '../../core/audio/audio-frame.js';
import { fromMono } from '../../core/audio/mix.js';
import { convertSampleRate } from '../../core/audio/sample-rate-converter.js';
import { type Check, nonEmptyString, resolveOptions } from '../../core/options.js';
import type { FillerClip, FillerLibrary } from '../../core/ports/filler-library.js';
import { maxLibraryMs } from './limits.js';
import { cacheInvalid, type FillerEntry, manifestName, readManifest } from './manifest.js';
import { readClip } from './read-clip.js';

/** @public */
export interface FillerCacheOptions {
  /** The folder that holds `fillers.json` and its WAV files. */
  readonly directory: string;
  /** Which voice speaks. Undefined takes the only one there is. @defaultValue undefined */
  readonly voice: string | undefined;
  /** Which language it speaks, as BCP 47. Undefined takes the only one there is of the voice. @defaultValue undefined */
  readonly language: string | undefined;
}

/** @public */
export const defaultFillerCacheOptions = {
  voice: undefined,
  language: undefined,
} as const satisfies Partial<FillerCacheOptions>;

/**
 * Fillers that were rendered ahead into a folder.
 *
 * @remarks
 * All or nothing: every clip is read, checked against its hash, converted and kept in memory, or the library errors with
 * one sentence that lists what is wrong. One clip for each text: of a text rendered more than once, the one at the
 * loudspeaker's rate, else at the highest, and of these the latest.
 *
 * Range: at most 150 s of fillers.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function fillerCache(
  options: Pick<FillerCacheOptions, 'directory'> & Partial<FillerCacheOptions>,
): FillerLibrary {
  const optional: Check = (value) => (value === undefined ? undefined : nonEmptyString(value));
  const resolved = resolveOptions<FillerCacheOptions>(
    'filler-cache',
    { ...defaultFillerCacheOptions, directory: options.directory },
    options,
    { directory: nonEmptyString, voice: optional, language: optional },
  );
  return { loadFillers: (format) => defer(() => load(resolved, format)) };
}

async function load(options: FillerCacheOptions, format: PcmFormat): Promise<readonly FillerClip[]> {
  const { directory } = options;
  const listed = await readManifest(directory);
  if (listed === undefined) {
    throw cacheInvalid(
      `there is no ${manifestName} in ${directory}; render fillers into it or give the folder that has one`,
    );
  }
  const entries = oneForEachText(choose(listed, options), format.sampleRateHz);

  const clips: FillerClip[] = [];
  const problems: string[] = [];
  let heldMs = 0;
  for (const entry of entries) {
    // One after the other: a burst of reads and conversions would hold up the audio.
    const { samples, problem } = await readClip(directory, entry);
    if (problem !== undefined) {
      problems.push(problem);
      continue;
    }
    heldMs += (samples.length * 1000) / entry.sampleRateHz;
    if (heldMs > maxLibraryMs) {
      throw cacheInvalid(
        `${directory} holds more than ${maxLibraryMs / 1000} s of fillers for this voice; remove some`,
      );
    }
    if (problems.length === 0) clips.push(clipOf(entry, samples, format));
  }
  if (problems.length > 0) {
    const sound = entries.length - problems.length;
    throw cacheInvalid(
      `${directory}: ${problems.join('; ')}; the other ${sound} of ${entries.length} fillers are sound; render the fillers again`,
    );
  }
  return clips;
}

function clipOf(
  { fillerId, text, contexts = [], sampleRateHz }: FillerEntry,
  mono: Float32Array,
  format: PcmFormat,
): FillerClip {
  const converted = convertSampleRate(mono, sampleRateHz, format.sampleRateHz);
  return { fillerId, text, contexts, audio: audioFrame(format, fromMono(converted, format.channels), 0) };
}

/** The entries of the voice and the language that were asked for. */
function choose(
  entries: readonly FillerEntry[],
  { directory, voice, language }: FillerCacheOptions,
): readonly FillerEntry[] {
  const ofVoice = pick(entries, 'voice', voice, directory);
  return pick(ofVoice, 'language', language, `${directory} for the voice ${ofVoice[0]?.voice}`);
}

function pick(
  entries: readonly FillerEntry[],
  kind: 'voice' | 'language',
  wanted: string | undefined,
  where: string,
): readonly FillerEntry[] {
  const available = [...new Set(entries.map((entry) => entry[kind]))].sort();
  const list = available.join(', ') || 'none';
  if (wanted === undefined) {
    if (available.length <= 1) return entries;
    throw cacheInvalid(
      `there is more than one ${kind} in ${where}: ${list}; set the option ${kind} to one of them`,
    );
  }
  if (available.includes(wanted)) return entries.filter((entry) => entry[kind] === wanted);
  throw cacheInvalid(
    `there is no ${kind} ${JSON.stringify(wanted)} in ${where}; it has: ${list}; choose one of these or render the fillers for it`,
  );
}

function oneForEachText(entries: readonly FillerEntry[], sampleRateHz: number): readonly FillerEntry[] {
  const rank = (entry: FillerEntry) => (entry.sampleRateHz === sampleRateHz ? Infinity : entry.sampleRateHz);
  const best = new Map<string, FillerEntry>();
  for (const entry of entries) {
    const rival = best.get(entry.text);
    if (rival === undefined || rank(entry) >= rank(rival)) best.set(entry.text, entry);
  }
  return [...best.values()];
}
