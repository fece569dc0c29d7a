import { BehaviorSubject, distinctUntilChanged, Observable, type Subscriber } from 'rxjs';
import type { VoiceError } from '../../core/errors.js';
import { resolveOptions } from '../../core/options.js';
import { type StartEngineChild, startEngineChild } from './engine-child.js';
import { closed, lost, notStarted, tooMany, unsendable } from './engine-errors.js';
import { defaultEngineLimits, type EngineLimits, engineLimitChecks } from './engine-limits.js';
import { type EngineNews, fromPlainError } from './engine-messages.js';
import type { EngineProgram } from './engine-program.js';
import { type EngineRun, startEngineRun } from './engine-run.js';
import type { EngineState } from './engine-state.js';
import { type After, after as realAfter, type Timer } from './timers.js';

/** An engine that runs in a child process. */
export interface EngineHost<Request, Piece> {
  /** How it is; the present state first. Completes when it is closed. */
  readonly state$: Observable<EngineState>;
  /**
   * Start the child and wait until its model is loaded. Completes then.
   *
   * @remarks Errors with `ModelError` `MODEL_LOAD_FAILED`, or with what the program failed with.
   */
  warmUp(): Observable<never>;
  /**
   * Ask for something; pieces come as they are made.
   *
   * @remarks
   * Cold. Order: one request after the other, in the order of subscription.
   * Cancellation: nothing is emitted after unsubscription. A request that runs is told to stop, and the child is killed and
   * started again when it has not stopped after `cancelGraceMs`; one that waits is forgotten.
   *
   * Errors with `ModelError` `MODEL_INFERENCE_FAILED`: retryable when the child died, hung or took too much memory, or when
   * `maxWaiting` requests wait; with `MODEL_LOAD_FAILED` when it cannot be started; or with what the program failed with.
   */
  request(request: Request): Observable<Piece>;
  /** End the child. What is under way errors. Settles when it is gone, after 5 s at the latest. Idempotent. */
  close(): Promise<void>;
}

/** What is run, and how. */
export interface EngineHostSetup<Settings> {
  /** What it is for, as messages call it, such as `the Kokoro voice`. */
  readonly label: string;
  readonly program: EngineProgram;
  /** What its `load` is given. */
  readonly settings: Settings;
  readonly limits?: Partial<EngineLimits>;
}

/** How long `close` waits for a child that was killed: one that a dead disk holds is not gone for long. Units: ms. */
const goneWithinMs = 5000;

/** What tests put in place of processes and time. */
interface EngineHostParts {
  readonly startChild?: StartEngineChild;
  readonly after?: After;
}

interface Job {
  readonly id: number;
  readonly request: unknown;
  readonly subscriber: Subscriber<never>;
  isBegun: boolean;
  /** It was given to a second child; there is no third. */
  wasMoved: boolean;
  /** Set when it was cancelled while it ran: kills the child. */
  grace: Timer | undefined;
}

/**
 * Run an engine in a child process: what blocks, aborts, leaks or hangs there does not do so here.
 *
 * @remarks
 * The child is started by the first request or by `warmUp`, again after it failed, and ends when it has been idle. It
 * keeps this program alive only while something is asked of it, and ends with it, however that ends.
 *
 * @throws OptionError `OPTION_INVALID` for the limits.
 */
export function createEngineHost<Settings, Request, Piece>(
  setup: EngineHostSetup<Settings>,
  { startChild = startEngineChild, after = realAfter }: EngineHostParts = {},
): EngineHost<Request, Piece> {
  const { label, program, settings } = setup;
  const limits = resolveOptions<EngineLimits>(label, defaultEngineLimits, setup.limits, engineLimitChecks);
  const state$ = new BehaviorSubject<EngineState>({ type: 'cold' });
  const queue: Job[] = [];
  const warming = new Set<Subscriber<never>>();
  let run: EngineRun | undefined;
  let running: Job | undefined;
  let idle: Timer | undefined;
  let failures = 0;
  /** Nothing is started before it is over. With a refusal, nobody waits for that either. */
  let rest: { readonly timer: Timer; readonly refusal: VoiceError | undefined } | undefined;
  let lastId = 0;
  let closing: Promise<void> | undefined;

  const isWanted = (): boolean => running !== undefined || queue.length > 0 || warming.size > 0;

  /** Do what is to be done next; called whenever something changed. */
  function proceed(): void {
    if (closing) return;
    const wanted = isWanted();
    rest?.timer.keepAlive(wanted);
    if (!run && wanted && !rest) start();
    run?.keepAlive(wanted);
    if (wanted) idle?.cancel();
    if (!run?.isReady) return;
    for (const subscriber of [...warming]) subscriber.complete();
    // Whoever was told may have asked, or closed it.
    if (closing || running || !run?.isReady) return;
    const job = queue.shift();
    if (job) give(run, job);
    else settle(run);
  }

  function settle({ pid }: EngineRun): void {
    state$.next({ type: 'ready', pid });
    idle?.cancel();
    idle = after(limits.idleMs, () => {
      run?.kill();
      run = undefined;
      state$.next({ type: 'cold' });
    });
  }

  function start(): void {
    try {
      run = startEngineRun({ program, settings, limits, startChild, after }, { onNews: hear, onOver: lose });
      state$.next({ type: 'starting', pid: run.pid, doing: 'starting' });
    } catch (cause) {
      lose(cause instanceof Error ? cause.message : String(cause));
    }
  }

  function give({ pid, run: send }: EngineRun, job: Job): void {
    running = job;
    state$.next({ type: 'busy', pid });
    try {
      send(job.id, job.request);
    } catch (cause) {
      running = undefined;
      job.subscriber.error(unsendable(label, cause));
      proceed();
    }
  }

  function hear(news: EngineNews): void {
    if (news.type === 'told') state$.next({ type: 'starting', pid: run?.pid, doing: news.what });
    else if (news.type === 'ready') proceed();
    else if (news.type === 'unloadable') {
      run?.kill();
      fail(fromPlainError(news.error), true);
    } else if (running?.id === news.id) hearOf(running, news);
  }

  function hearOf(job: Job, news: Extract<EngineNews, { readonly id: number }>): void {
    if (news.type === 'begun') job.isBegun = true;
    else if (news.type === 'piece') job.subscriber.next(news.piece as never);
    else {
      job.grace?.cancel();
      running = undefined;
      // It lives and answers; that it cannot do this one thing does not count against it.
      failures = 0;
      if (news.type === 'failed') job.subscriber.error(fromPlainError(news.error));
      else job.subscriber.complete();
      proceed();
    }
  }

  /** The child is gone, or there never was one. */
  function lose(why: string): void {
    fail(run?.isReady ? lost(label, why) : notStarted(label, why), failures + 1 >= limits.maxFailures);
  }

  /** Without a child: tell whoever has to know, and wait before there is another. */
  function fail(error: VoiceError, refuses: boolean): void {
    const wasAtWork = run?.isReady ?? false;
    const job = running;
    run = undefined;
    running = undefined;
    idle?.cancel();
    job?.grace?.cancel();
    failures += 1;
    // One that the child never read has nothing to do with its end, unless that happens twice.
    const isMoved = job !== undefined && !job.isBegun && !job.wasMoved && !job.subscriber.closed;
    if (isMoved) {
      job.wasMoved = true;
      queue.unshift(job);
    }
    const told = [...(job && !isMoved ? [job.subscriber] : [])];
    if (refuses) told.push(...queue.splice(0).map(({ subscriber }) => subscriber), ...warming);
    const retryInMs = pauseMs();
    const timer = after(retryInMs, () => {
      rest = undefined;
      // Whoever lost one asks again soon, and is not to wait for a model to load. One that never worked is not replaced by itself.
      if (wasAtWork && !run && !closing) start();
      proceed();
    });
    rest = { timer, refusal: refuses ? error : undefined };
    state$.next({ type: 'failed', error, retryInMs });
    for (const subscriber of told) subscriber.error(error);
    proceed();
  }

  const pauseMs = (): number =>
    failures === 1 ? 0 : Math.min(limits.maxBackOffMs, limits.backOffMs * 2 ** (failures - 2));

  /** It did not stop when it was told to. */
  function replace(): void {
    run?.kill();
    running = undefined;
    start();
    proceed();
  }

  function leave(job: Job): void {
    const place = queue.indexOf(job);
    if (place >= 0) queue.splice(place, 1);
    else if (running === job && limits.cancelGraceMs > 0) {
      run?.cancel(job.id);
      job.grace = after(limits.cancelGraceMs, replace);
    } else if (running === job) replace();
    proceed();
  }

  return {
    state$: state$.pipe(distinctUntilChanged(isSame)),
    warmUp: () =>
      new Observable<never>((subscriber) => {
        const refusal = closing ? closed(label) : rest?.refusal;
        if (refusal) {
          subscriber.error(refusal);
          return;
        }
        warming.add(subscriber);
        subscriber.add(() => {
          warming.delete(subscriber);
          proceed();
        });
        proceed();
      }),
    request: (request) =>
      new Observable<Piece>((subscriber) => {
        const refusal = closing
          ? closed(label)
          : (rest?.refusal ?? (queue.length >= limits.maxWaiting && tooMany(label, queue.length)));
        if (refusal) {
          subscriber.error(refusal);
          return;
        }
        lastId += 1;
        const job: Job = {
          id: lastId,
          request,
          subscriber: subscriber as Subscriber<unknown> as Subscriber<never>,
          isBegun: false,
          wasMoved: false,
          grace: undefined,
        };
        queue.push(job);
        subscriber.add(() => leave(job));
        proceed();
      }),
    close() {
      closing ??= end();
      return closing;
    },
  };

  async function end(): Promise<void> {
    const left = run;
    const told = [...(running ? [running] : []), ...queue.splice(0)].map(({ subscriber }) => subscriber);
    rest?.timer.cancel();
    idle?.cancel();
    running?.grace?.cancel();
    running = undefined;
    // Otherwise a program that waits for this and for nothing else ends before.
    left?.keepAlive(true);
    left?.kill();
    for (const subscriber of [...told, ...warming]) subscriber.error(closed(label));
    state$.next({ type: 'closed' });
    state$.complete();
    if (left) await untilGone(left);
  }

  async function untilGone(left: EngineRun): Promise<void> {
    await new Promise<void>((resolve) => {
      const patience = after(goneWithinMs, resolve);
      patience.keepAlive(true);
      void left.gone.then(() => {
        patience.cancel();
        resolve();
      });
    });
    left.keepAlive(false);
  }
}

function isSame(a: EngineState, b: EngineState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
