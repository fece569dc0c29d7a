import { asyncScheduler, concatMap, defer, from, map, type Observable, of, type SchedulerLike } from 'rxjs';
import { integerIn, nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';
import type { FillerContext } from '../../core/ports/filler-library.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { type FillerIdentity, fillerKey } from './filler-key.js';
import { contextsProblem, type FillerPhrase, fillerContexts } from './filler-phrases.js';
import { openFillerStore } from './filler-store.js';
import { speakPhrase } from './speak-phrase.js';

/** @public */
export interface RenderFillersOptions {
  /** Who says it; its engine, voice and speed are part of each filler's key. */
  readonly synthesizer: Synthesizer;
  /**
   * What to say, best with what it fits; a text alone is for every wait. Range: 1..1000 texts with something in them, of at most
   * 500 letters; a repeated one is rendered once, for all that it fits.
   */
  readonly phrases: readonly (string | FillerPhrase)[];
  /** The cache folder; it is made when it is not there. */
  readonly directory: string;
  /** Rate at which to store them, best that of the loudspeaker. Units: hertz. Range: 8000..192_000. @defaultValue the synthesizer's */
  readonly sampleRateHz: number;
  /** Language of the phrases, as BCP 47. @defaultValue 'und', not said */
  readonly language: string;
  /**
   * How long the synthesizer may be silent before it is given up. Units: milliseconds. Range: 100..3_600_000.
   * A Raspberry Pi 4 takes 7 s for each second of Kokoro's speech on one core, besides loading it.
   * @defaultValue 120_000
   */
  readonly maxWaitMs: number;
  /** Measures that wait. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** What the caller may leave out. @public */
export const defaultRenderFillersOptions = {
  language: 'und',
  maxWaitMs: 120_000,
  scheduler: asyncScheduler,
} as const satisfies Partial<RenderFillersOptions>;

/** One phrase is in the cache. @public */
export interface FillerRendered {
  readonly text: string;
  readonly fillerId: string;
  readonly key: string;
  readonly durationMs: number;
  /** `kept` when it was there already. */
  readonly outcome: 'rendered' | 'kept';
  /** Phrases done so far, this one included. */
  readonly done: number;
  readonly total: number;
}

const maxPhrases = 1000;
const maxLetters = 500;

/**
 * Speak phrases into a cache folder; only those that are not in it yet.
 *
 * @remarks
 * Cold. Order: emits once for each phrase, in order, when it is safely on the disk, and completes after the last.
 *
 * Cancellation: unsubscribing stops the synthesizer. At every moment, also after a crash, the cache holds what was done until
 * then and nothing half-done, and rendering again goes on from there. Files that are damaged are rendered again.
 * What else is in the cache stays: other voices, languages and phrases. One process may render into a folder at a time.
 * Silence around the speech is cut off, but for 10 ms before it and 40 ms after it.
 *
 * Errors with `SpeechError` `SYNTHESIS_FAILED`, also for a phrase that yields no sound, is longer than 15 s, or for which
 * nothing comes within `maxWaitMs`; `VoiceError` `FILLER_CACHE_INVALID` for a folder that cannot be used.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function renderFillers(
  options: Pick<RenderFillersOptions, 'synthesizer' | 'phrases' | 'directory'> &
    Partial<RenderFillersOptions>,
): Observable<FillerRendered> {
  const resolved = resolveOptions<RenderFillersOptions>(
    'render-fillers',
    {
      ...defaultRenderFillersOptions,
      synthesizer: options.synthesizer,
      phrases: options.phrases,
      directory: options.directory,
      sampleRateHz: options.synthesizer.format.sampleRateHz,
    },
    options,
    {
      phrases: phrasesProblem,
      directory: nonEmptyString,
      sampleRateHz: integerIn(8000, 192_000, 'hertz'),
      language: nonEmptyString,
      maxWaitMs: numberIn(100, 3_600_000, 'milliseconds'),
    },
  );
  const { synthesizer, directory, language, sampleRateHz } = resolved;
  const { engine, voice, speed } = synthesizer;
  const wanted = new Map<string, Wanted>();
  for (const phrase of resolved.phrases) {
    const { text, contexts }: FillerPhrase =
      typeof phrase === 'string' ? { text: phrase, contexts: [] } : phrase;
    const identity = { engine, voice, speed, text: text.trim(), sampleRateHz };
    const key = fillerKey(identity);
    wanted.set(key, { identity, contexts: joinContexts(wanted.get(key)?.contexts, contexts) });
  }

  return defer(() => openFillerStore(directory)).pipe(
    concatMap((store) =>
      from(wanted.values()).pipe(
        concatMap(({ identity, contexts }, index) =>
          defer(() => store.find(identity, { language, contexts })).pipe(
            concatMap((kept) => {
              if (kept !== undefined) return of({ entry: kept, outcome: 'kept' as const });
              return speakPhrase(identity.text, resolved).pipe(
                concatMap((samples) => store.save(identity, { language, contexts }, samples)),
                map((entry) => ({ entry, outcome: 'rendered' as const })),
              );
            }),
            map(({ entry: { text, fillerId, key, durationMs }, outcome }) => ({
              text,
              fillerId,
              key,
              durationMs,
              outcome,
              done: index + 1,
              total: wanted.size,
            })),
          ),
        ),
      ),
    ),
  );
}

interface Wanted {
  readonly identity: FillerIdentity;
  readonly contexts: readonly FillerContext[];
}

/** In their usual order. What is for every wait in one place is so in all. */
const joinContexts = (
  before: readonly FillerContext[] | undefined,
  more: readonly FillerContext[],
): readonly FillerContext[] =>
  more.length === 0 || before?.length === 0
    ? []
    : fillerContexts.filter((context) => more.includes(context) || before?.includes(context));

function phrasesProblem(phrases: unknown): string | undefined {
  const isText = (text: unknown) =>
    nonEmptyString(text) === undefined && (text as string).length <= maxLetters;
  const fits = (phrase: unknown) => {
    if (typeof phrase !== 'object' || phrase === null) return isText(phrase);
    const { text, contexts } = phrase as Partial<FillerPhrase>;
    return isText(text) && contextsProblem(contexts) === undefined;
  };
  return Array.isArray(phrases) && phrases.length >= 1 && phrases.length <= maxPhrases && phrases.every(fits)
    ? undefined
    : `must be a list of 1 to ${maxPhrases} non-empty texts of at most ${maxLetters} letters, or { text, contexts } of them with contexts of ${fillerContexts.join(', ')}`;
}
