import { concatMap, NEVER, type Observable, of, retry, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type CaptureFault, captureFaults, deviceAccess, deviceFaults } from './device-access.js';
import { createTimeBase } from './time-base.js';

function setup(faults: readonly CaptureFault[] = []) {
  const clock = createVirtualClock();
  clock.run(1000);
  const access = deviceAccess('the gadget', createTimeBase(clock.scheduler), faults);
  const seen: string[] = [];
  const sinceOrigin = () => clock.nowMs - 1000;
  const opening = (lost$: Observable<unknown>) =>
    lost$.pipe(concatMap(() => throwError(() => Object.assign(new Error('gone'), { code: 'LOST' }))));
  const open = (opened = opening) =>
    access.open(opened).subscribe({
      error: (error) => seen.push(`${error.code}@${sinceOrigin()}`),
      complete: () => seen.push(`complete@${sinceOrigin()}`),
    });
  const runTo = (ms: number) => clock.run(1000 + ms);
  return { access, seen, open, runTo };
}

describe('deviceAccess', () => {
  it('lets one user in at a time, and the next when the first has left', () => {
    const { seen, open } = setup();
    const first = open();
    open();
    expect(seen).toEqual(['DEVICE_BUSY@0']);
    first.unsubscribe();
    open();
    expect(seen).toEqual(['DEVICE_BUSY@0']);
  });

  it('takes a device away and gives it back as scripted', () => {
    const { seen, open, runTo } = setup([{ type: 'vanish', fromMs: 50, untilMs: 80 }]);
    open();
    runTo(49);
    expect(seen).toEqual([]);
    runTo(60);
    open();
    runTo(80);
    open();
    runTo(500);
    expect(seen).toEqual(['LOST@50', 'DEVICE_NOT_FOUND@60']);
  });

  it('takes a device away and gives it back by hand', () => {
    const { access, seen, open } = setup();
    open();
    access.vanish();
    access.vanish();
    open();
    access.comeBack();
    open();
    expect(seen).toEqual(['LOST@0', 'DEVICE_NOT_FOUND@0']);
  });

  it('refuses as scripted and leaves alone what is open', () => {
    const { seen, open, runTo } = setup([
      { type: 'refuse', code: 'DEVICE_BUSY', fromMs: 10, untilMs: 20 },
      { type: 'refuse', code: 'DEVICE_PERMISSION_DENIED', fromMs: 30 },
    ]);
    const first = open();
    runTo(15);
    first.unsubscribe();
    open();
    runTo(25);
    open().unsubscribe();
    runTo(35);
    open();
    expect(seen).toEqual(['DEVICE_BUSY@15', 'DEVICE_PERMISSION_DENIED@35']);
  });

  it('has let go of the device before it says how it ended', () => {
    const { access, open, seen } = setup();
    let tries = 0;
    access
      .open(() => throwError(() => new Error('once')))
      .subscribe({
        error: () => {
          tries += 1;
          open(() => NEVER);
        },
      });
    expect([tries, seen]).toEqual([1, []]);

    const other = setup();
    other.access.open(() => of(1)).subscribe({ complete: () => other.open(() => NEVER) });
    expect(other.seen).toEqual([]);
  });

  it('works with retry', () => {
    const { access } = setup();
    let tries = 0;
    access
      .open(() => {
        tries += 1;
        return tries < 3 ? throwError(() => new Error('not yet')) : of('open');
      })
      .pipe(retry(5))
      .subscribe();
    expect(tries).toBe(3);
  });

  it.each([
    [[{ type: 'vanish', fromMs: -1 }], 'one goes from -1'],
    [[{ type: 'vanish', fromMs: 5, untilMs: 5 }], 'one goes from 5 to 5 ms'],
    [[{ type: 'explode', fromMs: 5 }], 'one has type "explode"'],
    ['vanish', 'must be a list'],
  ])('finds what is wrong with faults %#', (faults, problem) => {
    expect(captureFaults(faults)).toContain(problem);
  });

  it('knows which faults a loudspeaker cannot have', () => {
    const faults = [{ type: 'lose-samples', fromMs: 0, untilMs: 10 }];
    expect(captureFaults(faults)).toBeUndefined();
    expect(deviceFaults(faults)).toContain('must hold faults of type vanish, refuse');
  });
});
