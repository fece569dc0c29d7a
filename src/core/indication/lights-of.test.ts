import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type Indication, indications, type Light } from '../ports/indicator.js';
import { colouredLightPatterns, type LightPattern, singleLightPatterns } from './light-patterns.js';
import { type LightOptions, lightsOf } from './lights-of.js';

const white = (level: number, holdMs: number, fadeMs = 0) => ({
  red: level,
  green: level,
  blue: level,
  fadeMs,
  holdMs,
});

function lamp(options: Partial<LightOptions> = {}) {
  const clock = createVirtualClock();
  const indications$ = new Subject<Indication>();
  const shown: (readonly [number, number])[] = [];
  const lights: Light[] = [];
  const ends: string[] = [];
  const subscription = indications$.pipe(lightsOf({ ...options, scheduler: clock.scheduler })).subscribe({
    next: (light) => {
      lights.push(light);
      shown.push([Math.round(clock.nowMs), Number(light.red.toFixed(3))]);
    },
    error: (error) => ends.push(String(error)),
    complete: () => ends.push('completed'),
  });
  return { clock, indications$, shown, lights, ends, subscription };
}

describe('a light', () => {
  it('blinks in the rhythm of its pattern, again and again', () => {
    const { clock, indications$, shown } = lamp({
      patterns: { thinking: [white(1, 300), white(0, 200)] },
    });

    indications$.next('thinking');
    clock.run(1200);

    expect(shown).toEqual([
      [0, 1],
      [300, 0],
      [500, 1],
      [800, 0],
      [1000, 1],
    ]);
  });

  it('fades from what it shows, and ends exactly at the colour it was to have', () => {
    const { clock, indications$, shown } = lamp({
      fadeStepMs: 50,
      patterns: { ready: [white(0.2, 0)], listening: [white(1, 0, 200)] },
    });
    indications$.next('ready');
    clock.run(100);

    indications$.next('listening');
    clock.run(1000);

    // At first the same colour, since another thing is meant by it.
    expect(shown).toEqual([
      [0, 0.2],
      [100, 0.2],
      [150, 0.4],
      [200, 0.6],
      [250, 0.8],
      [300, 1],
    ]);
  });

  it('begins a new pattern at once, and goes on with the one it has when it is told the same again', () => {
    const { clock, indications$, shown } = lamp({
      patterns: { thinking: [white(1, 300), white(0, 300)], listening: [white(1, 0)] },
    });

    indications$.next('thinking');
    clock.run(350);
    indications$.next('thinking');
    clock.run(400);
    indications$.next('listening');
    clock.run(5000);

    expect(shown).toEqual([
      [0, 1],
      [300, 0],
      [400, 1],
    ]);
  });

  it('dims everything by the brightness, fades included', () => {
    const { clock, indications$, shown } = lamp({
      brightness: 0.5,
      fadeStepMs: 100,
      patterns: { ready: [white(1, 0, 100)], listening: [white(0, 0, 100)] },
    });
    indications$.next('ready');
    clock.run(150);
    indications$.next('listening');
    clock.run(1000);

    expect(shown).toEqual([
      [0, 0],
      [100, 0.5],
      [150, 0.5],
      [250, 0],
    ]);
  });

  it('does not catch up on what nobody saw while the machine stood still', () => {
    let nowMs = 0;
    const due: { readonly work: () => void; readonly atMs: number }[] = [];
    const scheduler = {
      now: () => nowMs,
      schedule: (work: () => void, delayMs = 0) => {
        due.push({ work, atMs: nowMs + delayMs });
        return { unsubscribe() {}, closed: false };
      },
    } as unknown as LightOptions['scheduler'];
    const indications$ = new Subject<Indication>();
    let shown = 0;
    indications$
      .pipe(lightsOf({ scheduler, patterns: { thinking: [white(1, 300), white(0, 300)] } }))
      .subscribe(() => {
        shown += 1;
      });
    indications$.next('thinking');

    nowMs = 3_600_000;
    due.shift()?.work();

    expect(shown).toBeLessThanOrEqual(2);
    expect(due.map(({ atMs }) => atMs - nowMs)).toEqual([300]);
  });

  it('takes no timer for a light that stays', () => {
    const scheduled: number[] = [];
    const clock = createVirtualClock();
    const indications$ = new Subject<Indication>();
    const scheduler = {
      now: () => clock.nowMs,
      schedule: (...args: Parameters<typeof clock.scheduler.schedule>) => {
        scheduled.push(args[1] ?? 0);
        return clock.scheduler.schedule(...args);
      },
    } as LightOptions['scheduler'];
    indications$.pipe(lightsOf({ scheduler, patterns: { ready: [white(0.1, 500)] } })).subscribe();

    indications$.next('ready');

    expect(scheduled).toEqual([]);
  });

  it('leaves no timer behind, and completes and fails with the indications', () => {
    const first = lamp();
    first.indications$.next('thinking');
    first.subscription.unsubscribe();
    const before = first.shown.length;
    first.clock.run(10_000);
    expect([first.shown.length, first.indications$.observed]).toEqual([before, false]);

    const second = lamp();
    second.indications$.next('thinking');
    second.indications$.complete();
    second.clock.run(10_000);
    expect([second.shown.length, second.ends]).toEqual([1, ['completed']]);

    const third = lamp();
    third.indications$.error('broken');
    expect(third.ends).toEqual(['broken']);
  });

  it('refuses patterns that cannot be shown, all of them at once', () => {
    const bad = {
      ready: [],
      thinking: [white(2, 0)],
      faulty: [white(1, 0), white(0, 0)],
      sleeping: [white(1, 0)],
    } as unknown as Record<Indication, LightPattern>;
    expect(() => lightsOf({ patterns: bad, brightness: 1 })).toThrow(
      /sleeping is no indication.*faulty must last at least 100 ms.*thinking step 1: red, green and blue must be from 0 to 1.*ready must have from 1 to 100 steps/,
    );
    expect(() => lightsOf({ brightness: 3 })).toThrow(/brightness must be a number from 0 to 1, but is 3/);
  });
});

describe.each([
  ['colouredLightPatterns', colouredLightPatterns],
  ['singleLightPatterns', singleLightPatterns],
])('%s', (_, patterns) => {
  it.each(indications)(
    'shows %s so that it can be told from the others, and never flashes more than three times a second',
    (name) => {
      const course = (indication: Indication): string => {
        const { clock, indications$, lights } = lamp({ patterns });
        indications$.next(indication);
        const levels: string[] = [];
        for (let ms = 0; ms <= 4000; ms += 20) {
          clock.run(ms);
          const { red = 0, green = 0, blue = 0 } = lights.at(-1) ?? {};
          levels.push([red, green, blue].map((level) => Math.round(level * 20)).join('/'));
        }
        return levels.join(' ');
      };
      const own = course(name);
      // A loop that is ready shows as little as one that is off on a light with two states.
      const others = indications.filter(
        (other) =>
          other !== name &&
          !(
            patterns === singleLightPatterns &&
            ['off', 'ready'].includes(name) &&
            ['off', 'ready'].includes(other)
          ),
      );
      for (const other of others) expect(course(other), other).not.toBe(own);

      const { clock, indications$, lights } = lamp({ patterns });
      indications$.next(name);
      const flashes: number[] = [];
      let wasBright = true;
      for (let ms = 0; ms < 10_000; ms += 10) {
        clock.run(ms);
        const { red = 0, green = 0, blue = 0 } = lights.at(-1) ?? {};
        const isBright = Math.max(red, green, blue) >= 0.5;
        if (isBright && !wasBright) flashes.push(ms);
        wasBright = isBright;
      }
      for (const [index, ms] of flashes.entries()) {
        expect(flashes.filter((other, i) => i >= index && other < ms + 1000).length).toBeLessThanOrEqual(3);
      }
    },
  );
});
