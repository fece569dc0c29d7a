/** The part of transformers.js that we use, so that our declarations do not need the peer. */
export interface TransformersLibrary {
  readonly env: { allowRemoteModels: boolean };
  pipeline(task: 'automatic-speech-recognition', folder: string, options: object): Promise<SpeechPipeline>;
}

/** Samples to text. */
export interface SpeechPipeline {
  (samples: Float32Array, options: Generation): Promise<{ readonly text: string }>;
  readonly model: {
    readonly config: { readonly model_type?: string };
    readonly generation_config?: { readonly is_multilingual?: boolean } | null;
  };
}

/** What one run may be told; it goes on to the generation of tokens. */
export interface Generation {
  readonly max_new_tokens: number;
  /** Asked after each token about each sequence; there is one. */
  readonly stopping_criteria: readonly ((sequences: readonly unknown[]) => boolean[])[];
  readonly language?: string;
  readonly task?: 'transcribe';
}

export async function importTransformers(): Promise<TransformersLibrary> {
  return (await import('@huggingface/transformers')) as unknown as TransformersLibrary;
}
