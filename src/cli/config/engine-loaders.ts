import type { GivenKokoroOptions, KokoroSynthesizer } from '../../adapters/kokoro/index.js';
import type { GivenMoonshineOptions, MoonshineTranscriber } from '../../adapters/moonshine/index.js';
import type { SileroVad, SileroVadOptions } from '../../adapters/silero-vad/index.js';
import type { WebrtcApm, WebrtcApmOptions } from '../../adapters/webrtc-apm/index.js';

/** How what needs an optional package is loaded. Each rejects with `PEER_MISSING`, and the line that installs it, where that is not there. */
export interface EngineLoaders {
  sileroVad(options: Partial<SileroVadOptions>): Promise<SileroVad>;
  webrtcApm(options: Partial<WebrtcApmOptions>): Promise<WebrtcApm>;
  moonshine(options: GivenMoonshineOptions): Promise<MoonshineTranscriber>;
  kokoro(options: GivenKokoroOptions): Promise<KokoroSynthesizer>;
}

/** Each adapter is imported when it is needed. */
export const engineLoaders: EngineLoaders = {
  sileroVad: async (options) => (await import('../../adapters/silero-vad/index.js')).loadSileroVad(options),
  webrtcApm: async (options) => (await import('../../adapters/webrtc-apm/index.js')).loadWebrtcApm(options),
  moonshine: async (options) => (await import('../../adapters/moonshine/index.js')).loadMoonshine(options),
  kokoro: async (options) => (await import('../../adapters/kokoro/index.js')).loadKokoro(options),
};
