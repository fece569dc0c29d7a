import { EMPTY, NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { dropStale } from './drop-stale.js';

interface Piece {
  readonly of: string | undefined;
  readonly n: number;
}
const piece = (of: string | undefined, n: number): Piece => ({ of, n });

describeOperatorContract<Piece, Piece>({ describe, it, expect }, 'dropStale', {
  create: () => dropStale(({ of }) => of, NEVER),
  values: [piece('a', 1), piece('b', 2), piece(undefined, 3)],
  emitted: [piece('a', 1), piece('b', 2), piece(undefined, 3)],
  pending: [],
  atTheBound: () => {
    const stale$ = new Subject<string>();
    const source$ = new Subject<Piece>();
    const out: Piece[] = [];
    source$.pipe(dropStale(({ of }) => of, stale$, 2)).subscribe((value) => out.push(value));
    for (const id of ['a', 'b', 'c']) stale$.next(id);
    for (const id of ['a', 'b', 'c']) source$.next(piece(id, 1));
    expect(out.map(({ of }) => of)).toEqual(['a']);
  },
});

describe('dropStale', () => {
  it('lets nothing of a stale id through, and everything else', () => {
    const stale$ = new Subject<string>();
    const source$ = new Subject<Piece>();
    const out: Piece[] = [];
    source$.pipe(dropStale(({ of }) => of, stale$)).subscribe((value) => out.push(value));
    source$.next(piece('a', 1));
    stale$.next('a');
    source$.next(piece('a', 2));
    source$.next(piece('b', 3));
    source$.next(piece(undefined, 4));
    expect(out.map(({ n }) => n)).toEqual([1, 3, 4]);
  });

  it('completes with its source though ids may still come, and goes on when no more ids do', () => {
    const source$ = new Subject<Piece>();
    let completed = false;
    source$.pipe(dropStale(({ of }) => of, EMPTY)).subscribe({ complete: () => (completed = true) });
    source$.next(piece('a', 1));
    expect(completed).toBe(false);
    source$.complete();
    expect(completed).toBe(true);
  });

  it('passes an error of the ids on and releases both', () => {
    const stale$ = new Subject<string>();
    const source$ = new Subject<Piece>();
    const errors: unknown[] = [];
    source$.pipe(dropStale(({ of }) => of, stale$)).subscribe({ error: (error) => errors.push(error) });
    stale$.error('gone');
    expect(errors).toEqual(['gone']);
    expect(source$.observed).toBe(false);
  });
});
