import { isAbsolute, join } from 'node:path';
import { userCacheFolder } from '../../../adapters/model-store/index.js';
import { defaultMoonshineOptions, recogniserModel } from '../../../adapters/moonshine/index.js';
import { isVoiceError } from '../../../index.js';
import { composeTranscriber } from '../../config/compose-transcriber.js';
import { pathFrom } from '../../config/config-files.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { Check, Examination } from '../check.js';
import { amber, type Finding, failed, green, red } from '../finding.js';
import type { HubAnswer } from '../machine.js';

/** Where a model comes from, and what its hub said. */
export interface HubFigures {
  readonly source: string;
  /** `owner/name` on it. */
  readonly id: string;
  readonly revision: string;
  readonly files: readonly string[];
  /** Where the files belong on this machine. */
  readonly folder: string;
  readonly answer: HubAnswer;
}

/** What came of looking for a model on this machine alone. */
export interface ModelFigures {
  /** What uses it, as `moonshine`. */
  readonly engine: string;
  /** Why it cannot be used as it is; undefined when it can. */
  readonly error?: unknown;
  /** What can be downloaded; undefined where it is here, is a folder, or the config forbids to download it. */
  readonly hub?: HubFigures | undefined;
}

export function judgeModel({ engine, error, hub }: ModelFigures): Finding {
  const subject = { id: 'model', about: engine } as const;
  if (error === undefined) return green(subject, 'the model is on this machine');
  if (hub === undefined) return failed(subject, error, 'put the model into the folder of store');
  const { source, id, revision, files, folder, answer } = hub;
  const byHand = `bring ${files.join(', ')} by hand, from ${source}/${id}/tree/${revision} into ${folder}`;
  const figures = { source, id, revision, folder };
  if ('why' in answer || !isThere(answer.status)) {
    const why = 'why' in answer ? answer.why : `status ${answer.status}`;
    return red(
      subject,
      `the model is not on this machine, and ${source} does not give ${id} to it (${why})`,
      `see to the network and the name of the model; or ${byHand}`,
      figures,
    );
  }
  const what = 'the model is not on this machine yet, so the first start downloads it';
  return amber(subject, what, `start earshot run once while there is a network; or ${byHand}`, figures);
}

/** A server need not know how to be asked without sending. */
const isThere = (status: number): boolean => status < 400 || status === 405 || status === 501;

async function findTranscriber(
  config: EarshotConfig['transcriber'],
  { machine, folder }: Pick<Examination, 'machine' | 'folder'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  // A package that is missing is told by the check of packages.
  const local = config.engine === 'moonshine' ? { ...config, offline: true, warmUp: false } : config;
  let error: unknown;
  try {
    const opened = await composeTranscriber(
      local,
      folder,
      () => 0,
      () => {},
    );
    if (signal.aborted) return [];
    await opened.close();
  } catch (cause) {
    error = cause;
  }
  if (isVoiceError(error) && error.code === 'PEER_MISSING') return [];
  const isAbsent = isVoiceError(error) && error.code === 'MODEL_LOAD_FAILED';
  const hub = isAbsent ? await askFor(config, { machine, folder }, signal) : undefined;
  return [judgeModel({ engine: config.engine, error, hub })];
}

/** Whether the hub would give the model. */
async function askFor(
  config: EarshotConfig['transcriber'],
  { machine, folder }: Pick<Examination, 'machine' | 'folder'>,
  signal: AbortSignal,
): Promise<HubFigures | undefined> {
  if (config.engine !== 'moonshine' || config.offline === true) return undefined;
  const { engine: _, store, source = defaultMoonshineOptions.source, ...options } = config;
  const { id, revision, files } = recogniserModel(options);
  if (isAbsolute(id) || id.startsWith('.')) return undefined;
  const hub = source.replace(/\/+$/, '');
  const kept = store === undefined ? userCacheFolder() : pathFrom(folder, store);
  const url = `${hub}/${id}/resolve/${encodeURIComponent(revision)}/${files[0]}`;
  return {
    ...{ source: hub, id, revision, files },
    folder: join(kept, ...id.split('/'), ...revision.split('/')),
    answer: await machine.askHub(url, signal),
  };
}

/** Whether the transcriber of a config finds what it needs; nothing is downloaded. */
export const model: Check = {
  doing: 'looking for the model of the transcriber',
  subject: { id: 'model' },
  limitMs: 20_000,
  examine: async ({ config, machine, folder }, signal) =>
    config === undefined ? [] : findTranscriber(config.transcriber, { machine, folder }, signal),
};
