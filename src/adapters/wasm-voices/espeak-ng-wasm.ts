import { loadWasmVoice, type WasmPeer, type WasmVoice, type WasmVoiceOptions } from './load-wasm-voice.js';

/** What the caller may leave out. @public */
export const defaultEspeakNgWasmOptions = {
  voice: 'en-us',
  speed: 1,
  packageFolder: undefined,
} as const satisfies WasmVoiceOptions;

const peer: WasmPeer = {
  kind: 'espeak-ng',
  packageName: '@echogarden/espeak-ng-emscripten',
  testedVersion: '0.3.5',
  file: 'espeak-ng.js',
  problemOf: () => undefined,
};

/**
 * eSpeak NG from the peer package `@echogarden/espeak-ng-emscripten` as a `Synthesizer`: a hundred languages, no program to install.
 *
 * @remarks
 * Shape: 22.05 kHz mono, frames of 20 ms, the last may be shorter. A voice is a language such as `en-us` or `ru`; variants (`+f3`) cannot
 * be checked here and are refused.
 *
 * Timing and Ownership: as `loadFlite`.
 *
 * Licence: the package is GPL-3.0. Whoever ships it in a product has to keep to that; nothing of it is part of this package.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` with the command that installs the package; ModelError
 * `MODEL_LOAD_FAILED`. All as rejections.
 * @public
 */
export function loadEspeakNgWasm(options: Partial<WasmVoiceOptions> = {}): Promise<WasmVoice> {
  return loadWasmVoice(peer, defaultEspeakNgWasmOptions, options);
}
