import type { Transcriber } from '../../index.js';
import { modelFrom, pathFrom, withPaths } from './config-files.js';
import { type EngineLoaders, engineLoaders } from './engine-loaders.js';
import type { TranscriberConfig } from './speech-config.js';

/** A transcriber that is ready, and how to let go of it. */
export interface OpenedTranscriber {
  readonly transcriber: Transcriber;
  close(): Promise<void>;
}

/**
 * Open what a config listens with.
 *
 * @param originMs - first instant of the recording, for a transcriber that knows it.
 * @throws VoiceError, as a rejection.
 */
export async function composeTranscriber(
  config: TranscriberConfig,
  folder: string,
  originMs: () => number,
  onProgress: (progress: unknown) => void,
  load: EngineLoaders['moonshine'] = engineLoaders.moonshine,
): Promise<OpenedTranscriber> {
  if (config.engine === 'scripted') {
    const { loadScriptedTranscriber } = await import('../../adapters/scripted-transcriber/index.js');
    const sidecarPath = pathFrom(folder, config.sidecarPath);
    return { transcriber: await loadScriptedTranscriber({ sidecarPath, originMs }), close: async () => {} };
  }
  const { engine: _, model, ...given } = config;
  const transcriber = await load({
    ...withPaths(folder, given, ['store']),
    onProgress,
    ...(model !== undefined && { model: modelFrom(folder, model) }),
  });
  return { transcriber, close: () => transcriber.close() };
}
