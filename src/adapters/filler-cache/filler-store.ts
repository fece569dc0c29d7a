import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav, writeWav } from '../../core/audio/wav.js';
import type { FillerContext } from '../../core/ports/filler-library.js';
import { type FillerIdentity, fillerIdOf, fillerKey, sha256 } from './filler-key.js';
import {
  cacheInvalid,
  type FillerEntry,
  manifestName,
  manifestText,
  messageOf,
  readManifest,
} from './manifest.js';
import { removePartialFiles, writeFileAtomically } from './write-file-atomically.js';

/** What is written beside a filler and changes nothing that can be heard. */
export interface FillerLabels {
  readonly language: string;
  readonly contexts: readonly FillerContext[];
}

/** A cache folder that is written to. */
export interface FillerStore {
  /** The filler as it is stored whole and unharmed, or undefined when it must be rendered. */
  find(identity: FillerIdentity, labels: FillerLabels): Promise<FillerEntry | undefined>;
  /** Store a filler and list it. */
  save(identity: FillerIdentity, labels: FillerLabels, samples: Float32Array): Promise<FillerEntry>;
}

/** @throws VoiceError `FILLER_CACHE_INVALID` for a folder that cannot be made, read or written. */
export async function openFillerStore(directory: string): Promise<FillerStore> {
  const orInvalid = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw cacheInvalid(
        `${directory}: ${what} (${messageOf(cause)}); give a folder that can be written`,
        cause,
      );
    }
  };
  await orInvalid('the folder cannot be made', mkdir(directory, { recursive: true }));
  await orInvalid('half-written files cannot be removed', removePartialFiles(directory));
  const entries = new Map((await readManifest(directory))?.map((entry) => [entry.key, entry]));

  const list = async (entry: FillerEntry) => {
    entries.set(entry.key, entry);
    const text = manifestText([...entries.values()]);
    await orInvalid('the list cannot be written', writeFileAtomically(join(directory, manifestName), text));
    return entry;
  };
  const entryOf = (
    identity: FillerIdentity,
    { language, contexts }: FillerLabels,
    bytes: Uint8Array,
    sampleCount: number,
  ) => {
    const fillerId = fillerIdOf(identity);
    const { engine, voice, speed, text, sampleRateHz } = identity;
    return {
      fillerId,
      key: fillerKey(identity),
      engine,
      voice,
      speed,
      language,
      text,
      sampleRateHz,
      ...(contexts.length > 0 && { contexts }),
      file: `${fillerId}.wav`,
      sha256: sha256(bytes),
      durationMs: (sampleCount * 1000) / sampleRateHz,
    } satisfies FillerEntry;
  };

  return {
    async find(identity, labels) {
      const listed = entries.get(fillerKey(identity));
      const file = listed?.file ?? `${fillerIdOf(identity)}.wav`;
      const bytes = await readFile(join(directory, file)).catch(() => undefined);
      if (bytes === undefined || (listed !== undefined && sha256(bytes) !== listed.sha256)) return undefined;
      if (listed !== undefined && isLabelled(listed, labels)) return listed;
      // A crash between the two writes leaves a whole file that is not listed: what is renamed is complete.
      const samples = monoSamples(bytes, identity.sampleRateHz);
      return samples && list(entryOf(identity, labels, bytes, samples.length));
    },
    async save(identity, labels, samples) {
      const bytes = writeWav({ sampleRateHz: identity.sampleRateHz, channels: 1 }, samples);
      const entry = entryOf(identity, labels, bytes, samples.length);
      await orInvalid(
        `${entry.file} cannot be written`,
        writeFileAtomically(join(directory, entry.file), bytes),
      );
      return list(entry);
    },
  };
}

const isLabelled = ({ language, contexts = [] }: FillerEntry, labels: FillerLabels): boolean =>
  language === labels.language && contexts.join() === labels.contexts.join();

function monoSamples(bytes: Uint8Array, sampleRateHz: number): Float32Array | undefined {
  try {
    const { format, samples, warnings } = readWav(bytes);
    const sound = format.channels === 1 && format.sampleRateHz === sampleRateHz && warnings.length === 0;
    return sound && samples.length > 0 ? samples : undefined;
  } catch {
    return undefined;
  }
}
