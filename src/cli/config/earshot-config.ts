import type { FillerCacheOptions } from '../../adapters/filler-cache/index.js';
import type { SileroVadOptions } from '../../adapters/silero-vad/index.js';
import type { StreamingServiceOptions, Trust } from '../../adapters/streaming-service/index.js';
import type { WebrtcApmOptions } from '../../adapters/webrtc-apm/index.js';
import type { OpenDevicesOptions } from '../../devices/index.js';
import type { WavFileMicrophoneOptions } from '../../devices/wav-file/index.js';
import type { LinearEchoCancellerOptions, PipelineOptions } from '../../index.js';
import type { OperationConfig } from './operation-config.js';
import type { ReferencedText } from './referenced-text.js';
import type { TranscriberConfig, VoiceConfig } from './speech-config.js';

/*
 * The types that the schema of the config is made from. What an option may be, its default and its description come from the option
 * types of the library, so that whatever can be set by a program can be set here, and nothing has to be kept in step.
 */

/** What `earshot run` reads. */
export interface EarshotConfig extends OperationConfig {
  /** The schema of this file, for editors that look for it here; not read. */
  readonly $schema?: string;
  /** Who answers. */
  readonly upstream: UpstreamConfig;
  /** The microphone and the loudspeaker. Without it: what the sound system calls its default. */
  readonly devices?: SoundDevicesConfig | WavFileDevicesConfig;
  /** What tells speech from everything else. */
  readonly detector?: DetectorConfig;
  /** What takes the sound of the loudspeaker out of the microphone; `off` for nothing, as with headphones. */
  readonly echoCancellers?: EchoCancellersConfig | 'off';
  /** What turns speech into the text of a turn. */
  readonly transcriber: TranscriberConfig;
  /** What speaks on this device what the service answers as text. Without it the service has to send audio. */
  readonly voice?: VoiceConfig;
  /** What is said while an answer is awaited; `off` for silence. Without it: the English recordings that come with earshot. */
  readonly fillers?: FillersConfig | 'off';
  /** How the conversation goes: when a turn is over, what interrupts, how long is waited. */
  readonly pipeline?: PipelineConfig;
}

/** A StreamingService over gRPC. */
export interface UpstreamConfig
  extends Partial<
    Omit<
      StreamingServiceOptions,
      'scheduler' | 'promptAfterCut' | 'metadata' | 'trust' | 'hardwareId' | 'target'
    >
  > {
  readonly kind?: 'streaming-service';
  /** Where the service is, as `host:port`; an IPv6 address in brackets, such as `[::1]:50051`. */
  readonly target: StreamingServiceOptions['target'];
  /** Names this device to the service, the same after each start; never `unknown`. Without it: derived from the id of the machine. */
  readonly hardwareId?: StreamingServiceOptions['hardwareId'];
  /** Sent with every call, such as `authorization`. Names are lower case. */
  readonly metadata?: { readonly [name: string]: ReferencedText };
  /** Whom to believe that it is the service, where it is called with TLS. */
  readonly trust?: TrustConfig;
}

/** As the library has it, but certificates and keys stand outside of the config. */
export type TrustConfig = {
  readonly [K in keyof Trust]?: string extends Exclude<Trust[K], null>
    ? Uint8Array extends Exclude<Trust[K], null>
      ? ReferencedText
      : Trust[K]
    : Trust[K];
};

/** Sound cards. */
export interface SoundDevicesConfig extends Partial<OpenDevicesOptions> {
  readonly kind?: 'sound';
  /** What `earshot doctor --acoustics --write FILE` measured, relative to the folder of the config. What is written here goes before it. */
  readonly calibration?: string;
}

/** Recordings in the place of sound cards, to try a config where there are none. */
export interface WavFileDevicesConfig {
  readonly kind: 'wav-file';
  /** WAV file that is heard, relative to the folder of the config. */
  readonly microphone: string;
  /** WAV file that gets what is played. */
  readonly loudspeaker: string;
  /** What comes after the file: the conversation ends, or it goes on in silence. @defaultValue 'complete' */
  readonly atEnd?: WavFileMicrophoneOptions['atEnd'];
}

/** Silero on onnxruntime-node. */
export interface DetectorConfig extends Partial<Omit<SileroVadOptions, 'onnxruntime'>> {
  readonly engine?: 'silero';
}

/** Which echo cancellers there are. */
export interface EchoCancellersConfig {
  /** Our own, whose output the detector listens to. `off` for headphones, or a speakerphone that cancels by itself. */
  readonly linear?: Partial<LinearEchoCancellerOptions> | 'off';
  /** WebRTC's, whose output is sent, and heard by the transcriber. Without it there is none. */
  readonly webrtc?: Partial<Omit<WebrtcApmOptions, 'bindings'>> | 'off';
}

/** Fillers that were rendered ahead. */
export type FillersConfig = Partial<Omit<FillerCacheOptions, 'directory'>> & {
  /** The folder that `earshot fillers render` has filled, relative to that of the config. Without it: the recordings that come with earshot. */
  readonly directory?: FillerCacheOptions['directory'];
};

/** Every option of the pipeline but its clock. */
export type PipelineConfig = Partial<Omit<PipelineOptions, 'scheduler'>>;
