import { Subject } from 'rxjs';
import type { ControlReport } from '../../core/ports/control-report.js';
import type { Indicator, Light } from '../../core/ports/indicator.js';
import { type DeviceContractSetup, patiently, watch } from './device-setup.js';
import type { ContractTestFunctions } from './test-functions.js';

/** An indicator under test. @public */
export interface IndicatorContractSetup extends DeviceContractSetup {
  readonly indicator: Indicator;
  /** Whether anything is lit, to whoever looks. */
  isLit(): boolean | Promise<boolean>;
  /** How often what is shown was changed so far. */
  changes(): number | Promise<number>;
}

/** What is said about an indicator under test. @public */
export interface IndicatorContract {
  /** What the suite is called in the report. */
  readonly name: string;
  /** A fresh one, dark. */
  create(): IndicatorContractSetup | Promise<IndicatorContractSetup>;
  /** One that can never be lit, if there can be one. */
  createBroken?(): IndicatorContractSetup | Promise<IndicatorContractSetup>;
  /** Whether `vanish` and `comeBack` are there. @defaultValue false */
  readonly vanishes?: boolean;
  /** How long anything may take. Units: ms. @defaultValue 0: at once */
  readonly withinMs?: number;
}

const bright: Light = { indication: 'listening', red: 1, green: 1, blue: 1 };
const dark: Light = { indication: 'ready', red: 0, green: 0, blue: 0 };
const burst = 500;

/** What every `Indicator` must do. @public */
export function describeIndicatorContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, createBroken, vanishes = false, withinMs = 0 }: IndicatorContract,
): void {
  const onFresh = async (
    make: () => IndicatorContractSetup | Promise<IndicatorContractSetup>,
    body: (setup: IndicatorContractSetup, lights$: Subject<Light>) => Promise<void>,
  ) => {
    const setup = await make();
    try {
      await body(setup, new Subject<Light>());
    } finally {
      await setup.teardown?.();
    }
  };
  const untilLit = async (setup: IndicatorContractSetup, wanted: boolean) => {
    for (let waitedMs = 0; waitedMs <= withinMs && (await setup.isLit()) !== wanted; waitedMs += 5)
      await setup.advance(5);
    return setup.isLit();
  };

  describe(`${name} as an Indicator`, () => {
    it('is dark until it is told to shine, and shows what comes', () =>
      onFresh(create, async (setup, lights$) => {
        expect(await setup.isLit()).toBe(false);
        const shown = watch(setup.indicator.show(lights$));

        lights$.next(bright);
        expect(await untilLit(setup, true)).toBe(true);
        lights$.next(dark);
        expect(await untilLit(setup, false)).toBe(false);
        lights$.next(bright);
        expect(await untilLit(setup, true)).toBe(true);

        shown.subscription.unsubscribe();
        await untilLit(setup, false);
      }));

    it('is dark again when it is unsubscribed, and lets go of the lights', () =>
      onFresh(create, async (setup, lights$) => {
        const shown = watch(setup.indicator.show(lights$));
        lights$.next(bright);
        await untilLit(setup, true);

        shown.subscription.unsubscribe();

        expect(await untilLit(setup, false)).toBe(false);
        expect(lights$.observed).toBe(false);
      }));

    it('is dark again when the lights complete, and completes', () =>
      onFresh(create, async (setup, lights$) => {
        const shown = watch(setup.indicator.show(lights$));
        lights$.next(bright);
        await untilLit(setup, true);

        lights$.complete();
        await patiently(setup, withinMs, () => shown.end() !== 'open');

        expect(shown.end()).toBe('completed');
        expect(await untilLit(setup, false)).toBe(false);
      }));

    it('is dark again when the lights fail, and says so', () =>
      onFresh(create, async (setup, lights$) => {
        const shown = watch(setup.indicator.show(lights$));
        lights$.next(bright);
        await untilLit(setup, true);

        lights$.error(new Error('broken'));
        await patiently(setup, withinMs, () => shown.end() !== 'open');

        expect(typeof shown.end()).toBe('object');
        expect(await untilLit(setup, false)).toBe(false);
      }));

    it('leaves out what comes too fast, but never the last', () =>
      onFresh(create, async (setup, lights$) => {
        const shown = watch(setup.indicator.show(lights$));
        lights$.next(bright);
        await untilLit(setup, true);
        const before = await setup.changes();

        for (let n = 0; n < burst; n++) lights$.next(n % 2 === 0 ? dark : bright);
        lights$.next(dark);

        expect(await untilLit(setup, false)).toBe(false);
        // What was still to be done would light it again.
        await setup.advance(Math.min(withinMs, 500));
        expect(await setup.isLit()).toBe(false);
        expect((await setup.changes()) - before).toBeLessThanOrEqual(burst / 10);
        shown.subscription.unsubscribe();
      }));

    it('can be lit again after it was unsubscribed', () =>
      onFresh(create, async (setup) => {
        for (let turn = 0; turn < 2; turn++) {
          const lights$ = new Subject<Light>();
          const shown = watch(setup.indicator.show(lights$));
          lights$.next(bright);
          expect(await untilLit(setup, true)).toBe(true);
          shown.subscription.unsubscribe();
          expect(await untilLit(setup, false)).toBe(false);
        }
      }));

    if (vanishes) {
      it('tells that it is lost, goes on, and shows the latest when it is back', () =>
        onFresh(create, async (setup, lights$) => {
          const reports: ControlReport[] = [];
          const shown = watch(setup.indicator.show(lights$), (report) => reports.push(report));
          lights$.next(bright);
          await untilLit(setup, true);
          await patiently(setup, withinMs, () => reports.some(({ type }) => type === 'opened'));

          await setup.vanish?.();
          lights$.next(dark);
          await patiently(setup, withinMs, () => reports.some(({ type }) => type === 'lost'));
          expect(reports.some((report) => report.type === 'lost' && report.retryInMs > 0)).toBe(true);

          lights$.next(bright);
          await setup.comeBack?.();
          expect(await untilLit(setup, true)).toBe(true);
          expect(shown.end()).toBe('open');
          shown.subscription.unsubscribe();
          expect(await untilLit(setup, false)).toBe(false);
        }));
    }

    if (createBroken !== undefined) {
      it('errors with what keeps it from ever being lit', () =>
        onFresh(createBroken, async (setup, lights$) => {
          const shown = watch(setup.indicator.show(lights$));
          lights$.next(bright);
          await patiently(setup, withinMs, () => shown.end() !== 'open');

          const end = shown.end();
          expect(
            typeof end === 'object' && end.code.startsWith('DEVICE_'),
            `it ended with ${JSON.stringify(end)}`,
          ).toBe(true);
          expect(lights$.observed).toBe(false);
        }));
    }
  });
}
