export { defaultFillerCacheOptions, type FillerCacheOptions, fillerCache } from './filler-cache.js';
export { type FillerIdentity, fillerKey } from './filler-key.js';
export {
  defaultRenderFillersOptions,
  type FillerRendered,
  type RenderFillersOptions,
  renderFillers,
} from './render-fillers.js';
