import type { Observable } from 'rxjs';

/**
 * Who gives the user the floor: the user's own speech, as a detector hears it, or a button. A button without its state, and a
 * detector that overrules a button, cannot be written down.
 * @public
 */
export type Floor =
  /** Whoever speaks has it. */
  | { readonly kind: 'open' }
  /**
   * Whoever presses has it, from the press to the release and at no other time: nothing that was captured outside is kept or sent,
   * and the detector is not asked. A press cuts what the agent says at once, the release ends the turn.
   */
  | {
      readonly kind: 'push-to-talk';
      /**
       * Whether the button is down. Not down until it says so. Hot or cold; it is subscribed once for each run of the loop. When it
       * completes, the last state stays; when it fails, the button counts as released and `degraded` says so.
       */
      readonly pressed$: Observable<boolean>;
    };

/**
 * Whether the microphone is muted, by a switch of the hardware or by software. Not muted until it says so.
 *
 * @remarks
 * While it is true the loop hears silence, whatever the device delivers: nothing, zeros, or sound. There is no misfire of what
 * was begun, no stall and no turn. An open turn ends there, as if the user had fallen silent; an answer is still awaited and heard. With
 * push-to-talk a muted button gives no floor.
 * When it completes, the last state stays. When it fails, the microphone stays muted for good, because nobody can tell any more that it may be
 * heard, and `degraded` says so.
 * @public
 */
export type Mute = Observable<boolean>;
