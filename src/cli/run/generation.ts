import type { SchedulerLike } from 'rxjs';
import type { ModelProgress } from '../../adapters/model-store/index.js';
import type { Keyboard } from '../../devices/keyboard/index.js';
import { createVoicePipeline, type VoiceError, type VoicePipeline } from '../../index.js';
import { type ComposedControls, composeControls } from '../config/compose-controls.js';
import { type ComposedPipeline, composePipeline } from '../config/compose-pipeline.js';
import type { EarshotConfig } from '../config/earshot-config.js';

/** All that one reading of the config has made; a reload makes the next one. */
export interface Generation {
  readonly config: EarshotConfig;
  readonly controls: ComposedControls;
  readonly composed: ComposedPipeline;
  readonly pipeline: VoicePipeline;
}

/** What a generation needs from around it. */
export interface GenerationParts {
  readonly scheduler: SchedulerLike;
  readonly keyboard: Keyboard;
  /** Gives up what is being loaded. */
  readonly stop: AbortSignal;
  onProgress(what: string, progress: ModelProgress): void;
}

/** A generation, or everything that keeps it from being made. */
export type GenerationOutcome =
  | { readonly generation: Generation; readonly errors?: never }
  | { readonly errors: readonly VoiceError[]; readonly generation?: never };

/** @throws the reason of `stop`, as a rejection. */
export async function createGeneration(
  config: EarshotConfig,
  folder: string,
  parts: GenerationParts,
): Promise<GenerationOutcome> {
  const controls = composeControls(config, parts);
  const { floor, mute$ } = controls;
  const { composed, errors } = await composePipeline(config, {
    ...parts,
    folder,
    ...(floor && { floor }),
    ...(mute$ && { mute$ }),
  });
  if (errors) return { errors };
  const pipeline = createVoicePipeline(composed.ports, composed.options);
  return { generation: { config, controls, composed, pipeline } };
}
