export { defaultEspeakNgWasmOptions, loadEspeakNgWasm } from './espeak-ng-wasm.js';
export { defaultFliteOptions, loadFlite } from './flite.js';
export type { WasmVoice, WasmVoiceOptions } from './load-wasm-voice.js';
