/** What the engine is started with. */
export interface MoonshineSettings {
  /** Holds the files of the model. An absolute path. */
  readonly folder: string;
  readonly dtype: string;
  readonly threads: number;
  /** Of a Whisper that knows more than English. */
  readonly language: string | undefined;
}

/** What it is asked to listen to: 16 kHz, mono. */
export interface MoonshineRequest {
  readonly samples: Float32Array;
}

/** What was said in it. */
export interface MoonshinePiece {
  readonly text: string;
}
