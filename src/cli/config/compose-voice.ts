import { firstValueFrom, map, type SchedulerLike } from 'rxjs';
import { fillerCache } from '../../adapters/filler-cache/index.js';
import type { StreamingService } from '../../adapters/streaming-service/index.js';
import {
  defaultVoiceLadderOptions,
  earcon,
  renderedVoice,
  type Upstream,
  type VoiceLadder,
  type VoiceRung,
  voiceLadder,
  type WatchedSynthesis,
  watchSynthesis,
  withSpeech,
} from '../../index.js';
import { modelFrom, pathFrom, withPaths } from './config-files.js';
import { type EngineLoaders, engineLoaders } from './engine-loaders.js';
import type { VoiceConfig, VoiceRungConfig } from './speech-config.js';

/** What the voices of a config need. */
export interface VoiceParts {
  readonly scheduler: SchedulerLike;
  /** The folder of the config. */
  readonly folder: string;
  readonly service: StreamingService;
  /** Told how the download of a model goes, which only begins when its voice is needed. */
  onProgress(what: string, progress: unknown): void;
  /** @defaultValue the adapter, imported when it is needed */
  readonly loadKokoro?: EngineLoaders['kokoro'];
}

const { format } = defaultVoiceLadderOptions;

/** The voices of a config in front of its service. Nothing is opened before there is something to say. */
export function composeVoice(
  config: VoiceConfig,
  parts: VoiceParts,
): { readonly upstream: Upstream; readonly ladder: VoiceLadder } & Pick<WatchedSynthesis, 'timings$'> {
  const { ladder: rungs, speech, ...options } = config;
  const { scheduler, service } = parts;
  const ladder = voiceLadder(rungsOf(rungs, parts), { ...options, format, scheduler });
  const { synthesizer, timings$ } = watchSynthesis(ladder, scheduler);
  return { upstream: withSpeech(service, synthesizer, { ...speech, scheduler }), ladder, timings$ };
}

function rungsOf(rungs: readonly VoiceRungConfig[], parts: VoiceParts): readonly VoiceRung[] {
  return rungs.map((rung, index) => {
    const earlier = rungs.slice(0, index).filter(({ engine }) => engine === rung.engine).length;
    const name = earlier === 0 ? rung.engine : `${rung.engine} ${earlier + 1}`;
    return { name, open: () => openRung(rung, name, parts) };
  });
}

type OpenedRung = ReturnType<VoiceRung['open']>;

/** Each adapter is imported when its voice is needed, so that what is not installed is told as that voice's failure. */
function openRung(rung: VoiceRungConfig, name: string, parts: VoiceParts): OpenedRung {
  const { folder, scheduler, service, onProgress } = parts;
  switch (rung.engine) {
    case 'kokoro':
      return openKokoro(rung, parts, (progress) => onProgress(name, progress));
    case 'espeak-ng': {
      const { engine: _, ...options } = rung;
      return import('../../adapters/espeak-ng/index.js').then((of) =>
        of.loadEspeakNg({ ...options, scheduler }),
      );
    }
    case 'flite':
    case 'espeak-ng-wasm': {
      const { engine, ...given } = rung;
      const options = withPaths(folder, given, ['packageFolder']);
      return import('../../adapters/wasm-voices/index.js').then((of) =>
        engine === 'flite' ? of.loadFlite(options) : of.loadEspeakNgWasm(options),
      );
    }
    case 'service': {
      const { engine: _, ...choice } = rung;
      return [service.synthesizer(choice)];
    }
    case 'rendered': {
      const { engine: _, directory, ...options } = rung;
      const library = fillerCache({ ...options, directory: pathFrom(folder, directory) });
      return firstValueFrom(library.loadFillers(format).pipe(map((clips) => renderedVoice(clips, format))));
    }
    case 'earcon': {
      const { engine: _, ...notes } = rung;
      return [earcon({ ...notes, sampleRateHz: format.sampleRateHz })];
    }
  }
}

async function openKokoro(
  { engine: _, model, ...given }: Extract<VoiceRungConfig, { readonly engine: 'kokoro' }>,
  { folder, loadKokoro = engineLoaders.kokoro }: VoiceParts,
  onProgress: (progress: unknown) => void,
) {
  const options = withPaths(folder, given, ['store']);
  return loadKokoro({
    ...options,
    onProgress,
    ...(model !== undefined && { model: modelFrom(folder, model) }),
  });
}
