import { isVoiceError } from '../../../index.js';
import { composeTranscriber } from '../../config/compose-transcriber.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { Check } from '../check.js';
import { amber, type Finding, failed, green } from '../finding.js';

/** What came of looking for a model on this machine alone. */
export interface ModelFigures {
  /** What uses it, as `moonshine`. */
  readonly engine: string;
  /** Why it cannot be used as it is; undefined when it can. */
  readonly error?: unknown;
  /** Whether the config forbids to download it. */
  readonly isOffline: boolean;
}

export function judgeModel({ engine, error, isOffline }: ModelFigures): Finding {
  const subject = { id: 'model', about: engine } as const;
  if (error === undefined) return green(subject, 'the model is on this machine');
  const cure = 'start earshot run once where there is a network, or put the model into the folder of store';
  if (isVoiceError(error) && error.code === 'MODEL_LOAD_FAILED' && !isOffline) {
    return amber(subject, 'the model is not on this machine yet, so the first start downloads it', cure);
  }
  return failed(subject, error, cure);
}

async function findTranscriber(
  config: EarshotConfig['transcriber'],
  folder: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  // A package that is missing is told by the check of packages.
  const isOffline = config.engine === 'moonshine' && config.offline === true;
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
  return [judgeModel({ engine: config.engine, error, isOffline })];
}

/** Whether the transcriber of a config finds what it needs; nothing is downloaded. */
export const model: Check = {
  doing: 'looking for the model of the transcriber',
  subject: { id: 'model' },
  limitMs: 15_000,
  examine: async ({ config, folder }, signal) =>
    config === undefined ? [] : findTranscriber(config.transcriber, folder, signal),
};
