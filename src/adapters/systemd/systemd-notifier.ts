import { BehaviorSubject, filter, map, type Observable, Subject, Subscription, take } from 'rxjs';
import { integerIn, nonEmptyString, resolveOptions } from '../../core/options.js';
import {
  assignments,
  enqueue,
  type LifeSign,
  type Notification,
  type NotificationQueue,
} from './notification-queue.js';
import { sendNotification } from './send-notification.js';
import { readSupervision } from './supervision.js';

/** How systemd is told. @public */
export interface SystemdNotifierOptions {
  /** The program that sends: a name that is looked for in the `PATH` that was given, or a path. @defaultValue 'systemd-notify' */
  readonly program: string;
  /** How long it may take for one notification. Units: ms. Range: 100..60000. It takes 7 to 15 ms; where the system does not answer it gives up by itself after 5 s. @defaultValue 6000 */
  readonly timeoutMs: number;
}

/** @public */
export const defaultSystemdNotifierOptions = {
  program: 'systemd-notify',
  timeoutMs: 6000,
} as const satisfies SystemdNotifierOptions;

/** The process that is supervised. @public */
export interface NotifyingProcess {
  /** Of which `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID` and `PATH` are read, once. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its own number: the watchdog may be meant for another one. */
  readonly pid: number;
}

/** A notification that was not taken. @public */
export interface NotificationFailure {
  readonly type: 'notification-failed';
  /** What was to be told, such as `READY=1`. */
  readonly variables: readonly string[];
  /** Why not, and what to do. */
  readonly detail: string;
  /** How many so far. */
  readonly count: number;
}

/** A line to systemd, or to nobody. @public */
export interface SystemdNotifier {
  /** Somebody asked for notifications. Where not, every call below does nothing. */
  readonly isSupervised: boolean;
  /** `feedWatchdog` has to be called at least as often. Units: ms. Null when nobody waits for it. */
  readonly watchdogMs: number | null;
  /** Why a watchdog that was asked for is not fed, and what to do; else null. To be shown: systemd will kill the service. */
  readonly watchdogProblem: string | null;
  /** It runs, or runs again after a reload. */
  ready(status?: string): void;
  /** It takes on a new configuration; `ready` follows. */
  reloading(status?: string): void;
  /** It ends. */
  stopping(status?: string): void;
  /** A line for `systemctl status`. Control characters become spaces, 400 characters are shown. */
  status(text: string): void;
  /**
   * What it is at, a start, a stop or a reload, may take so much longer from now on than the unit allows, as while a model is downloaded.
   * To be called again while it goes on.
   * @param ms - Units: ms. Range: a whole number from 1 on.
   */
  extendTimeout(ms: number): void;
  /** It lives. */
  feedWatchdog(): void;
  /** What was not taken. Hot. */
  readonly failures$: Observable<NotificationFailure>;
  /** Emits once and completes when nothing is being sent and nothing waits: to be awaited before the process ends. Cold. */
  flushed(): Observable<void>;
  /** Sends nothing more, and ends what is being sent. Idempotent. */
  close(): void;
}

/**
 * Tell systemd about the life of this process (`Type=notify`), by the program `systemd-notify`.
 *
 * @remarks
 * Order: as called; one program at a time. What comes meanwhile is sent together after it: the last status, and one sign of life
 * after the other. At most eight wait.
 * Timing: 7 to 15 ms and two processor milliseconds for one (measured on a 2-core x86 machine).
 * A unit without root has to say `NotifyAccess=all`, because it is a child that tells.
 * Where nobody asked (`NOTIFY_SOCKET` is not set) nothing is started.
 * @param supervised - whose environment is read. The library never reads it by itself: `{ env: process.env, pid: process.pid }`.
 * @throws OptionError `OPTION_INVALID` for an option, or for a variable that is not what systemd sets.
 * @public
 */
export function systemdNotifier(
  { env, pid }: NotifyingProcess,
  options: Partial<SystemdNotifierOptions> = {},
): SystemdNotifier {
  const { program, timeoutMs } = resolveOptions<SystemdNotifierOptions>(
    'systemd',
    defaultSystemdNotifierOptions,
    options,
    { program: nonEmptyString, timeoutMs: integerIn(100, 60_000, 'ms') },
  );
  const { socket, watchdogMs, watchdogProblem } = readSupervision(env, pid);
  const path = env['PATH'];
  const failures$ = new Subject<NotificationFailure>();
  const isIdle$ = new BehaviorSubject(true);
  let waiting: NotificationQueue = [];
  let sending = Subscription.EMPTY;
  let isClosed = false;
  let count = 0;

  const failed = (variables: readonly string[], detail: string) => {
    count += 1;
    failures$.next({ type: 'notification-failed', variables, detail, count });
  };
  const variablesOf = (one: Notification) => assignments(one, process.hrtime.bigint() / 1000n);

  function sendNext(): void {
    const [next, ...rest] = waiting;
    waiting = rest;
    if (!next || socket === null || isClosed) {
      isIdle$.next(true);
      return;
    }
    isIdle$.next(false);
    const variables = variablesOf(next);
    let failure: string | null = null;
    sending = sendNotification({ program, socket, path, timeoutMs }, variables).subscribe({
      next: (outcome) => {
        failure = outcome;
      },
      complete: () => {
        if (failure !== null) failed(variables, failure);
        sendNext();
      },
    });
  }
  function add(added: Partial<Notification>): void {
    if (socket === null || isClosed) return;
    const { queue, dropped } = enqueue(waiting, added);
    waiting = queue;
    if (dropped) failed(variablesOf(dropped), 'too many notifications wait, because none is taken');
    if (isIdle$.value) sendNext();
  }
  const sign = (name: LifeSign, status: string | undefined) =>
    add({ sign: name, ...(status !== undefined && { status }) });

  return {
    isSupervised: socket !== null,
    watchdogMs,
    watchdogProblem,
    ready: (status) => sign('READY', status),
    reloading: (status) => sign('RELOADING', status),
    stopping: (status) => sign('STOPPING', status),
    status: (text) => add({ status: text }),
    extendTimeout: (ms) => add({ extendMs: Math.max(1, Math.round(ms)) }),
    feedWatchdog: () => add({ isFeeding: true }),
    failures$: failures$.asObservable(),
    flushed: () =>
      isIdle$.pipe(
        filter((isIdle) => isIdle),
        take(1),
        map(() => undefined),
      ),
    close() {
      if (isClosed) return;
      isClosed = true;
      waiting = [];
      sending.unsubscribe();
      isIdle$.next(true);
      failures$.complete();
    },
  };
}
