import { merge, Observable, Subject, take } from 'rxjs';
import { DeviceError } from '../errors.js';
import type { Check } from '../options.js';
import { releaseBeforeEnd } from './release-before-end.js';
import type { TimeBase } from './time-base.js';

/**
 * Something that goes wrong with a device at a known time.
 *
 * @remarks
 * Units: milliseconds since the origin of the time base; a missing end means never.
 * @public
 */
export type DeviceFault =
  /** Unplugged: what is open errors with `DEVICE_LOST`, opening errors with `DEVICE_NOT_FOUND` until it is back. */
  | { readonly type: 'vanish'; readonly fromMs: number; readonly untilMs?: number }
  /** Opening fails with this code; what is open goes on. */
  | {
      readonly type: 'refuse';
      readonly code: 'DEVICE_BUSY' | 'DEVICE_PERMISSION_DENIED' | 'DEVICE_BACKEND';
      readonly fromMs: number;
      readonly untilMs?: number;
    };

/** Something that goes wrong with a microphone at a known time. @public */
export type CaptureFault =
  | DeviceFault
  /** What is captured in this time is lost: no frames, and the next `timestampMs` has jumped. Whole periods. */
  | { readonly type: 'lose-samples'; readonly fromMs: number; readonly untilMs: number };

/** A plug that can be pulled. @public */
export interface Plug {
  /** Unplug the device now. Without effect while it is unplugged. */
  vanish(): void;
  /** Plug it in again, now. */
  comeBack(): void;
}

/** Who may open a device, and until when. */
export interface DeviceAccess extends Plug {
  /**
   * Open the device for one user at a time.
   *
   * @param opening - opens it; `lost$` emits when the device vanishes.
   */
  open<T>(opening: (lost$: Observable<unknown>) => Observable<T>): Observable<T>;
}

const faultList =
  (...types: readonly CaptureFault['type'][]): Check =>
  (value) => {
    if (!Array.isArray(value)) return 'must be a list of faults';
    for (const { type, fromMs = Number.NaN, untilMs = Infinity } of value as Partial<CaptureFault>[]) {
      if (!types.includes(type as CaptureFault['type'])) {
        return `must hold faults of type ${types.join(', ')}; one has type ${JSON.stringify(type)}`;
      }
      if (!(fromMs >= 0 && untilMs > fromMs)) {
        return `must hold faults with 0 <= fromMs < untilMs; one goes from ${fromMs} to ${untilMs} ms`;
      }
    }
    return undefined;
  };

/** A list of faults that any device can have. */
export const deviceFaults = faultList('vanish', 'refuse');

/** A list of faults that a microphone can have. */
export const captureFaults = faultList('vanish', 'refuse', 'lose-samples');

/** Whether a fault is on at an instant. */
export function isOn(fault: CaptureFault, sinceOriginMs: number): boolean {
  return fault.fromMs <= sinceOriginMs && sinceOriginMs < (fault.untilMs ?? Infinity);
}

/**
 * Keep a device to one user at a time, and let faults happen to it.
 *
 * @param name - what it is called in messages, such as `the microphone`.
 */
export function deviceAccess(
  name: string,
  timeBase: TimeBase,
  faults: readonly CaptureFault[],
): DeviceAccess {
  const unplugged$ = new Subject<void>();
  let isUnplugged = false;
  let isOpen = false;

  function refusal(): DeviceError | undefined {
    const sinceOriginMs = timeBase.now() - timeBase.originMs;
    const current = faults.filter((fault) => isOn(fault, sinceOriginMs));
    if (isUnplugged || current.some((fault) => fault.type === 'vanish')) {
      return new DeviceError('DEVICE_NOT_FOUND', `${name} is not there; connect it and open it again`, {
        retryable: true,
      });
    }
    if (isOpen) {
      return new DeviceError('DEVICE_BUSY', `${name} is open already; close it before opening it again`, {
        retryable: true,
      });
    }
    const refuse = current.find((fault) => fault.type === 'refuse');
    if (!refuse) return undefined;
    return new DeviceError(refuse.code, `${name} ${refusals[refuse.code]}`, {
      retryable: refuse.code === 'DEVICE_BUSY',
    });
  }

  function lost$(): Observable<unknown> {
    const sinceOriginMs = timeBase.now() - timeBase.originMs;
    const scripted = faults
      .filter((fault) => fault.type === 'vanish' && fault.fromMs > sinceOriginMs)
      .map((fault) => timeBase.at(timeBase.originMs + fault.fromMs));
    return merge(unplugged$, ...scripted).pipe(take(1));
  }

  return {
    open: (opening) =>
      new Observable((subscriber) => {
        const refused = refusal();
        if (refused) {
          subscriber.error(refused);
          return;
        }
        isOpen = true;
        const release = (): void => {
          isOpen = false;
        };
        opening(lost$()).pipe(releaseBeforeEnd(release)).subscribe(subscriber);
      }),
    vanish() {
      if (isUnplugged) return;
      isUnplugged = true;
      unplugged$.next();
    },
    comeBack() {
      isUnplugged = false;
    },
  };
}

const refusals = {
  DEVICE_BUSY: 'is in use by another program; close that or try again later',
  DEVICE_PERMISSION_DENIED: 'may not be used by this account; allow it and open it again',
  DEVICE_BACKEND: 'could not be opened by the sound system; restart that and open it again',
} as const;
