import { stat, truncate } from 'node:fs/promises';
import type { ModelError } from '../../core/errors.js';
import { faultOfFile } from './check-file.js';
import { digestOfFile, digestText, type ExpectedDigest } from './digest.js';
import { type Disk, discard, moveIntoPlace, writeRecord } from './disk.js';
import { describeFile, type HubFile, openBody } from './hub-file.js';
import { claimPart, type PartFile } from './part-file.js';
import { type OnRetry, passing, pause } from './patience.js';
import { type ModelPlan, unavailable } from './wanted-model.js';

/** What a download tells while it is under way. */
export interface DownloadListener {
  /** So many bytes of the file are here. Goes down when what was here turned out to be of no use. */
  onBytes(bytes: number): void;
  readonly onRetry: OnRetry;
}

/** Getting further than ever by at least this makes the next failure a first one again. Units: bytes. */
const progressBytes = 65_536;
/** A file that is wrong twice is wrong at the other end. */
const mostWrongFiles = 2;

/**
 * Download a file to its place, going on where a part of it is here already.
 *
 * @param described - what the hub said of it.
 * @returns how it was checked.
 */
export async function downloadFile(
  plan: ModelPlan,
  described: HubFile,
  file: string,
  disk: Disk,
  signal: AbortSignal,
  listener: DownloadListener,
): Promise<string> {
  let hubFile = described;
  let failures = 0;
  let wrongFiles = 0;
  let furthest = 0;
  for (;;) {
    const before = furthest;
    let failure: ModelError;
    try {
      hubFile = failures === 0 ? hubFile : await describeFile(plan, hubFile.path, signal);
      const { how, problem } = await attempt(plan, hubFile, file, disk, signal, (bytes) => {
        furthest = Math.max(furthest, bytes);
        listener.onBytes(bytes);
      });
      if (problem === undefined) return how;
      failure = problem;
      wrongFiles += 1;
    } catch (error) {
      failure = passing(error, signal);
    }
    // Bytes that come again are no progress: a server without ranges that breaks off each time would be asked for ever.
    failures = furthest - before >= progressBytes ? 1 : failures + 1;
    if (failures >= plan.attempts || wrongFiles >= mostWrongFiles) throw failure;
    listener.onRetry(failure.message, failures + 1);
    await pause(plan, failures, signal);
  }
}

/** How a whole file was checked, and what is wrong with it if anything is. */
interface Outcome {
  readonly how: string;
  readonly problem?: ModelError | undefined;
}

async function attempt(
  plan: ModelPlan,
  hubFile: HubFile,
  file: string,
  disk: Disk,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Outcome> {
  const part = await claimPart(file, hubFile.digest);
  try {
    const { bytes, digest } = await receive(plan, hubFile, part, disk, signal, onBytes);
    const how = digest?.kind ?? 'size';
    const problem = await problemOf(hubFile.url, part.path, bytes, digest, signal);
    if (problem !== undefined) {
      await discard(part.path);
      return { how, problem };
    }
    const record = { bytes, checked: digest ? digestText(digest) : 'size', from: hubFile.url };
    await writeRecord(file, part.mark, record);
    await moveIntoPlace(part.path, file);
    return { how };
  } finally {
    part.release();
  }
}

/** What a part has become. */
interface Received {
  /** Of the whole file, by what the hub says or by what came. */
  readonly bytes: number;
  readonly digest: ExpectedDigest | undefined;
}

async function receive(
  plan: ModelPlan,
  { url, bytes: expected, digest }: HubFile,
  part: PartFile,
  disk: Disk,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Received> {
  let here = part.bytes;
  if (expected !== undefined && here > expected) here = await emptied(part);
  onBytes(here);
  if (here > 0 && here === expected) return { bytes: expected, digest };

  const body = await openBody(plan, url, here, signal);
  const whole = body.bytes ?? expected;
  if (body.from !== here) here = await emptied(part);
  onBytes(here);
  const out = await disk.openToAppend(part.path).catch(async (error: unknown) => {
    await body.cancel();
    throw error;
  });
  try {
    for await (const piece of body.pieces) {
      if (whole !== undefined && here + piece.length > whole) {
        throw unavailable(`${url} sends more than the ${whole} bytes that it announced`, true);
      }
      await out.appendFile(piece);
      here += piece.length;
      onBytes(here);
    }
    if (whole !== undefined && here < whole) {
      throw unavailable(`${url} ended after ${here} of ${whole} bytes; see to the network`, true);
    }
    await out.sync();
  } finally {
    await out.close();
  }
  return { bytes: here, digest: digest ?? body.digest };
}

async function emptied({ path }: PartFile): Promise<number> {
  if (await stat(path).catch(() => undefined)) await truncate(path);
  return 0;
}

async function problemOf(
  url: string,
  path: string,
  bytes: number,
  digest: ExpectedDigest | undefined,
  signal: AbortSignal,
): Promise<ModelError | undefined> {
  if (digest) {
    const found = await digestOfFile(path, digest, bytes, signal);
    if (found !== digest.hex) {
      return unavailable(
        `${url} came with the ${digest.kind} ${found}, but should have ${digest.hex}; it was discarded: try again`,
        true,
      );
    }
  }
  // The part has another name than the file, and what is told of a file goes by its name.
  const fault = await faultOfFile(path, url);
  return fault === undefined ? undefined : unavailable(`${url} ${fault}; it was discarded`, true);
}
