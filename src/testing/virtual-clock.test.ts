import { asapScheduler, debounceTime, delay, interval, map, observeOn, of, Subject, take, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from './virtual-clock.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createVirtualClock', () => {
  it('runs actions by due time, then in the order they were scheduled', () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    for (const [name, delayMs] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
      ['now', 0],
    ] as const) {
      clock.scheduler.schedule(() => ran.push(`${name}@${clock.nowMs}`), delayMs);
    }

    clock.advanceBy(20);

    expect(ran).toEqual(['now@0', 'a@10', 'b@10', 'c@20', 'd@20']);
  });

  it('runs nothing before it is due and ends exactly where it was told to', () => {
    const clock = createVirtualClock();
    let ran = 0;
    clock.scheduler.schedule(() => {
      ran += 1;
    }, 10);

    clock.advanceBy(9.999);
    expect([ran, clock.nowMs]).toEqual([0, 9.999]);

    clock.run(25);
    expect([ran, clock.nowMs, clock.scheduler.now()]).toEqual([1, 25, 25]);
  });

  it('keeps order among thousands of actions that are scheduled and cancelled at random', () => {
    const clock = createVirtualClock();
    const due: number[] = [];
    const expected: number[] = [];
    let random = 1;
    for (let i = 0; i < 5000; i += 1) {
      random = (random * 48271) % 2147483647;
      const delayMs = random % 977;
      const action = clock.scheduler.schedule(() => due.push(delayMs * 10_000 + i), delayMs);
      if (random % 3 === 0) action.unsubscribe();
      else expected.push(delayMs * 10_000 + i);
    }

    clock.run(1000);

    expect(due).toEqual(expected.sort((a, b) => a - b));
  });

  it('carries the timing operators of rxjs', () => {
    const clock = createVirtualClock();
    const { scheduler } = clock;
    const seen: string[] = [];
    const note = (name: string) => (value: unknown) => seen.push(`${name}${value}@${clock.nowMs}`);
    const typed$ = new Subject<string>();
    timer(5, 10, scheduler).pipe(take(3)).subscribe(note('timer'));
    interval(7, scheduler).pipe(take(2)).subscribe(note('interval'));
    of('x').pipe(delay(12, scheduler)).subscribe(note('delay'));
    of(1, 2).pipe(observeOn(scheduler)).subscribe(note('observeOn'));
    typed$.pipe(debounceTime(6, scheduler)).subscribe(note('debounce'));
    typed$.next('a');
    timer(3, scheduler)
      .pipe(map(() => 'b'))
      .subscribe(typed$);

    clock.run(100);

    expect(seen).toEqual([
      'observeOn1@0',
      'observeOn2@0',
      'debounceb@3',
      'timer0@5',
      'interval0@7',
      'delayx@12',
      'interval1@14',
      'timer1@15',
      'timer2@25',
    ]);
  });

  it('forgets an action that was unsubscribed, also by itself', () => {
    const clock = createVirtualClock();
    let ran = 0;
    const action = clock.scheduler.schedule(function again() {
      ran += 1;
      this.schedule(undefined, 10);
      if (ran === 3) action.unsubscribe();
    }, 10);

    clock.run(1000);

    expect(ran).toBe(3);
  });

  it('lets out what an action throws and goes on afterwards', () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    clock.scheduler.schedule(() => {
      throw new Error('broken');
    }, 10);
    clock.scheduler.schedule(() => ran.push(clock.nowMs), 10);

    expect(() => clock.run(50)).toThrow('broken');
    clock.run(50);

    expect(ran).toEqual([10]);
  });

  it('refuses to go back, to be moved from inside an action, and to loop at one instant for ever', () => {
    const clock = createVirtualClock();
    clock.run(10);
    expect(() => clock.run(9)).toThrow('cannot go to 9 ms, it is 10 ms');
    expect(() => clock.advanceBy(Number.NaN)).toThrow('finite');

    clock.scheduler.schedule(() => clock.advanceBy(1));
    expect(() => clock.advanceBy(1)).toThrow('from inside a scheduled action');

    clock.scheduler.schedule(function again() {
      this.schedule(undefined, 0);
    });
    expect(() => clock.advanceBy(1)).toThrow('schedules itself again without a delay');
  });

  it('lets promises settle at the virtual instant that started them', async () => {
    const clock = createVirtualClock();
    const seen: string[] = [];
    interval(10, clock.scheduler)
      .pipe(take(3))
      .subscribe(async (n) => {
        await nextTurn();
        seen.push(`model${n}@${clock.nowMs}`);
        clock.scheduler.schedule(() => seen.push(`next${n}@${clock.nowMs}`));
      });
    interval(5, clock.scheduler)
      .pipe(take(6))
      .subscribe(() => seen.push(`tick@${clock.nowMs}`));

    const settle = async (): Promise<void> => {
      await nextTurn();
      await nextTurn();
    };
    const reached = await clock.runAsync({ untilMs: 40, settle });

    expect(reached).toBe(false);
    expect(clock.nowMs).toBe(40);
    expect(seen.filter((line) => !line.startsWith('tick'))).toEqual([
      'model0@10',
      'next0@10',
      'model1@20',
      'next1@20',
      'model2@30',
      'next2@30',
    ]);
    expect(seen.indexOf('next0@10')).toBeLessThan(seen.indexOf('tick@15'));
  });

  it('stops as soon as the condition holds', async () => {
    const clock = createVirtualClock();
    let ticks = 0;
    interval(10, clock.scheduler).subscribe(() => {
      ticks += 1;
    });

    const reached = await clock.runAsync({
      untilMs: 10_000,
      until: () => ticks === 4,
      settle: () => Promise.resolve(),
    });

    expect([reached, clock.nowMs]).toEqual([true, 40]);
  });

  it('gives up an instant that never ends also when it runs asynchronously', async () => {
    const clock = createVirtualClock();
    clock.scheduler.schedule(function again() {
      this.schedule(undefined, 0);
    });

    await expect(clock.runAsync({ untilMs: 10, settle: () => Promise.resolve() })).rejects.toThrow(
      'schedules itself again',
    );
  });

  it('leaves other schedulers alone', async () => {
    const clock = createVirtualClock();
    let ran = false;
    asapScheduler.schedule(() => {
      ran = true;
    });
    clock.run(1000);
    expect(ran).toBe(false);
    await nextTurn();
    expect(ran).toBe(true);
  });
});
