import type { Observable } from 'rxjs';
import type { ControlReport } from './control-report.js';

/**
 * Something that is down or not: a push-button, a key, a pedal, a sliding switch.
 *
 * @remarks
 * Its `pressed$` is what a `Floor` of push-to-talk and a `Mute` take.
 * @public
 */
export interface Button {
  /**
   * Whether it is down.
   *
   * @remarks
   * Cold: the first subscription opens it, the last one to leave releases it; later ones share it and get the present state at once.
   * Order: changes only, never twice the same in a row.
   * Timing: a press is told as it happens, before any contact has stopped bouncing; nothing that bounces is told.
   * Cancellation: nothing is emitted after unsubscription.
   *
   * A button that vanishes and may come back says what is safe meanwhile (a button to talk: not down; a switch that mutes: down) and
   * `reports$` says `lost`. It errors with `DeviceError` only for what no retry can mend: `DEVICE_PERMISSION_DENIED`,
   * `DEVICE_NOT_FOUND`, `DEVICE_BACKEND`.
   */
  readonly pressed$: Observable<boolean>;
  /** What it tells of itself. Hot: only while somebody listens, and only while it is open. */
  readonly reports$?: Observable<ControlReport>;
}
