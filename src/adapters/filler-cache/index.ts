export { defaultFillerCacheOptions, type FillerCacheOptions, fillerCache } from './filler-cache.js';
export { type FillerIdentity, fillerKey } from './filler-key.js';
export type { FillerPhrase } from './filler-phrases.js';
export { fillerLanguages, fillerPhrases } from './phrases/phrase-lists.js';
export {
  defaultRenderFillersOptions,
  type FillerRendered,
  type RenderFillersOptions,
  renderFillers,
} from './render-fillers.js';
