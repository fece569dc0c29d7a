import { concat, concatMap, defer, type Observable, type OperatorFunction } from 'rxjs';

/** What one subscription does with each value, and with the end of its source. */
export interface FrameStep<In, Out> {
  /** Values to emit for this one, in order. */
  next(value: In): readonly Out[];
  /** Values to emit when the source completes. Not called on error or unsubscription. */
  end?(): readonly Out[];
}

/**
 * Build an operator out of a step with a memory. `createStep` runs once a subscription, so that two
 * subscribers never share state. Errors pass through and drop what is pending.
 */
export function mapFrames<In, Out>(createStep: () => FrameStep<In, Out>): OperatorFunction<In, Out> {
  return (source$: Observable<In>) =>
    defer(() => {
      const step = createStep();
      return concat(
        source$.pipe(concatMap((value) => step.next(value))),
        defer(() => step.end?.() ?? []),
      );
    });
}
