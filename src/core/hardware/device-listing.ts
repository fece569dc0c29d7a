/** One device as a backend lists it. @public */
export interface DeviceListing {
  /** Which backend reaches it: the programs of the system, or the native library. */
  readonly backend: 'process' | 'audify';
  /** The sound system it belongs to. */
  readonly api: 'pulse' | 'alsa' | 'core-audio' | 'wasapi';
  /** What opens it, and stays the same over restarts and replugging. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  readonly direction: 'capture' | 'playout';
  readonly isDefault: boolean;
  /** True for what listens to a loudspeaker instead of a room. Never opened as `default`. */
  readonly isMonitor: boolean;
  /** How many it has; null where only opening it would tell. */
  readonly channels: number | null;
  /** The rate the hardware runs at by itself; null where nobody tells. Units: Hz. */
  readonly nativeRateHz: number | null;
  /**
   * The rates at which it was really opened, or that the sound system converts for it. Units: Hz. Empty where it could not be
   * opened, see `problem`.
   */
  readonly sampleRatesHz: readonly number[];
  /** Why it cannot be used at the moment, as one sentence; null when it can. */
  readonly problem: string | null;
}
