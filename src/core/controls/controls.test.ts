import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { debounceLevel } from './debounce-level.js';
import { toggledBy } from './toggled-by.js';

function bouncing(holdMs = 20) {
  const clock = createVirtualClock();
  const contact$ = new Subject<boolean>();
  const told: (readonly [number, boolean | string])[] = [];
  const subscription = contact$.pipe(debounceLevel(holdMs, clock.scheduler)).subscribe({
    next: (level) => told.push([clock.nowMs, level]),
    error: (error) => told.push([clock.nowMs, String(error)]),
    complete: () => told.push([clock.nowMs, 'completed']),
  });
  const at = (ms: number, level: boolean) => {
    clock.run(ms);
    contact$.next(level);
  };
  return { clock, contact$, told, subscription, at };
}

describe('debounceLevel', () => {
  it('tells a press at once and nothing of its bouncing', () => {
    const { clock, told, at } = bouncing();

    at(100, true);
    for (let ms = 101; ms < 110; ms++) at(ms, ms % 2 === 0);
    at(110, true);
    at(400, false);
    at(401, true);
    at(403, false);
    clock.run(1000);

    expect(told).toEqual([
      [100, true],
      [400, false],
    ]);
  });

  it('tells of a press that was shorter than the bouncing when that is over', () => {
    const { clock, told, at } = bouncing();

    at(100, true);
    at(105, false);
    clock.run(1000);

    expect(told).toEqual([
      [100, true],
      [120, false],
    ]);
  });

  it('goes on for as long as the contact flutters, with no more changes than one for each hold', () => {
    const { told, at } = bouncing(50);

    for (let ms = 0; ms < 1000; ms++) at(ms, ms % 2 === 0);

    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThanOrEqual(20);
    for (const [index, [ms]] of told.entries()) {
      expect(ms - (told[index - 1]?.[0] ?? -50)).toBeGreaterThanOrEqual(50);
    }
  });

  it('tells what was held back before it completes, and passes errors on', () => {
    const first = bouncing();
    first.at(0, true);
    first.at(5, false);
    first.contact$.complete();
    expect(first.told).toEqual([
      [0, true],
      [5, false],
      [5, 'completed'],
    ]);

    const second = bouncing();
    second.at(0, true);
    second.at(5, false);
    second.contact$.error('gone');
    second.clock.run(1000);
    expect(second.told).toEqual([
      [0, true],
      [5, 'gone'],
    ]);
  });

  it('leaves no timer behind when it is unsubscribed', () => {
    const { clock, contact$, told, subscription, at } = bouncing();
    at(0, true);
    at(5, false);

    subscription.unsubscribe();
    clock.run(1000);

    expect(contact$.observed).toBe(false);
    expect(told).toEqual([[0, true]]);
  });
});

describe('toggledBy', () => {
  it('turns over at each press, from where it begins, and not at a release', () => {
    const pressed$ = new Subject<boolean>();
    const seen: boolean[] = [];
    toggledBy(pressed$, true).subscribe((on) => seen.push(on));

    for (const pressed of [false, true, true, false, true, false]) pressed$.next(pressed);

    expect(seen).toEqual([true, false, true]);
  });

  it('begins anew for each subscriber and ends with the button', () => {
    const pressed$ = new Subject<boolean>();
    const on$ = toggledBy(pressed$);
    const ends: string[] = [];
    const first: boolean[] = [];
    on$.subscribe({ next: (on) => first.push(on), complete: () => ends.push('completed') });
    pressed$.next(true);
    pressed$.next(false);
    const second: boolean[] = [];
    on$.subscribe((on) => second.push(on));
    pressed$.complete();

    expect([first, second, ends]).toEqual([[false, true], [false], ['completed']]);
  });
});
