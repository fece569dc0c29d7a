export { defaultEngineLimits, type EngineLimits, type EngineState } from '../engine-host/index.js';
export type { PartialCounts } from './listen-to-utterance.js';
export { loadMoonshine, type MoonshineTranscriber } from './load-moonshine.js';
export {
  defaultMoonshineOptions,
  type GivenMoonshineOptions,
  type MoonshineOptions,
  type Recogniser,
  type RecogniserDtype,
  recogniserModel,
} from './moonshine-options.js';
