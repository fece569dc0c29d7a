import type { MoonshineTranscriber, Recogniser } from 'earshot/adapters/moonshine';
import type { Screen } from '../screen.js';
import type { ModelSource } from '../speech-options.js';
import { sourceOf } from './model-source.js';
import { tellLoading, whyNot } from './tell-loading.js';

/**
 * Load what listens on this machine.
 *
 * @returns undefined where it cannot, after why not was told.
 */
export async function openEar(
  recogniser: Recogniser,
  models: ModelSource,
  screen: Screen,
): Promise<MoonshineTranscriber | undefined> {
  const { loadMoonshine } = await import('earshot/adapters/moonshine');
  try {
    const ear = await loadMoonshine({
      recogniser,
      ...sourceOf(models, recogniser),
      onProgress: tellLoading(recogniser, screen),
    });
    screen.tell(`${recogniser} listens on this machine, in English: prompts are what it understands.`);
    return ear;
  } catch (error) {
    screen.tell(`${recogniser} does not listen here: ${whyNot(error)}.`);
    return undefined;
  }
}
