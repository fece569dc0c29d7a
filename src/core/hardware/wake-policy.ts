import { type Check, numberIn, oneOf, resolveOptions } from '../options.js';

/** What is done about a loudspeaker that falls asleep: its first words after that are lost while it wakes. @public */
export interface WakeOptions {
  /**
   * - `keep-alive`: the stream never stops; in pauses it carries silence, so the loudspeaker never sleeps.
   * - `pre-roll`: the stream stops in pauses, and silence is sent ahead of what is to be heard after one. For loudspeakers that
   *   are to save power.
   * - `off`: the stream stops in pauses and nothing is sent ahead. For amplifiers that hiss while a stream runs and wake at once.
   * @defaultValue 'keep-alive'
   */
  readonly strategy: 'keep-alive' | 'pre-roll' | 'off';
  /**
   * Silence sent ahead. Units: ms. Range: 0..1500. USB and HDMI lose 50 to 300 ms, Bluetooth up to 1500.
   * Together with the start of the device it has to stay below the `stallMs` of the playout options (2000), within which what was
   * written must begin to be heard.
   * @defaultValue 300
   */
  readonly preRollMs: number;
  /** How long nothing is written before the stream stops. Units: ms. Range: 100..3600000. Sound servers suspend an idle device after 5 s. @defaultValue 5000 */
  readonly sleepsAfterMs: number;
}

/** @public */
export const defaultWakeOptions = {
  strategy: 'keep-alive',
  preRollMs: 300,
  sleepsAfterMs: 5000,
} as const satisfies WakeOptions;

/** When the stream of a loudspeaker stops, and what it begins with. */
export interface WakePolicy {
  /** The stream stops after so long without audio. Units: ms; Infinity is never. */
  readonly sleepsAfterMs: number;
  /** Silence that a stream begins with after the loudspeaker may have slept. Units: ms. */
  readonly preRollMs: number;
}

/** Whether a value can be given as wake options; what is wrong inside is found by `createWakePolicy`. */
export const wakeOptions: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : 'must be an object of wake options';

/** @throws OptionError `OPTION_INVALID` */
export function createWakePolicy(options: Partial<WakeOptions>): WakePolicy {
  const { strategy, preRollMs, sleepsAfterMs } = resolveOptions<WakeOptions>(
    'loudspeaker wake',
    defaultWakeOptions,
    options,
    {
      strategy: oneOf('keep-alive', 'pre-roll', 'off'),
      preRollMs: numberIn(0, 1500, 'ms'),
      sleepsAfterMs: numberIn(100, 3_600_000, 'ms'),
    },
  );
  return {
    sleepsAfterMs: strategy === 'keep-alive' ? Infinity : sleepsAfterMs,
    preRollMs: strategy === 'pre-roll' ? preRollMs : 0,
  };
}
