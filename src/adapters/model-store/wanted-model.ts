import { isAbsolute, join, resolve } from 'node:path';
import { ModelError } from '../../core/errors.js';
import { type Check, integerIn, nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';
import { userCacheFolder } from './user-cache-folder.js';

/** A model, by where it is and what it is made of. @public */
export interface WantedModel {
  /** `owner/name` on the hub, or a folder of this machine: an absolute path, or one that begins with `.`. */
  readonly id: string;
  /** A branch, a tag or a commit. A commit never changes. @defaultValue 'main' */
  readonly revision?: string;
  /** Every file that is needed, by its path in the model, with `/`. */
  readonly files: readonly string[];
}

/** Which model, and where it may come from. @public */
export interface EnsureModelOptions {
  /** Which model, and its files. Required. */
  readonly model: WantedModel;
  /** Where downloaded models are kept. @defaultValue `userCacheFolder()` */
  readonly store?: string | undefined;
  /** The hub: a server with `/{id}/resolve/{revision}/{path}`. @defaultValue 'https://huggingface.co' */
  readonly source?: string | undefined;
  /** True never touches the network: what is not there is an error. @defaultValue false */
  readonly offline?: boolean | undefined;
  /**
   * True reads what was downloaded earlier and compares its checksums, for a model that does not load: what a disk has damaged since is
   * downloaded again. Reading 325 MB takes a second or more. Otherwise only sizes are compared. @defaultValue false
   */
  readonly verify?: boolean | undefined;
  /** How long the hub may be silent, before an answer and within one. Units: ms. Range: 100..600_000. @defaultValue 30_000 */
  readonly stallMs?: number | undefined;
  /**
   * How often a file is tried in a row without a byte of it coming, when what is wrong may pass: a lost connection, a silence, a server
   * that is busy. Range: 1..20. @defaultValue 4
   */
  readonly attempts?: number | undefined;
  /** Wait before the second attempt, doubled for each one more, at most a minute. Units: ms. Range: 0..60_000. @defaultValue 1000 */
  readonly retryDelayMs?: number | undefined;
}

/** The same, checked and complete. */
export interface ModelPlan {
  readonly id: string;
  readonly revision: string;
  readonly files: readonly string[];
  /** Where the files are, or are to be. */
  readonly folder: string;
  /** The user's own folder: nothing is written there. */
  readonly isLocal: boolean;
  readonly source: string;
  readonly offline: boolean;
  readonly verify: boolean;
  readonly stallMs: number;
  readonly attempts: number;
  readonly retryDelayMs: number;
}

const defaults = {
  store: '',
  source: 'https://huggingface.co',
  offline: false,
  verify: false,
  stallMs: 30_000,
  attempts: 4,
  retryDelayMs: 1000,
};

const hubId = /^[\w.-]+\/[\w.-]+$/;

/** @throws OptionError `OPTION_INVALID` */
export function planModel({ model, ...given }: EnsureModelOptions): ModelPlan {
  const options = resolveOptions('model store', defaults, given, {
    source: httpUrl,
    stallMs: numberIn(100, 600_000, 'milliseconds'),
    attempts: integerIn(1, 20),
    retryDelayMs: numberIn(0, 60_000, 'milliseconds'),
  });
  const { id, revision, files } = resolveOptions<Required<WantedModel>>(
    'model',
    { id: '', revision: 'main', files: [] },
    model,
    { id: modelId, revision: hubRevision, files: relativePaths },
  );
  const isLocal = isFolder(id);
  const store = options.store || userCacheFolder();
  return {
    ...options,
    id,
    revision,
    files,
    isLocal,
    folder: isLocal ? resolve(id) : join(resolve(store), ...id.split('/'), ...revision.split('/')),
    source: options.source.replace(/\/+$/, ''),
  };
}

/** Where a file of the model is asked for. */
export const fileUrl = ({ source, id, revision }: ModelPlan, path: string): string =>
  `${source}/${id}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** Everything that goes wrong here has this code. */
export const unavailable = (what: string, retryable: boolean, cause?: unknown): ModelError =>
  new ModelError('MODEL_LOAD_FAILED', what, { retryable, cause });

const isFolder = (id: string) => isAbsolute(id) || /^\.{1,2}([\\/]|$)/.test(id);

const modelId: Check = (value) => {
  if (nonEmptyString(value) !== undefined) return nonEmptyString(value);
  const id = value as string;
  return isFolder(id) || (hubId.test(id) && !id.split('/').some((part) => /^\.+$/.test(part)))
    ? undefined
    : 'must be owner/name of a model on the hub, or the path of a folder, absolute or beginning with ./';
};

const hubRevision: Check = (value) =>
  typeof value === 'string' &&
  /^[\w.-]+(\/[\w.-]+)*$/.test(value) &&
  !value.split('/').some((part) => /^\.+$/.test(part))
    ? undefined
    : 'must be a branch, a tag or a commit';

const relativePaths: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((path) => typeof path === 'string' && isRelative(path))
    ? undefined
    : 'must be at least one path within the model, such as onnx/model.onnx';

const isRelative = (path: string) =>
  path !== '' && path.split('/').every((part) => /^[^\\:]+$/.test(part) && !/^\.+$/.test(part));

const httpUrl: Check = (value) => {
  if (typeof value !== 'string' || !URL.canParse(value))
    return 'must be the address of a hub, such as https://huggingface.co';
  const { protocol, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && search === '' && hash === ''
    ? undefined
    : 'must begin with https:// or http:// and have no query';
};
