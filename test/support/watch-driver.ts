import type { Observable } from 'rxjs';
import { isVoiceError, type VoiceError } from '../../src/core/errors.js';

/** What a driver told so far. */
export interface WatchedDriver<Report> {
  readonly reports: readonly Report[];
  /** The first report that fits, now or later. Rejects when the driver fails before, and when patience is at an end. */
  first<Wanted extends Report>(fits: (report: Report) => report is Wanted): Promise<Wanted>;
  until(fits: () => boolean): Promise<void>;
  /** What it failed with. */
  failure(): Promise<VoiceError>;
  close(): void;
}

/** Every wait ends after this. Units: ms. Longer than any stall of a busy machine. */
const patienceMs = 15_000;

/** Open a driver, or anything else that runs until it fails. */
export function watchDriver<Report>(opened$: Observable<Report>): WatchedDriver<Report> {
  const reports: Report[] = [];
  let failed: { readonly error: unknown } | undefined;
  let look = (): void => {};
  const subscription = opened$.subscribe({
    next(report) {
      reports.push(report);
      look();
    },
    error(error) {
      failed = { error };
      look();
    },
  });
  const wait = <T>(what: string, seen: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const poll = setInterval(() => look(), 10);
      const timeout = setTimeout(
        () => settle(() => reject(new Error(`${what}: not in ${patienceMs} ms`))),
        patienceMs,
      );
      const settle = (how: () => void): void => {
        clearInterval(poll);
        clearTimeout(timeout);
        look = () => {};
        how();
      };
      look = () => {
        const value = seen();
        if (value !== undefined) settle(() => resolve(value));
        else if (failed && what !== 'failure') settle(() => reject(failed?.error));
      };
      look();
    });
  return {
    reports,
    first: <Wanted extends Report>(fits: (report: Report) => report is Wanted) =>
      wait('report', () => reports.find(fits)),
    until: (fits) => wait('condition', () => (fits() ? (true as const) : undefined)).then(() => undefined),
    failure: () =>
      wait('failure', () => {
        if (!failed) return undefined;
        if (!isVoiceError(failed.error)) throw failed.error;
        return failed.error;
      }),
    close: () => subscription.unsubscribe(),
  };
}
