import { type Observable, type OperatorFunction, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { ContractTestFunctions } from './test-functions.js';

/** One operator under test, with what it must do to a list of values. @public */
export interface OperatorCase<In, Out> {
  /** Makes the operator anew. */
  readonly create: () => OperatorFunction<In, Out>;
  /** Many values: enough that the operator emits and also holds something back, if it ever does. */
  readonly values: readonly In[];
  /** What comes out while the source runs. */
  readonly emitted: readonly Out[];
  /** What comes out when the source then completes. */
  readonly pending: readonly Out[];
  /** What must hold when more arrives than the operator may keep; or, for one that keeps nothing, why there is no bound to reach. */
  readonly atTheBound: (() => void) | { readonly keepsNothing: string };
  /** Reduces an output to what is compared, such as plain numbers. */
  readonly compare?: (out: Out) => unknown;
}

/** Everything one subscription saw. */
interface Seen<Out> {
  readonly values: Out[];
  end: 'none' | 'complete' | { readonly error: unknown };
}

function watch<Out>(source$: Observable<Out>): Seen<Out> & { unsubscribe(): void } {
  const seen: Seen<Out> = { values: [], end: 'none' };
  const subscription = source$.subscribe({
    next: (value) => seen.values.push(value),
    error: (error) => {
      seen.end = { error };
    },
    complete: () => {
      seen.end = 'complete';
    },
  });
  return Object.assign(seen, { unsubscribe: () => subscription.unsubscribe() });
}

/**
 * The eight things every operator must get right: empty, never, many values, source error, completion with something
 * pending, early unsubscription, two subscribers, and its bound.
 * @public
 */
export function describeOperatorContract<In, Out>(
  { describe, it, expect }: ContractTestFunctions,
  name: string,
  operator: OperatorCase<In, Out>,
): void {
  const { create, values, emitted, pending, atTheBound } = operator;
  const shown = (outs: readonly Out[]) => outs.map((out) => (operator.compare ? operator.compare(out) : out));
  const feed = (source$: Subject<In>) => {
    for (const value of values) source$.next(value);
  };

  describe(`${name}, as every operator`, () => {
    it('completes with nothing for a source that is empty', () => {
      const source$ = new Subject<In>();
      const seen = watch(source$.pipe(create()));
      source$.complete();
      expect(seen.end).toBe('complete');
      expect(shown(seen.values)).toEqual([]);
    });

    it('stays silent and subscribed on a source that never emits', () => {
      new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
        ({ cold, expectObservable, expectSubscriptions }) => {
          const source$ = cold<In>('-----');
          expectObservable(source$.pipe(create())).toBe('-----');
          expectSubscriptions(source$.subscriptions).toBe('^----');
        },
      );
    });

    it('turns many values into what they should be, in order', () => {
      const source$ = new Subject<In>();
      const seen = watch(source$.pipe(create()));
      feed(source$);
      expect(shown(seen.values)).toEqual(shown(emitted));
      expect(seen.end).toBe('none');
    });

    it('passes an error of the source on and drops what is pending', () => {
      const source$ = new Subject<In>();
      const seen = watch(source$.pipe(create()));
      feed(source$);
      const error = new Error('the source failed');
      source$.error(error);
      expect(seen.end).toEqual({ error });
      expect(shown(seen.values)).toEqual(shown(emitted));
    });

    it('emits what is pending when the source completes, then completes', () => {
      const source$ = new Subject<In>();
      const seen = watch(source$.pipe(create()));
      feed(source$);
      source$.complete();
      expect(shown(seen.values)).toEqual(shown([...emitted, ...pending]));
      expect(seen.end).toBe('complete');
    });

    it('releases its source at once on early unsubscription, and emits no more', () => {
      const source$ = new Subject<In>();
      const seen = watch(source$.pipe(create()));
      source$.next(values[0] as In);
      const soFar = seen.values.length;
      seen.unsubscribe();
      expect(source$.observed).toBe(false);
      feed(source$);
      source$.complete();
      expect(seen.values.length).toBe(soFar);
      expect(seen.end).toBe('none');
    });

    it('keeps the state of two subscribers apart', () => {
      const source$ = new Subject<In>();
      const out$ = source$.pipe(create());
      const first = watch(out$);
      source$.next(values[0] as In);
      const second = watch(out$);
      first.unsubscribe();
      const third = watch(out$);
      feed(source$);
      source$.complete();
      expect(shown(second.values)).toEqual(shown([...emitted, ...pending]));
      expect(shown(third.values)).toEqual(shown([...emitted, ...pending]));
    });

    if (typeof atTheBound === 'function') {
      it('keeps to its bound', atTheBound);
    } else {
      it(`has no bound to reach: ${atTheBound.keepsNothing}`, () => {
        const source$ = new Subject<In>();
        const seen = watch(source$.pipe(create()));
        for (let round = 0; round < 20; round++) feed(source$);
        const before = seen.values.length;
        source$.complete();
        expect(seen.values.length - before).toBe(pending.length);
      });
    }
  });
}
