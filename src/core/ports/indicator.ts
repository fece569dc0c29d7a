import type { Observable } from 'rxjs';
import type { ControlReport } from './control-report.js';

/** What a person should be able to see of the loop, in the order in which it matters. @public */
export const indications = [
  /** The loop has ended. */
  'off',
  /** The microphone is muted. */
  'muted',
  /** A device or the detector is lost: nothing is heard, or nothing can be said. */
  'faulty',
  /** It is not open yet. */
  'starting',
  /** The user has the floor. */
  'listening',
  /** The answer is being heard. */
  'speaking',
  /** The service cannot be reached. */
  'unreachable',
  /** An answer is awaited. */
  'thinking',
  /** Nobody has the floor, and whoever speaks or presses gets it. */
  'ready',
] as const;

/** @public */
export type Indication = (typeof indications)[number];

/** What a light shows at an instant. @public */
export interface Light {
  /** What it means, for whoever can show more than a colour. */
  readonly indication: Indication;
  /** Range: 0..1, as the eye sees it, brightness included. */
  readonly red: number;
  /** Range: 0..1. */
  readonly green: number;
  /** Range: 0..1. */
  readonly blue: number;
}

/** Somewhere lights are shown: an LED, a ring of them, a program. @public */
export interface Indicator {
  /**
   * Show what comes.
   *
   * @remarks
   * Cold: subscribing opens it. When `lights$` completes, and when it is unsubscribed, the light is off and what it took is free.
   * Order: the latest counts. What changes faster than the hardware can follow is left out, never queued; the last one is shown for sure.
   * Completion: soon after `lights$`.
   *
   * A light never ends the loop: what fails is a `lost` report and is tried again. Errors with `DeviceError` for what no retry
   * can mend, as a missing program or no permission; and with what `lights$` errors with, after the light is off.
   */
  show(lights$: Observable<Light>): Observable<ControlReport>;
}
