import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VoiceError } from '../../core/errors.js';
import type { FillerContext } from '../../core/ports/filler-library.js';
import { type FillerIdentity, fillerKey } from './filler-key.js';
import { contextsProblem } from './filler-phrases.js';

/** One filler in the list of a cache. */
export interface FillerEntry extends FillerIdentity {
  readonly fillerId: string;
  /** The content address of the identity. */
  readonly key: string;
  /** BCP 47, such as `en`; `und` when it was not said. */
  readonly language: string;
  /** What it fits; absent for every wait. Not part of the key: it changes nothing that can be heard. */
  readonly contexts?: readonly FillerContext[];
  /** WAV file in the same folder. */
  readonly file: string;
  /** Of that file's bytes. */
  readonly sha256: string;
  readonly durationMs: number;
}

export const manifestName = 'fillers.json';
const manifestVersion = 1;
/** A library speaks a handful of phrases; a list this long is a mistake, and every clip is kept in memory. */
const maxEntries = 1000;

export function cacheInvalid(message: string, cause?: unknown): VoiceError {
  return new VoiceError('FILLER_CACHE_INVALID', message, { cause });
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * The list of a cache, or undefined when the folder has none.
 *
 * @throws VoiceError `FILLER_CACHE_INVALID` for a list that cannot be read or trusted.
 */
export async function readManifest(directory: string): Promise<readonly FillerEntry[] | undefined> {
  const path = join(directory, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cacheInvalid(`${path} cannot be read (${messageOf(cause)}); make it readable`, cause);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw cacheInvalid(
      `${path} is no JSON (${messageOf(cause)}); delete it and render the fillers again`,
      cause,
    );
  }
  const problem = manifestProblem(content);
  if (problem !== undefined) {
    throw cacheInvalid(`${path} is no list of fillers: ${problem}; delete it and render the fillers again`);
  }
  return (content as { readonly fillers: readonly FillerEntry[] }).fillers;
}

export function manifestText(entries: readonly FillerEntry[]): string {
  return `${JSON.stringify({ version: manifestVersion, fillers: entries }, null, 2)}\n`;
}

function manifestProblem(content: unknown): string | undefined {
  const { version, fillers } = (content ?? {}) as { readonly version?: unknown; readonly fillers?: unknown };
  if (version !== manifestVersion)
    return `its version is ${JSON.stringify(version)} instead of ${manifestVersion}`;
  if (!Array.isArray(fillers)) return 'it has no list "fillers"';
  if (fillers.length > maxEntries)
    return `it lists ${fillers.length} fillers, at most ${maxEntries} are possible`;
  for (const [index, filler] of fillers.entries()) {
    const problem = entryProblem(filler);
    if (problem !== undefined) return `fillers[${index}] ${problem}`;
  }
  return undefined;
}

function entryProblem(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'is no object';
  const given = entry as Readonly<Record<keyof FillerEntry, unknown>>;
  for (const name of ['fillerId', 'key', 'engine', 'voice', 'language', 'text', 'file', 'sha256'] as const) {
    if (typeof given[name] !== 'string' || given[name] === '') return `has no text "${name}"`;
  }
  for (const name of ['speed', 'sampleRateHz', 'durationMs'] as const) {
    if (typeof given[name] !== 'number' || !(given[name] > 0)) return `has no number "${name}" above 0`;
  }
  const wrongContexts = given.contexts === undefined ? undefined : contextsProblem(given.contexts);
  if (wrongContexts !== undefined) return `has contexts that ${wrongContexts}`;
  // A file name, never a path: a list must not make us read elsewhere.
  if (!/^[\w-][\w.-]*\.wav$/.test(given.file as string))
    return `names the file ${JSON.stringify(given.file)}`;
  if (fillerKey(entry as FillerEntry) !== given.key)
    return 'has a key that does not fit its text, voice and rate';
  return undefined;
}
