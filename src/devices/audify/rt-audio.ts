/** Which sound system the native library uses. @public */
export type AudifyApi = 'pulse' | 'alsa' | 'core-audio' | 'wasapi';

/** What the library calls each: the number of `RtAudioApi` and the answer of `getApi`. */
export const apis: Readonly<Record<AudifyApi, { readonly number: number; readonly answer: string }>> = {
  'core-audio': { number: 1, answer: 'CoreAudio' },
  alsa: { number: 2, answer: 'ALSA' },
  pulse: { number: 4, answer: 'Pulse' },
  wasapi: { number: 7, answer: 'WASAPI' },
};

/** `RTAUDIO_FLOAT32`. The library's own constants are `declare const enum`, which isolated modules cannot read. */
export const float32Format = 0x10;
/** Bytes of one sample in that format. */
export const sampleBytes = 4;
/** `RTAUDIO_MINIMIZE_LATENCY`: two periods on ALSA instead of four; the other systems do not look at it. */
export const minimizeLatencyFlag = 0x2;

/** One device as RtAudio lists it. */
export interface RtAudioDevice {
  readonly id: number;
  readonly name: string;
  readonly outputChannels: number;
  readonly inputChannels: number;
  readonly isDefaultOutput: boolean;
  readonly isDefaultInput: boolean;
  readonly sampleRates: readonly number[];
  readonly preferredSampleRate: number;
}

/** Which device, and how many of its channels from the first on. */
export interface RtAudioEnd {
  readonly deviceId: number;
  readonly nChannels: number;
}

/** The part of `RtAudio` that is used. */
export interface RtAudio {
  /** @returns how many sample frames a buffer holds, which need not be what was asked for. */
  openStream(
    output: RtAudioEnd | null,
    input: RtAudioEnd | null,
    format: number,
    sampleRateHz: number,
    bufferSamples: number,
    name: string,
    onInput: ((pcm: Uint8Array) => void) | null,
    onOutput: (() => void) | null,
    flags: number,
    onError: (type: number, text: string) => void,
  ): number;
  closeStream(): void;
  start(): void;
  /** Takes exactly one buffer, and copies it. */
  write(pcm: Uint8Array): void;
  clearOutputQueue(): void;
  getApi(): string;
  getStreamLatency(): number;
  getStreamSampleRate(): number;
  getDevices(): readonly RtAudioDevice[];
}

/** The part of the package audify that is used, so that our declarations do not need it. */
export interface Audify {
  readonly RtAudio: new (api: number) => RtAudio;
}
