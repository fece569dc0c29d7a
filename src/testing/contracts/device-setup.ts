import type { Observable, Subscription } from 'rxjs';
import { isVoiceError } from '../../core/errors.js';

/** What every device suite needs around the device. @public */
export interface DeviceContractSetup {
  /** The clock that frames are stamped with. Units: milliseconds. */
  now(): number;
  /**
   * Returns, or resolves, when at least `ms` have passed on that clock and everything due by then was delivered.
   * Virtual time makes it return at once; a real device makes it wait, and may take longer.
   */
  advance(ms: number): void | Promise<void>;
  /** Unplug the device. Needed with the capability `vanishes`. */
  vanish?(): void | Promise<void>;
  /** Plug it in again. Needed with the capability `vanishes`. */
  comeBack?(): void | Promise<void>;
  /** Called after each clause, whether it held or not. */
  teardown?(): void | Promise<void>;
}

/** How long a device may take for what a clock does at once. @public */
export interface DevicePatience {
  /** From opening to the first sign of life, and to a refusal. Units: ms. @defaultValue 0: at once */
  readonly openMs?: number;
  /** From vanishing to saying so. Units: ms. @defaultValue 100 */
  readonly lossMs?: number;
}

/** Let time pass until `isDone`, at most `limitMs`; none passes when it is done already. */
export async function patiently(
  device: DeviceContractSetup,
  limitMs: number,
  isDone: () => boolean,
): Promise<void> {
  const stepMs = 5;
  for (let waitedMs = 0; waitedMs < limitMs && !isDone(); waitedMs += stepMs) await device.advance(stepMs);
}

/** Everything that came out of a stream so far. */
export interface Watched<T> {
  readonly values: T[];
  /** `open` until the stream ends. */
  readonly end: () => 'open' | 'completed' | { readonly code: string; readonly retryable: boolean };
  readonly subscription: Subscription;
}

/** Subscribe and remember, in order and without loss. */
export function watch<T>(source$: Observable<T>, onValue: (value: T) => void = () => {}): Watched<T> {
  const values: T[] = [];
  let end: ReturnType<Watched<T>['end']> = 'open';
  const subscription = source$.subscribe({
    next: (value) => {
      values.push(value);
      onValue(value);
    },
    error: (error) => {
      end = { code: codeOf(error), retryable: isVoiceError(error) && error.retryable };
    },
    complete: () => {
      end = 'completed';
    },
  });
  return { values, end: () => end, subscription };
}

/** How the opening of a device ends that is not there: it can be told from the sound system being away, or not. */
export function isAway(end: ReturnType<Watched<unknown>['end']>): boolean {
  if (typeof end === 'string') return false;
  return end.retryable && ['DEVICE_NOT_FOUND', 'DEVICE_BACKEND'].includes(end.code);
}

/** The code of an error, or what it is when it has none. */
export function codeOf(error: unknown): string {
  return isVoiceError(error) ? error.code : `no VoiceError but ${String(error)}`;
}

/** The code of what `work` throws, or `nothing`. */
export function thrownBy(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return codeOf(error);
  }
}

/** Run one clause on a fresh device and clear up after it. */
export function onFreshDevice<S extends DeviceContractSetup>(
  setup: () => S | Promise<S>,
  clause: (device: S) => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    const device = await setup();
    try {
      await clause(device);
    } finally {
      await device.teardown?.();
    }
  };
}
