/** Where models come from. A bench fetches nothing unless it is told to. */
export interface WhereModelsAre {
  readonly offline: boolean;
  /** Folders that hold a model, in the place of the cache. */
  readonly kokoro: string | undefined;
  readonly moonshine: string | undefined;
}

/** One that cannot be measured here. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export const missing = (name: string, error: unknown): Missing => ({
  name,
  reason: error instanceof Error ? error.message : String(error),
});

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
