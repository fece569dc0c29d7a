/** A piece of speech, mono. */
export interface WasmSpeech {
  readonly sampleRateHz: number;
  readonly samples: Int16Array;
}

/** Says one part of a text. Blocks until it is made. */
export type SayPart = (part: string) => WasmSpeech;
