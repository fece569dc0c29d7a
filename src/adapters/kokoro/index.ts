export { defaultEngineLimits, type EngineLimits, type EngineState } from '../engine-host/index.js';
export {
  defaultKokoroOptions,
  type GivenKokoroOptions,
  type KokoroDtype,
  type KokoroOptions,
} from './kokoro-options.js';
export { type KokoroSynthesizer, loadKokoro } from './load-kokoro.js';
export type { KokoroVoice } from './voices.js';
