import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeGpio, type FakeGpio } from '../../../test/support/fake-gpio.js';
import { isVoiceError } from '../../core/errors.js';
import { describeButtonContract } from '../../testing/contracts/button.contract.js';
import { monotonicScheduler } from '../clock/monotonic-scheduler.js';
import { type GpioButtonOptions, gpioButton } from './gpio-button.js';

const scheduler = monotonicScheduler();
const patienceMs = 10_000;

async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone(); waitedMs += 5) {
    if (waitedMs > patienceMs) throw new Error(`not within ${patienceMs} ms`);
    await sleep(5);
  }
}

const setupOf = (gpio: FakeGpio, options: Partial<GpioButtonOptions> = {}) => ({
  button: gpioButton({ line: 'GPIO17', maxReopenDelayMs: 250, ...options, env: gpio.env, scheduler }),
  press: () => {
    gpio.level(1);
    gpio.edge('rising');
  },
  release: () => {
    gpio.level(0);
    if (gpio.isHeld()) gpio.edge('falling');
  },
  isOpen: gpio.isHeld,
  vanish: gpio.vanish,
  comeBack: gpio.comeBack,
  now: scheduler.now,
  advance: (ms: number) => sleep(ms),
  teardown: gpio.dispose,
});

for (const version of [1, 2] as const) {
  describeButtonContract(
    { describe, it, expect },
    {
      name: `gpioButton with libgpiod ${version}`,
      create: () => setupOf(createFakeGpio(version)),
      createBroken: () => {
        const gpio = createFakeGpio(version);
        gpio.fail('gpiomon: error: Permission denied');
        return setupOf(gpio);
      },
      vanishes: true,
      withinMs: patienceMs,
    },
  );
}
describeButtonContract(
  { describe, it, expect },
  {
    name: 'gpioButton as a switch',
    create: () => setupOf(createFakeGpio(2), { kind: 'switch' }),
    vanishes: true,
    whileAway: true,
    withinMs: patienceMs,
  },
);

describe('gpioButton', () => {
  let gpio: FakeGpio;
  afterEach(() => gpio.dispose());
  const button = (options: Partial<GpioButtonOptions> = {}) =>
    gpioButton({ line: 'GPIO17', ...options, env: gpio.env, scheduler });
  const errorOf = async (options: Partial<GpioButtonOptions> = {}) => {
    const error = await new Promise((resolve) => {
      button(options).pressed$.subscribe({ error: resolve });
    });
    return isVoiceError(error) ? error : undefined;
  };

  it('asks version 1 for the chip of a line, and tells it how the button is wired', async () => {
    gpio = createFakeGpio(1);
    const subscription = button().pressed$.subscribe();
    await until(gpio.isHeld);

    expect(gpio.watchArgs()).toEqual([
      '--line-buffered',
      '--bias=pull-up',
      '--active-low',
      'gpiochip0',
      '17',
    ]);
    subscription.unsubscribe();
  });

  it('lets version 2 find the line, or names chip and number', async () => {
    gpio = createFakeGpio(2);
    const first = button({ activeLow: false, bias: 'pull-down' }).pressed$.subscribe();
    await until(gpio.isHeld);
    expect(gpio.watchArgs()).toEqual(['--banner', '--consumer', 'earshot', '--bias=pull-down', 'GPIO17']);
    first.unsubscribe();
    await until(() => !gpio.isHeld());

    const second = button({ line: '/dev/gpiochip0:17' }).pressed$.subscribe();
    await until(gpio.isHeld);
    expect(gpio.watchArgs().slice(-3)).toEqual(['--chip', 'gpiochip0', '17']);
    second.unsubscribe();
  });

  it('tells one press of a contact that bounces', async () => {
    gpio = createFakeGpio(2);
    const seen: boolean[] = [];
    const subscription = button({ debounceMs: 200 }).pressed$.subscribe((down) => seen.push(down));
    await until(gpio.isHeld);

    gpio.print('1.0\trising\tx\n1.1\tfalling\tx\n1.2\trising\tx\n1.3\tfalling\tx\n1.4\trising\tx\n');
    await until(() => seen.length > 1);
    await sleep(400);

    expect(seen).toEqual([false, true]);
    subscription.unsubscribe();
  });

  it('leaves no program behind that holds its line, however its own program ends', async () => {
    gpio = createFakeGpio(2);
    const here = new URL('./gpio-button.ts', import.meta.url).href;
    const clock = new URL('../clock/monotonic-scheduler.ts', import.meta.url).href;
    const code = `import { gpioButton } from ${JSON.stringify(here)};
      import { monotonicScheduler } from ${JSON.stringify(clock)};
      gpioButton({ line: 'GPIO17', scheduler: monotonicScheduler() }).pressed$.subscribe();`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      env: { ...process.env, ...gpio.env },
      stdio: 'ignore',
    });
    await until(gpio.isHeld);

    child.kill('SIGKILL');

    await until(() => !gpio.isHeld());
  });

  it('reads a switch when it is opened, and counts it as down until then', async () => {
    gpio = createFakeGpio(1);
    gpio.level(1);
    const down: boolean[] = [];
    const first = button({ kind: 'switch' }).pressed$.subscribe((value) => down.push(value));
    await until(gpio.isHeld);
    expect(down).toEqual([true]);
    first.unsubscribe();
    await until(() => !gpio.isHeld());

    gpio.level(0);
    const up: boolean[] = [];
    const second = button({ kind: 'switch' }).pressed$.subscribe((value) => up.push(value));
    await until(() => up.length === 2);
    expect(up).toEqual([true, false]);
    second.unsubscribe();
  });

  it('never begins pressed, even where a push-button is held', async () => {
    gpio = createFakeGpio(1);
    gpio.level(1);
    const seen: boolean[] = [];
    const subscription = button().pressed$.subscribe((down) => seen.push(down));
    await until(gpio.isHeld);
    gpio.edge('falling');
    await sleep(100);

    expect(seen).toEqual([false]);
    subscription.unsubscribe();
  });

  it('takes a wire that picks up the mains for lost, and counts it as released', async () => {
    gpio = createFakeGpio(2);
    const seen: boolean[] = [];
    const reports: string[] = [];
    const given = button();
    given.reports$.subscribe((report) => {
      reports.push(report.type === 'lost' ? `${report.error.message} ${report.retryInMs}` : report.type);
    });
    const subscription = given.pressed$.subscribe((down) => seen.push(down));
    await until(gpio.isHeld);

    gpio.print('1\trising\tx\n1\tfalling\tx\n'.repeat(600));
    await until(() => reports.length > 1);

    expect(reports[1]).toMatch(
      /GPIO17 changed more than 1000 times in a second; see that it is wired.* 250$/,
    );
    expect(seen.at(-1)).toBe(false);
    subscription.unsubscribe();
  });

  it('waits for a line that is busy, with a growing delay, since the last run may still hold it', async () => {
    gpio = createFakeGpio(2);
    gpio.fail("gpiomon: unable to request lines on chip '/dev/gpiochip0': Device or resource busy");
    const reports: string[] = [];
    const given = button();
    given.reports$.subscribe((report) => {
      reports.push(report.type === 'lost' ? `${report.error.code} ${report.retryInMs}` : report.type);
    });
    const subscription = given.pressed$.subscribe();
    await until(() => reports.length === 2);
    gpio.comeBack();
    await until(() => reports.length === 3);

    expect(reports).toEqual(['DEVICE_BUSY 250', 'DEVICE_BUSY 500', 'opened']);
    subscription.unsubscribe();
  });

  it('says what to do about a line that is not there, an account that may not, and programs that are missing', async () => {
    gpio = createFakeGpio(1);
    const nowhere = await errorOf({ line: 'NOWHERE' });
    expect([nowhere?.code, nowhere?.message]).toEqual([
      'DEVICE_NOT_FOUND',
      expect.stringMatching(
        /no chip that this account may open has a line "NOWHERE"; take a name from gpioinfo/,
      ),
    ]);
    gpio.dispose();

    gpio = createFakeGpio(2);
    gpio.fail("gpiomon: unable to open chip '/dev/gpiochip0': Permission denied");
    const denied = await errorOf();
    expect([denied?.code, denied?.message]).toEqual([
      'DEVICE_PERMISSION_DENIED',
      expect.stringMatching(/the button on GPIO17 is not allowed .*Permission denied.*group "gpio"/),
    ]);
    gpio.fail("gpiomon: cannot find line 'GPIO17'");
    expect((await errorOf())?.code).toBe('DEVICE_NOT_FOUND');

    const without = gpioButton({ line: 'GPIO17', env: { PATH: '/nowhere' }, scheduler });
    const missing = await firstValueFrom(without.pressed$.pipe()).then(
      () => new Promise((resolve) => without.pressed$.subscribe({ error: resolve })),
    );
    expect(String(missing)).toMatch(/\[DEVICE_BACKEND\].*not installed.*apt install gpiod/);
  });

  it('refuses what is no line, and options out of range, before anything is started', () => {
    gpio = createFakeGpio(2);
    for (const line of ['', '--help', 'GPIO17=1', 'gpiochip0', '/dev/gpiochip0', 'a\nb', 17]) {
      expect(() => button({ line: line as string })).toThrow(/line must be a name as gpioinfo shows it/);
    }
    expect(() => button({ debounceMs: 0 })).toThrow(
      /debounceMs must be a whole number from 1 to 500 ms, but is 0/,
    );
    expect(() => gpioButton({ line: 'GPIO17' } as never)).toThrow(
      /scheduler is missing; give monotonicScheduler/,
    );
  });
});
