export { type EspeakNg, loadEspeakNg } from './espeak-ng.js';
export { defaultEspeakNgOptions, type EspeakNgOptions } from './espeak-ng-options.js';
export type { EspeakVoice } from './espeak-voices.js';
