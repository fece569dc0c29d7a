/** What the engine is started with. */
export interface KokoroSettings {
  /** Holds the files of the model. An absolute path. */
  readonly folder: string;
  readonly dtype: string;
  readonly threads: number;
  /** Longest text that goes through the model at once. Units: characters. */
  readonly maxCharacters: number;
}

/** What it is asked for. */
export interface KokoroRequest {
  readonly text: string;
  readonly voice: string;
  readonly speed: number;
}

/** A part of the text and its speech, 24 kHz, mono. */
export interface KokoroPiece {
  readonly text: string;
  readonly samples: Float32Array;
}
