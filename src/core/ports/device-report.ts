/** Something that went wrong with a device, was mended, and is counted. @public */
export type DeviceFactName =
  /** Samples that were never captured: the sound system had no room for them. */
  | 'capture-xrun'
  /** The loudspeaker ran dry in the middle of a stream. */
  | 'playout-xrun'
  /** The device stood still, or ran ahead, and its clock was set anew. */
  | 'clock-reset'
  /** Silence was sent first, because the sink had slept. */
  | 'sink-woken'
  /** What was to be heard did not fit into the bounded queue. */
  | 'playout-dropped';

/**
 * What a device tells about itself beside its audio.
 *
 * @public
 */
export type DeviceReport =
  | {
      readonly type: 'fact';
      readonly fact: DeviceFactName;
      /** In words, with the figures that are known. */
      readonly detail: string;
      /** How many this tells of. */
      readonly count: number;
    }
  /** A summary, once every ten seconds while the device is open. */
  | {
      readonly type: 'measured';
      /** The least that was queued at the device, ahead of what could be heard. Units: ms. Null for a microphone. */
      readonly lowWaterMs: number | null;
      /** How much later than the steady clock the device called. Units: ms. */
      readonly jitterMs: { readonly p50: number; readonly p99: number; readonly max: number };
      /** How much too late the timers of this process came, at most. Units: ms. */
      readonly loopLagMs: number;
      /** How much faster than this machine's clock the device runs. Units: parts per million. Null until it is known. */
      readonly driftPpm: number | null;
    };
