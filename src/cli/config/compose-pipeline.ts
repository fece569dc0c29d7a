import { EMPTY, lastValueFrom, type Observable, type SchedulerLike } from 'rxjs';
import { fillerCache } from '../../adapters/filler-cache/index.js';
import type { ModelProgress } from '../../adapters/model-store/index.js';
import {
  deriveHardwareId,
  type StreamingService,
  streamingService,
} from '../../adapters/streaming-service/index.js';
import {
  type FillerLibrary,
  type Floor,
  isVoiceError,
  linearEchoCanceller,
  type Mute,
  type PipelineOptions,
  type PipelinePorts,
  type SynthesisTiming,
  type VoiceError,
  type VoiceLadder,
} from '../../index.js';
import { composeDevices } from './compose-devices.js';
import { composeTranscriber } from './compose-transcriber.js';
import { composeVoice } from './compose-voice.js';
import { pathFrom, shippedFillers, withPaths } from './config-files.js';
import { echoCancellersOf } from './device-options.js';
import type { EarshotConfig } from './earshot-config.js';
import { type EngineLoaders, engineLoaders } from './engine-loaders.js';
import { createOpenings } from './openings.js';
import { serviceInit } from './service-init.js';

/** What a config does not say. */
export interface CompositionParts {
  /** The clock of everything: `monotonicScheduler()`. */
  readonly scheduler: SchedulerLike;
  /** The folder of the config, from which its paths are meant. */
  readonly folder: string;
  /** Where the config asks for a button: what it makes. */
  readonly floor?: Floor;
  readonly mute$?: Mute;
  /** Gives up what is being loaded, such as a download; the promise then rejects with its reason. */
  readonly stop?: AbortSignal;
  /** Told how downloads of models go. */
  onProgress?(what: string, progress: ModelProgress): void;
  /** What is loaded otherwise than by its adapter. */
  readonly loaders?: Partial<EngineLoaders>;
}

/** All that `createVoicePipeline` takes, and what comes with it. */
export interface ComposedPipeline {
  readonly ports: PipelinePorts;
  readonly options: Partial<PipelineOptions>;
  /** The service beneath `ports.upstream`, for its log and its figures. */
  readonly service: StreamingService;
  /** What speaks on this device; undefined where the service does. `warmUp()` finds a voice before there is something to say. */
  readonly voice: VoiceLadder | undefined;
  /** How long that takes for each text, for `measureConversation`. Hot. */
  readonly timings$: Observable<SynthesisTiming>;
  /** What somebody should know who runs it, one sentence each. */
  readonly notices: readonly string[];
  /** Release every model, process and connection. Idempotent; settles within 6 s. */
  close(): Promise<void>;
}

/** A pipeline, or everything that keeps it from being made. */
export type Composition =
  | { readonly composed: ComposedPipeline; readonly errors?: never }
  | { readonly errors: readonly VoiceError[]; readonly composed?: never };

/**
 * Make the parts of a pipeline as a config says.
 *
 * @remarks
 * Loads the models of detector and transcriber, which may download them, and proves that WebRTC's canceller works. Devices, service and
 * voices are opened when they are needed: their failures are events of the pipeline, which goes on without them.
 *
 * @returns every missing peer, model and file as an error of its own, all at once; what was opened meanwhile is closed then.
 * @throws the reason of `stop`, and what is a bug. As rejections.
 */
export async function composePipeline(config: EarshotConfig, parts: CompositionParts): Promise<Composition> {
  const { scheduler, folder, stop, onProgress = () => {} } = parts;
  const load: EngineLoaders = { ...engineLoaders, ...parts.loaders };
  const openings = createOpenings(stop);
  const { open, close } = openings;
  const told = (what: string) => (progress: unknown) => onProgress(what, progress as ModelProgress);
  const { detector: { engine: _, ...detection } = {}, voice, transcriber } = config;
  const { webrtc = 'off' } = echoCancellersOf(config);

  let originMs = 0;
  const attempts = {
    devices: open(composeDevices(config, folder, scheduler)),
    detector: open(load.sileroVad(withPaths(folder, detection, ['modelPath'])), (it) => it.close()),
    apm: webrtc === 'off' ? undefined : open(load.webrtcApm(webrtc), (it) => it.close()),
    ear: open(
      composeTranscriber(transcriber, folder, () => originMs, told('the transcriber'), load.moonshine),
      (it) => it.close(),
    ),
    service: open(serviceOf(config, scheduler), (it) => it.close()),
    fillers: open(fillersOf(config, folder)),
  };
  let failures: readonly unknown[];
  try {
    failures = await openings.settle();
  } catch (reason) {
    await close();
    throw reason;
  }
  if (failures.length > 0) {
    await close();
    const bug = failures.find((failure) => !isVoiceError(failure));
    if (bug !== undefined) throw bug;
    return { errors: failures as readonly VoiceError[] };
  }

  const service = await attempts.service;
  const voiceParts = { scheduler, folder, service, loadKokoro: load.kokoro };
  const spoken = voice && composeVoice(voice, { ...voiceParts, onProgress: (what, at) => told(what)(at) });
  if (spoken) openings.keep(() => lastValueFrom(spoken.ladder.close(), { defaultValue: undefined }));
  const apm = await attempts.apm;
  const fillers = await attempts.fillers;
  // Last, since the clock of recordings runs from then on.
  const devices = (await attempts.devices)();
  originMs = devices.originMs;
  const linear = devices.linear && linearEchoCanceller(devices.linear);
  const ports: PipelinePorts = {
    microphone: devices.microphone,
    loudspeaker: devices.loudspeaker,
    detector: await attempts.detector,
    upstream: spoken?.upstream ?? service,
    transcriber: (await attempts.ear).transcriber,
    ...(linear && { echoCanceller: linear, ...(apm && { upstreamEchoCanceller: apm }) }),
    ...(!linear && apm && { echoCanceller: apm }),
    ...(fillers && { fillers }),
    ...(parts.floor && { floor: parts.floor }),
    ...(parts.mute$ && { mute$: parts.mute$ }),
  };
  const options = { ...config.pipeline, scheduler };
  const notices = [...devices.notices, ...doubtsOf(config)];
  const timings$ = spoken?.timings$ ?? EMPTY;
  return { composed: { ports, options, service, voice: spoken?.ladder, timings$, notices, close } };
}

async function serviceOf({ upstream }: EarshotConfig, scheduler: SchedulerLike): Promise<StreamingService> {
  const hardwareId = upstream.hardwareId ?? (await deriveHardwareId({ application: 'earshot' }));
  return streamingService({ ...serviceInit(upstream, hardwareId), scheduler });
}

async function fillersOf(
  { fillers = {} }: EarshotConfig,
  folder: string,
): Promise<FillerLibrary | undefined> {
  if (fillers === 'off') return undefined;
  const { directory, ...choice } = fillers;
  return fillerCache(
    directory === undefined
      ? { ...shippedFillers(), ...choice }
      : { ...choice, directory: pathFrom(folder, directory) },
  );
}

/** What works and is probably not meant. */
function doubtsOf(config: EarshotConfig): readonly string[] {
  const { devices, upstream } = config;
  const doubts: string[] = [];
  const { linear, webrtc = 'off' } = echoCancellersOf(config);
  if (devices?.kind !== 'wav-file' && linear === 'off' && webrtc === 'off') {
    doubts.push(
      'No echo is cancelled, so the microphone must not hear the loudspeaker: headphones, or a speakerphone that cancels by itself.',
    );
  }
  if (upstream.insecure) {
    doubts.push(
      `Everything said goes to ${upstream.target} in plain text, and nothing proves who answers there.`,
    );
  }
  return doubts;
}
