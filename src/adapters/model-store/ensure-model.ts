import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Observable } from 'rxjs';
import { isVoiceError } from '../../core/errors.js';
import { faultOfFile } from './check-file.js';
import { digestOfFile, digestOfText } from './digest.js';
import { type Disk, explainDisk, makeFolder, readRecord, realDisk } from './disk.js';
import { downloadFile } from './download-file.js';
import { describeFile, type HubFile } from './hub-file.js';
import { leftBytes } from './part-file.js';
import { patiently } from './patience.js';
import { type EnsureModelOptions, type ModelPlan, planModel, unavailable } from './wanted-model.js';

/** How far a model is. @public */
export type ModelProgress =
  /** Something has to be downloaded. Comes before the first byte of it. */
  | {
      readonly type: 'download-announced';
      readonly id: string;
      readonly revision: string;
      readonly source: string;
      readonly folder: string;
      readonly files: readonly string[];
      /** Of all these files. Null when the hub does not tell them all. Units: bytes. */
      readonly totalBytes: number | null;
    }
  | {
      readonly type: 'downloading';
      readonly file: string;
      /** Of all the files that were announced, what an earlier start left of them included. Units: bytes. */
      readonly receivedBytes: number;
      readonly totalBytes: number | null;
    }
  /** A file could not be got yet; it is tried again. `attempt` counts from 2. */
  | {
      readonly type: 'download-retried';
      readonly file: string;
      readonly why: string;
      readonly attempt: number;
    }
  /** A file is whole. `checked`: by which checksum, or `size` from a hub that tells none. */
  | { readonly type: 'file-ready'; readonly file: string; readonly checked: string }
  /** The last: every file is here and whole. */
  | { readonly type: 'ready'; readonly folder: string };

/** Progress is told each time so much more of the whole has come: a hundredth, and at least this. Units: bytes. */
const leastStepBytes = 65_536;

/**
 * See to it that a model is on this machine, and say in which folder.
 *
 * @remarks
 * Cold: subscribing looks, and downloads what is missing from the hub; unsubscribing stops. What has come is kept and gone on with the next
 * time, also after a crash. A file gets its name only when it is whole and its checksum is right, so a folder never holds a half. What
 * is there is used without asking the hub, so it works without a network from then on; a branch such as `main` is not looked at again.
 * A model that is a folder of this machine is checked and never written to. Two processes that want the same at once do each other no harm.
 *
 * Timing: a hub may be silent for `stallMs`, and each file is tried `attempts` times; a hub that sends ever so little is waited for.
 *
 * Errors with `ModelError` `MODEL_LOAD_FAILED`; retryable when it is the network or the hub.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function ensureModel(options: EnsureModelOptions): Observable<ModelProgress> {
  return ensureModelOn(realDisk, options);
}

/** The same on a disk that a test makes. */
export function ensureModelOn(disk: Disk, options: EnsureModelOptions): Observable<ModelProgress> {
  const plan = planModel(options);
  return new Observable((subscriber) => {
    const controller = new AbortController();
    ensure(plan, disk, controller.signal, (progress) => subscriber.next(progress)).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(asModelError(error, plan)),
    );
    return () => controller.abort();
  });
}

async function ensure(
  plan: ModelPlan,
  disk: Disk,
  signal: AbortSignal,
  tell: (progress: ModelProgress) => void,
): Promise<void> {
  const missing = plan.isLocal ? await checkLocal(plan) : await missingFiles(plan, signal);
  if (missing.length > 0 && plan.offline) {
    throw unavailable(
      `${plan.id} is not whole in ${plan.folder}, and offline is set: ${missing.join(', ')} missing or damaged; download it once without offline, or put it there`,
      false,
    );
  }
  if (missing.length > 0) await download(plan, missing, disk, signal, tell);
  tell({ type: 'ready', folder: plan.folder });
}

async function checkLocal({ folder, files }: ModelPlan): Promise<readonly []> {
  const faults: string[] = [];
  for (const path of files) {
    const fault = await faultOfFile(join(folder, path));
    if (fault !== undefined) faults.push(`${path} ${fault}`);
  }
  if (faults.length > 0) {
    throw unavailable(
      `the model in ${folder} cannot be used: ${faults.join('; ')}; put the files there`,
      false,
    );
  }
  return [];
}

/** What is not there, or not as it was when it was checked. */
async function missingFiles(plan: ModelPlan, signal: AbortSignal): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const path of plan.files) {
    if (!(await isWhole(join(plan.folder, path), plan.verify, signal))) missing.push(path);
  }
  return missing;
}

async function isWhole(file: string, verifies: boolean, signal: AbortSignal): Promise<boolean> {
  const record = await readRecord(file);
  // Put there by hand, so that nobody knows what it should be.
  if (!record) return (await faultOfFile(file)) === undefined;
  const found = await stat(file).catch(() => undefined);
  if (found?.size !== record.bytes) return false;
  const digest = verifies ? digestOfText(record.checked) : undefined;
  return !digest || (await digestOfFile(file, digest, record.bytes, signal)) === digest.hex;
}

async function download(
  plan: ModelPlan,
  missing: readonly string[],
  disk: Disk,
  signal: AbortSignal,
  tell: (progress: ModelProgress) => void,
): Promise<void> {
  const described: HubFile[] = [];
  for (const path of missing) {
    const onRetry = (why: string, attempt: number) =>
      tell({ type: 'download-retried', file: path, why, attempt });
    described.push(await patiently(plan, signal, onRetry, () => describeFile(plan, path, signal)));
  }
  const sizes = described.map(({ bytes }) => bytes);
  const totalBytes = sizes.every((bytes) => bytes !== undefined)
    ? sizes.reduce((sum, bytes) => sum + bytes, 0)
    : null;
  const { id, revision, source, folder } = plan;
  tell({ type: 'download-announced', id, revision, source, folder, files: missing, totalBytes });
  await needRoom(plan, described, disk);

  const stepBytes = Math.max(leastStepBytes, (totalBytes ?? 0) / 100);
  let earlierBytes = 0;
  let toldBytes = 0;
  for (const hubFile of described) {
    const { path } = hubFile;
    const file = join(folder, path);
    let fileBytes = 0;
    const report = () => {
      toldBytes = earlierBytes + fileBytes;
      tell({ type: 'downloading', file: path, receivedBytes: toldBytes, totalBytes });
    };
    // What an older version, or a failing disk, left under this name is in nobody's way: nothing reads it before this is done.
    const checked = await downloadFile(plan, hubFile, file, disk, signal, {
      onBytes(bytes) {
        const isLess = bytes < fileBytes;
        fileBytes = bytes;
        if (isLess || earlierBytes + fileBytes - toldBytes >= stepBytes) report();
      },
      onRetry: (why, attempt) => tell({ type: 'download-retried', file: path, why, attempt }),
    });
    report();
    earlierBytes += fileBytes;
    tell({ type: 'file-ready', file: path, checked });
  }
}

/** Before the first byte, rather than after 300 MB. */
async function needRoom({ id, folder }: ModelPlan, described: readonly HubFile[], disk: Disk): Promise<void> {
  let bytes = 0;
  for (const { path, bytes: whole = 0, digest } of described) {
    const file = join(folder, path);
    await makeFolder(dirname(file));
    bytes += Math.max(0, whole - (await leftBytes(file, digest)));
  }
  const free = await disk.freeBytes(folder);
  if (free >= bytes) return;
  throw unavailable(
    `${id} takes ${megabytes(bytes)} more and ${folder} has room for ${megabytes(free)}; make room, or give another store`,
    false,
  );
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function asModelError(error: unknown, { folder, id }: ModelPlan): unknown {
  const explained = explainDisk(error, folder);
  if (isVoiceError(explained)) return explained;
  return unavailable(`${id} could not be made ready (${explained}); see to ${folder}`, false, explained);
}
