import { lastValueFrom, tap } from 'rxjs';
import { type EnsureModelOptions, ensureModel, type ModelProgress } from '../model-store/index.js';
import { createEngineHost, type EngineHost } from './engine-host.js';
import type { EngineLimits } from './engine-limits.js';
import type { EngineProgram } from './engine-program.js';

/** An engine whose model is on this machine, or has to be fetched first. */
export interface ModelEngineSetup<Settings> {
  /** What it is for, as messages call it. */
  readonly label: string;
  readonly program: EngineProgram;
  readonly limits: EngineLimits;
  readonly model: EnsureModelOptions;
  /** What its `load` is given, once the model is in a folder. */
  readonly settings: (folder: string) => Settings;
  readonly onProgress: (progress: ModelProgress) => void;
  /** Whether to wait until the model is loaded. */
  readonly warmUp: boolean;
}

/**
 * Fetch a model where it is not there yet, and start an engine with it.
 *
 * A model that does not load is compared with what it was when it came, and what a disk has damaged since is fetched again, once: otherwise
 * every later start would fail.
 *
 * @throws ModelError `MODEL_LOAD_FAILED`, and what the program failed with, as rejections.
 */
export async function startModelEngine<Settings, Request, Piece>(
  setup: ModelEngineSetup<Settings>,
): Promise<EngineHost<Request, Piece>> {
  const { label, program, limits } = setup;
  const start = (folder: string): Promise<EngineHost<Request, Piece>> => {
    const settings = setup.settings(folder);
    const host = createEngineHost<Settings, Request, Piece>({ label, program, limits, settings });
    return setup.warmUp ? warmedUp(host) : Promise.resolve(host);
  };
  const { folder } = await fetchModel(setup, false);
  try {
    return await start(folder);
  } catch (error) {
    const { isNew } = await fetchModel(setup, true);
    if (!isNew) throw error;
    return start(folder);
  }
}

async function warmedUp<Request, Piece>(
  host: EngineHost<Request, Piece>,
): Promise<EngineHost<Request, Piece>> {
  try {
    await lastValueFrom(host.warmUp(), { defaultValue: undefined });
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function fetchModel(
  { model, onProgress }: Pick<ModelEngineSetup<unknown>, 'model' | 'onProgress'>,
  verify: boolean,
): Promise<{ readonly folder: string; readonly isNew: boolean }> {
  let folder = '';
  let isNew = false;
  const progress$ = ensureModel({ ...model, verify }).pipe(
    tap((progress) => {
      if (progress.type === 'file-ready') isNew = true;
      if (progress.type === 'ready') folder = progress.folder;
      onProgress(progress);
    }),
  );
  await lastValueFrom(progress$);
  return { folder, isNew };
}
