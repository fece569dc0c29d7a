import {
  BehaviorSubject,
  catchError,
  connect,
  delay,
  distinctUntilChanged,
  EMPTY,
  endWith,
  ignoreElements,
  lastValueFrom,
  merge,
  type Observable,
  type SchedulerLike,
  Subject,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import { feedSystemd, type SystemdNotifier } from '../../adapters/systemd/index.js';
import type { Keyboard } from '../../devices/keyboard/index.js';
import { type KpiEvent, operatePipeline, type PipelineEvent, watchProgress } from '../../index.js';
import { exitCodes } from '../command-error.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import { secretsOf } from '../config/service-init.js';
import { accompany } from './accompany.js';
import type { ConfigFile } from './config-file.js';
import { tellFigures } from './figures.js';
import { createGeneration } from './generation.js';
import { createMetricsPort } from './metrics-port.js';
import { createReloader } from './reload.js';
import { createRunLog, errorFields, type RunLog } from './run-log.js';
import type { Wish } from './signals.js';
import { startGeneration } from './start-generation.js';
import { superviseRun } from './supervision.js';
import { createTerminalLog } from './terminal-log.js';
import { within } from './within.js';

/** What a run works with. */
export interface RunParts {
  readonly path: string;
  readonly scheduler: SchedulerLike;
  readonly keyboard: Keyboard;
  readonly notifier: SystemdNotifier;
  readonly wishes$: Observable<Wish>;
  /** Whether a person looks, who is told in words, however the config wants the log of a service. */
  readonly isWatched: boolean;
  /** The config anew. */
  read(): ConfigFile;
  /** Gets each line of the log. */
  writeLog(line: string): void;
  /** Told everything that happens. */
  onEvent(event: PipelineEvent | KpiEvent): void;
  /** Told what is to be kept out of everything that is written. */
  onSecrets(secrets: readonly string[]): void;
}

/** A stop is no failure, but Ctrl-C is told as a shell has it. */
const codeOf = { finish: exitCodes.done, cut: 130, hangup: 129 } as const;

/** How long lights and hooks may take to end when the loop has. Units: ms. */
const companyLimitMs = 3000;
/** How long models, processes and connections may take to close, and systemd to be told. Units: ms. */
const closeLimitMs = 7000;
const flushLimitMs = 2000;

/**
 * Run the loop of a config until it ends, or is told to.
 *
 * @returns the exit code.
 */
export async function runLoop(
  { config, folder }: { readonly config: EarshotConfig; readonly folder: string },
  parts: RunParts,
): Promise<number> {
  const { path, scheduler, wishes$, keyboard } = parts;
  const logOf = (of: EarshotConfig): RunLog => {
    const secrets = secretsOf(of);
    parts.onSecrets(secrets);
    if (parts.isWatched) return createTerminalLog(parts.writeLog);
    return createRunLog({ ...of.logs, secrets }, parts.writeLog);
  };
  let log = logOf(config);
  const supervision = superviseRun(parts.notifier, () => log);
  const { notifier, onProgress } = supervision;
  const create = (of: EarshotConfig, from: string, stop: AbortSignal) =>
    createGeneration(of, from, { scheduler, keyboard, stop, onProgress });

  const started = await startGeneration(wishes$, (stop) => create(config, folder, stop));
  if (typeof started === 'string') return codeOf[started];
  if (started.errors) {
    for (const error of started.errors) log.own('error', 'start', 'failed', errorFields(error));
    return exitCodes.transport;
  }
  const generation$ = new BehaviorSubject(started.generation);
  const loop = operatePipeline(started.generation.pipeline, { ...config.operation, scheduler });
  const reloader = createReloader({
    ...{ path, loop, supervision, create, read: parts.read },
    current: () => generation$.value,
    took: (next) => generation$.next(next),
    log: () => log,
  });

  const leave$ = new Subject<void>();
  const ended$ = new Subject<void>();
  const metrics = createMetricsPort();
  let code: number = codeOf.finish;
  let isLeaving = false;
  let asked: 'finish' | 'cut' | undefined;
  const stop = (wish: keyof typeof codeOf): void => {
    // Asked a third time, or a second time to cut: nothing is waited for any more.
    if (asked === 'cut') {
      isLeaving = true;
      leave$.next();
      return;
    }
    const ending =
      asked === undefined && wish === 'finish'
        ? (generation$.value.config.operation?.ending ?? 'finish')
        : 'cut';
    asked = ending;
    if (wish !== 'finish') code = codeOf[wish];
    notifier.stopping(ending === 'finish' ? 'finishes the reply' : 'cuts the reply');
    log.own('info', 'stop', ending);
    loop.stopGracefully(ending).subscribe(({ how, waitedMs }) => log.own('info', 'stop', how, { waitedMs }));
  };
  const company = { keyboard, onCtrlC: () => stop('cut') };
  const listening = wishes$.subscribe((wish) => {
    if (wish !== 'reload') stop(wish);
    else if (asked === undefined) reloader.reload();
  });

  const run$ = loop.events$.pipe(
    connect((events$) => {
      const quietly$ = events$.pipe(catchError(() => EMPTY));
      const over$ = quietly$.pipe(ignoreElements(), endWith(true));
      return merge(
        events$.pipe(tap({ next: parts.onEvent, complete: () => ended$.next() }), ignoreElements()),
        quietly$.pipe(
          watchProgress(config.watchdog, scheduler),
          feedSystemd(notifier),
          tellProgress(() => (endsByItself(config) ? undefined : log)),
        ),
        tellFigures(generation$, quietly$, over$, { metrics, log: () => log, onKpi: parts.onEvent }),
        generation$.pipe(
          takeUntil(over$),
          switchMap((generation) => {
            log = logOf(generation.config);
            for (const message of generation.composed.notices) log.own('warn', 'notice', 'told', { message });
            return accompany(generation, log, quietly$, company);
          }),
        ),
      );
    }),
    takeUntil(merge(leave$, ended$.pipe(delay(companyLimitMs)))),
  );
  const running = lastValueFrom(run$, { defaultValue: undefined });
  supervision.ready();
  log.own('info', 'start', 'running', { config: path });
  try {
    await running;
  } catch (error) {
    log.own('error', 'run', 'failed', errorFields(error));
    code = exitCodes.transport;
  }
  listening.unsubscribe();
  if (isLeaving) return code;
  const closing = [reloader.close(), generation$.value.composed.close(), metrics.closed()];
  await within(closeLimitMs, Promise.all(closing));
  await within(flushLimitMs, lastValueFrom(notifier.flushed()));
  notifier.close();
  return code;
}

/** A recording that is over is no microphone that is stuck. */
const endsByItself = ({ devices }: EarshotConfig): boolean =>
  devices?.kind === 'wav-file' && devices.atEnd !== 'go-on';

/** What the watchdog sees, where it changes. */
function tellProgress(log: () => RunLog | undefined) {
  return (reports$: ReturnType<ReturnType<typeof feedSystemd>>): Observable<never> =>
    reports$.pipe(
      distinctUntilChanged((before, now) => before.isProgressing === now.isProgressing),
      tap(({ isProgressing, parts }) => {
        const stuck = Object.entries(parts).filter(([, { standing }]) => standing === 'stuck');
        if (!isProgressing) {
          const errors = stuck.map(([part, { error }]) => ({ part, ...(error && errorFields(error)) }));
          log()?.own('error', 'watchdog', 'stuck', { parts: errors });
        }
      }),
      ignoreElements(),
    );
}
