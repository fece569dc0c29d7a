export { defaultEspeakNgOptions, type EspeakNg, type EspeakNgOptions, loadEspeakNg } from './espeak-ng.js';
export type { EspeakVoice } from './espeak-voices.js';
