export { ensureModel, type ModelProgress } from './ensure-model.js';
export { type CacheSurroundings, userCacheFolder } from './user-cache-folder.js';
export type { EnsureModelOptions, WantedModel } from './wanted-model.js';
