import { defer, distinctUntilChanged, filter, type Observable, scan, startWith } from 'rxjs';

/**
 * A switch made of a button: each press turns it over.
 *
 * @remarks
 * For a `Mute` by a push-button or a key. Emits `initially` at once, then each change.
 * State lives inside the subscription, so share it where several are to agree (`shareReplay`).
 * Completion and errors: those of `pressed$`.
 * @param pressed$ - whether the button is down, such as the `pressed$` of a `Button`.
 * @public
 */
export function toggledBy(pressed$: Observable<boolean>, initially = false): Observable<boolean> {
  return defer(() =>
    pressed$.pipe(
      distinctUntilChanged(),
      filter((pressed) => pressed),
      scan((on) => !on, initially),
      startWith(initially),
    ),
  );
}
