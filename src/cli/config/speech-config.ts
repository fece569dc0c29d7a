import type { EspeakNgOptions } from '../../adapters/espeak-ng/index.js';
import type { FillerCacheOptions } from '../../adapters/filler-cache/index.js';
import type { GivenKokoroOptions } from '../../adapters/kokoro/index.js';
import type { GivenMoonshineOptions } from '../../adapters/moonshine/index.js';
import type { VoiceChoice } from '../../adapters/streaming-service/index.js';
import type { WasmVoiceOptions } from '../../adapters/wasm-voices/index.js';
import type { EarconOptions, SpeakTextOptions, VoiceLadderOptions } from '../../index.js';

/** What turns speech into text. */
export type TranscriberConfig = MoonshineConfig | ScriptedTranscriberConfig;

/** Moonshine or Whisper, on this device. */
export type MoonshineConfig = Omit<GivenMoonshineOptions, 'onProgress'> & {
  readonly engine: 'moonshine';
};

/** Transcripts of a known recording, from a file. */
export interface ScriptedTranscriberConfig {
  readonly engine: 'scripted';
  /** The file with the segments, relative to the folder of the config. */
  readonly sidecarPath: string;
}

/** What speaks on this device. */
export interface VoiceConfig extends Partial<Omit<VoiceLadderOptions, 'scheduler' | 'format'>> {
  /** The voices, the best first; the next one speaks when one fails or is late. Range: 1..16 entries. */
  readonly ladder: readonly VoiceRungConfig[];
  /** How text becomes speech. */
  readonly speech?: Partial<Omit<SpeakTextOptions, 'scheduler' | 'requests$'>>;
}

/** One voice. */
export type VoiceRungConfig =
  | KokoroRungConfig
  | EspeakNgRungConfig
  | FliteRungConfig
  | EspeakNgWasmRungConfig
  | ServiceRungConfig
  | RenderedRungConfig
  | EarconRungConfig;

/** Kokoro, a model of 82 million parameters. English. */
export type KokoroRungConfig = Omit<GivenKokoroOptions, 'onProgress'> & { readonly engine: 'kokoro' };

/** The program espeak-ng of the system. */
export interface EspeakNgRungConfig extends Partial<Omit<EspeakNgOptions, 'scheduler'>> {
  readonly engine: 'espeak-ng';
}

/** Flite as WebAssembly. English. */
export interface FliteRungConfig extends Partial<WasmVoiceOptions> {
  readonly engine: 'flite';
}

/** eSpeak NG as WebAssembly. */
export interface EspeakNgWasmRungConfig extends Partial<WasmVoiceOptions> {
  readonly engine: 'espeak-ng-wasm';
}

/** The service, asked to speak a text. */
export interface ServiceRungConfig {
  readonly engine: 'service';
  /** Voice to ask for; services seen so far ignore it. */
  readonly voice?: NonNullable<VoiceChoice['voice']>;
  /** Language to ask for; services seen so far ignore it. */
  readonly language?: NonNullable<VoiceChoice['language']>;
}

/** What was rendered ahead, and can say that alone. */
export type RenderedRungConfig = Partial<Omit<FillerCacheOptions, 'directory'>> & {
  readonly engine: 'rendered';
  /** The folder that `earshot fillers render` has filled, relative to that of the config. */
  readonly directory: FillerCacheOptions['directory'];
};

/** A signal in the place of speech. */
export interface EarconRungConfig extends Partial<Omit<EarconOptions, 'sampleRateHz'>> {
  readonly engine: 'earcon';
}
