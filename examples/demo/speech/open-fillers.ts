import { dirname, join } from 'node:path';
import type { FillerClip } from 'earshot';
import { fillerCache } from 'earshot/adapters/filler-cache';
import { firstValueFrom } from 'rxjs';
import { earshotCommand, shippedFillers } from '../demo-files.js';
import { format } from '../format.js';
import type { Screen } from '../screen.js';
import type { ModelSource, SpeechOptions, VoiceEngine } from '../speech-options.js';
import { sourceOf } from './model-source.js';
import type { LocalVoice } from './open-voice.js';
import { whyNot } from './tell-loading.js';

const shipped = {
  directory: shippedFillers,
  voice: 'allison',
};

/**
 * The fillers, in the voice that speaks where they were rendered in it, else the recordings that ship.
 *
 * @throws VoiceError when those that were asked for cannot be had, and no voice was.
 */
export async function openFillers(
  { speak, fillers, models }: SpeechOptions,
  speaker: Pick<LocalVoice, 'engine' | 'voice'> | undefined,
  screen: Screen,
): Promise<readonly FillerClip[]> {
  const load = (given: { readonly directory: string; readonly voice: string | undefined }) =>
    firstValueFrom(fillerCache(given).loadFillers(format));
  if (speak === null) return load({ directory: fillers.folder ?? shipped.directory, voice: fillers.voice });
  // The service speaks after all, with recordings.
  if (speaker === undefined) return load(shipped);
  const { engine, voice } = speaker;
  const directory = fillers.folder ?? (await usualFolder());
  try {
    return await load({ directory, voice });
  } catch (error) {
    const why = fillers.folder === null ? `none in the voice ${voice} are in ${directory}` : whyNot(error);
    const how = rendering(engine, voice, directory, models);
    screen.tell(`The fillers are the recordings that ship, since ${why}${how}.`);
    return load(shipped);
  }
}

/** How they are made, where the command can. */
function rendering(engine: VoiceEngine, voice: string, directory: string, models: ModelSource): string {
  if (engine !== 'kokoro' && engine !== 'espeak-ng') return '';
  const { model } = engine === 'kokoro' ? sourceOf(models, 'kokoro') : {};
  return (
    `; they are made by: ${earshotCommand} fillers render --out ${directory} --engine ${engine} --voice ${voice}` +
    (model === undefined ? '' : ` --model ${model}`)
  );
}

/** Beside the models of this user. */
async function usualFolder(): Promise<string> {
  const { userCacheFolder } = await import('earshot/adapters/model-store');
  return join(dirname(userCacheFolder()), 'fillers');
}
