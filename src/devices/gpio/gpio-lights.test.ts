import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeGpio, type FakeGpio } from '../../../test/support/fake-gpio.js';
import type { Light } from '../../core/ports/indicator.js';
import { describeIndicatorContract } from '../../testing/contracts/indicator.contract.js';
import { monotonicScheduler } from '../clock/monotonic-scheduler.js';
import { type GpioLightsOptions, gpioLights } from './gpio-lights.js';

const scheduler = monotonicScheduler();
const patienceMs = 10_000;
const bright: Light = { indication: 'listening', red: 1, green: 1, blue: 1 };

async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone(); waitedMs += 5) {
    if (waitedMs > patienceMs) throw new Error(`not within ${patienceMs} ms`);
    await sleep(5);
  }
}

const setupOf = (gpio: FakeGpio) => ({
  indicator: gpioLights({
    lines: { white: 'GPIO17' },
    minChangeMs: 20,
    maxReopenDelayMs: 250,
    env: gpio.env,
    scheduler,
  }),
  isLit: () => gpio.isHeld() && (gpio.sets().at(-1)?.endsWith('=1') ?? false),
  changes: () => gpio.sets().length,
  vanish: gpio.vanish,
  comeBack: gpio.comeBack,
  now: scheduler.now,
  advance: (ms: number) => sleep(ms),
  teardown: async () => {
    // What puts the light out may still be running.
    const isOut = () => /--mode=exit|--toggle/.test(gpio.sets().at(-1) ?? '--toggle');
    await until(isOut);
    await gpio.idle();
    gpio.dispose();
  },
});

for (const version of [1, 2] as const) {
  describeIndicatorContract(
    { describe, it, expect },
    {
      name: `gpioLights with libgpiod ${version}`,
      create: () => setupOf(createFakeGpio(version)),
      createBroken: () => {
        const gpio = createFakeGpio(version);
        gpio.fail('gpioset: error: Permission denied');
        return setupOf(gpio);
      },
      vanishes: true,
      withinMs: patienceMs,
    },
  );
}

describe('gpioLights', () => {
  let gpio: FakeGpio;
  afterEach(async () => {
    await gpio.idle();
    gpio.dispose();
  });
  const show = (lights$: Subject<Light>, options: Partial<GpioLightsOptions>) =>
    gpioLights({ minChangeMs: 20, ...options, env: gpio.env, scheduler })
      .show(lights$)
      .subscribe();

  it('holds all its lines with one program of version 1, and sets them dark at the end', async () => {
    gpio = createFakeGpio(1);
    const lights$ = new Subject<Light>();
    const subscription = show(lights$, {
      lines: { red: 'gpiochip0:5', green: 'gpiochip0:6', blue: 'gpiochip0:7' },
    });
    lights$.next({ indication: 'unreachable', red: 1, green: 0.5, blue: 0.2 });
    await until(() => gpio.sets().at(-1) === '--mode=signal gpiochip0 5=1 6=1 7=0');

    subscription.unsubscribe();
    await until(() => gpio.sets().at(-1) === '--mode=exit gpiochip0 5=0 6=0 7=0');
    expect(gpio.isHeld()).toBe(false);
  });

  it('names lines to version 2, which sets and leaves with a toggle of nothing', async () => {
    gpio = createFakeGpio(2);
    const lights$ = new Subject<Light>();
    const subscription = show(lights$, { lines: { white: 'GPIO27' }, activeLow: true });
    lights$.next(bright);
    await until(() => gpio.sets().at(-1) === '--consumer earshot --active-low GPIO27=1');

    subscription.unsubscribe();
    await until(() => gpio.sets().at(-1) === '--toggle 0 --consumer earshot --active-low GPIO27=0');
  });

  it('starts no program for a change that no line can show', async () => {
    gpio = createFakeGpio(2);
    const lights$ = new Subject<Light>();
    const subscription = show(lights$, { lines: { white: 'GPIO27' } });
    lights$.next(bright);
    await until(() => gpio.sets().at(-1)?.endsWith('=1') ?? false);
    const before = gpio.sets().length;

    for (let level = 0.5; level <= 1; level += 0.02)
      lights$.next({ ...bright, red: level, green: 0, blue: 0 });
    await sleep(100);

    expect(gpio.sets().length).toBe(before);
    subscription.unsubscribe();
  });

  it('refuses lines of several chips', async () => {
    gpio = createFakeGpio(1);
    expect(() => show(new Subject(), { lines: { red: 'gpiochip0:5', green: 'gpiochip1:5' } })).toThrow(
      /lines must be all names, or all on one chip/,
    );
    expect(() => show(new Subject(), {})).toThrow(/lines must have at least one of white, red, green, blue/);
    expect(() => show(new Subject(), { lines: { pink: 'GPIO1' } as never })).toThrow(
      /lines.pink is none of white/,
    );
    expect(() => show(new Subject(), { lines: { red: '-x' } })).toThrow(
      /lines.red must be a name as gpioinfo shows/,
    );
  });
});
