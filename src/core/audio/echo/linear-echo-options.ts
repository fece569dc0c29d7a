import { integerIn, numberIn, resolveOptions } from '../../options.js';

/** @public */
export interface LinearEchoCancellerOptions {
  /**
   * Length of the filter: what it can know of a room. Range: 100..480. Units: milliseconds, used in steps of 10.
   *
   * At the start the echo must begin within it; then it is moved to where the echo begins. 320 covers delays of 250 ms; the cost
   * grows with it in proportion. What a room does beyond is suppressed, not subtracted.
   * @defaultValue 320
   */
  readonly tailMs: number;
  /**
   * How long a captured frame may wait for the reference of its time. Range: 0..200. Units: milliseconds of captured audio.
   *
   * It waits only when the reference is late, and no longer after the reference has stayed away once, until it is back.
   * 40 is a period of a sound server and a busy event loop.
   * @defaultValue 40
   */
  readonly maxReferenceWaitMs: number;
  /**
   * By how much the time stamps may say that the echo comes *before* its sound, without harm. Range: 0..50. Units: milliseconds.
   *
   * A filter cannot undo what has not been rendered yet, and time stamps of devices are right to a few milliseconds.
   * @defaultValue 5
   */
  readonly referenceLeadMs: number;
  /**
   * Whether a difference of the two clocks is measured from the echo and made up for. Turn it off for two streams of one
   * clock to save a conversion of the reference (some 20 microseconds for each 10 ms).
   * @defaultValue true
   */
  readonly followsDrift: boolean;
}

/** @public */
export const defaultLinearEchoCancellerOptions = {
  tailMs: 320,
  maxReferenceWaitMs: 40,
  referenceLeadMs: 5,
  followsDrift: true,
} as const satisfies LinearEchoCancellerOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveLinearEchoCancellerOptions(
  options: Partial<LinearEchoCancellerOptions>,
): LinearEchoCancellerOptions {
  return resolveOptions<LinearEchoCancellerOptions>(
    'linear-echo-canceller',
    defaultLinearEchoCancellerOptions,
    options,
    {
      tailMs: integerIn(100, 480, 'milliseconds'),
      maxReferenceWaitMs: numberIn(0, 200, 'milliseconds'),
      referenceLeadMs: numberIn(0, 50, 'milliseconds'),
      followsDrift: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
    },
  );
}
