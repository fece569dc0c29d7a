import type { Button } from '../../core/ports/button.js';
import type { ControlReport } from '../../core/ports/control-report.js';
import { type DeviceContractSetup, patiently, watch } from './device-setup.js';
import type { ContractTestFunctions } from './test-functions.js';

/** A button under test. @public */
export interface ButtonContractSetup extends DeviceContractSetup {
  readonly button: Button;
  /** Puts it down. */
  press(): void | Promise<void>;
  /** Lets go of it. */
  release(): void | Promise<void>;
  /** Whether the button holds what it needs: a line, a terminal, a program. */
  isOpen(): boolean | Promise<boolean>;
}

/** What is said about a button under test. @public */
export interface ButtonContract {
  /** What the suite is called in the report. */
  readonly name: string;
  /** A fresh button, not down. */
  create(): ButtonContractSetup | Promise<ButtonContractSetup>;
  /** One that can never be opened, if there can be one. */
  createBroken?(): ButtonContractSetup | Promise<ButtonContractSetup>;
  /** Whether `vanish` and `comeBack` are there. @defaultValue false */
  readonly vanishes?: boolean;
  /** What it says while it is away. @defaultValue false */
  readonly whileAway?: boolean;
  /** How long anything may take. Units: ms. @defaultValue 0: at once */
  readonly withinMs?: number;
}

/** What every `Button` must do. @public */
export function describeButtonContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, createBroken, vanishes = false, whileAway = false, withinMs = 0 }: ButtonContract,
): void {
  const onFresh = async (
    make: () => ButtonContractSetup | Promise<ButtonContractSetup>,
    body: (setup: ButtonContractSetup) => Promise<void>,
  ) => {
    const setup = await make();
    try {
      await body(setup);
    } finally {
      await setup.teardown?.();
    }
  };
  /** Subscribe, and wait until it is open and says that it is not down. */
  const opened = async (setup: ButtonContractSetup) => {
    const seen = watch(setup.button.pressed$);
    await untilOpen(setup, true);
    await patiently(setup, withinMs, () => seen.values.at(-1) === false);
    return seen;
  };
  const untilOpen = async (setup: ButtonContractSetup, wanted: boolean) => {
    for (let waitedMs = 0; waitedMs <= withinMs && (await setup.isOpen()) !== wanted; waitedMs += 5)
      await setup.advance(5);
  };
  const changesOnly = (values: readonly boolean[]) =>
    values.every((value, index) => index === 0 || value !== values[index - 1]);

  describe(`${name} as a Button`, () => {
    it('takes nothing before somebody subscribes, and gives it back when the last one leaves', () =>
      onFresh(create, async (setup) => {
        expect(await setup.isOpen()).toBe(false);

        const first = await opened(setup);
        const second = watch(setup.button.pressed$);
        first.subscription.unsubscribe();
        expect(await setup.isOpen()).toBe(true);
        second.subscription.unsubscribe();
        await untilOpen(setup, false);

        expect(await setup.isOpen()).toBe(false);
      }));

    it('tells each press and each release, and nothing twice', () =>
      onFresh(create, async (setup) => {
        const seen = await opened(setup);
        const before = seen.values.length;

        for (const [index, change] of [setup.press, setup.release, setup.press, setup.release].entries()) {
          await change();
          await patiently(setup, withinMs, () => seen.values.length > before + index);
          // Longer than any contact bounces.
          await setup.advance(100);
        }

        expect(seen.values.slice(before)).toEqual([true, false, true, false]);
        expect(changesOnly(seen.values), 'the same twice in a row').toBe(true);
        seen.subscription.unsubscribe();
      }));

    it('tells whoever comes later where it stands, at once', () =>
      onFresh(create, async (setup) => {
        const seen = await opened(setup);
        await setup.press();
        await patiently(setup, withinMs, () => seen.values.at(-1) === true);

        const late = watch(setup.button.pressed$);

        expect(late.values).toEqual([true]);
        late.subscription.unsubscribe();
        seen.subscription.unsubscribe();
      }));

    it('tells nothing after it was unsubscribed, and can be opened again', () =>
      onFresh(create, async (setup) => {
        const first = await opened(setup);
        first.subscription.unsubscribe();
        await untilOpen(setup, false);
        const before = first.values.length;

        const second = await opened(setup);
        await setup.press();
        await patiently(setup, withinMs, () => second.values.at(-1) === true);

        expect(second.values.at(-1)).toBe(true);
        expect(first.values.length).toBe(before);
        second.subscription.unsubscribe();
      }));

    if (vanishes) {
      it('says what is safe while it is away, and works again when it is back', () =>
        onFresh(create, async (setup) => {
          const reports: ControlReport[] = [];
          const listening = setup.button.reports$?.subscribe((report) => reports.push(report));
          const seen = await opened(setup);
          if (!whileAway) {
            await setup.press();
            await patiently(setup, withinMs, () => seen.values.at(-1) === true);
          }

          await setup.vanish?.();
          await patiently(setup, withinMs, () => seen.values.at(-1) === whileAway);
          await patiently(setup, withinMs, () => reports.some(({ type }) => type === 'lost'));
          expect(seen.values.at(-1)).toBe(whileAway);
          expect(reports.some((report) => report.type === 'lost' && report.retryInMs > 0)).toBe(true);

          await setup.release();
          await setup.comeBack?.();
          await patiently(setup, withinMs * 2, () => reports.at(-1)?.type === 'opened');
          await patiently(setup, withinMs, () => seen.values.at(-1) === false);
          await setup.press();
          await patiently(setup, withinMs, () => seen.values.at(-1) === true);

          expect(seen.values.at(-1)).toBe(true);
          expect(seen.end()).toBe('open');
          listening?.unsubscribe();
          seen.subscription.unsubscribe();
        }));
    }

    if (createBroken !== undefined) {
      it('errors with what keeps it from ever being opened, and is not down', () =>
        onFresh(createBroken, async (setup) => {
          const seen = watch(setup.button.pressed$);
          await patiently(setup, withinMs, () => seen.end() !== 'open');

          const end = seen.end();
          expect(
            typeof end === 'object' && end.code.startsWith('DEVICE_'),
            `it ended with ${JSON.stringify(end)}`,
          ).toBe(true);
          expect(seen.values.includes(true)).toBe(false);
          await untilOpen(setup, false);
          expect(await setup.isOpen()).toBe(false);
        }));
    }
  });
}
