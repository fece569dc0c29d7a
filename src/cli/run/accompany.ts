import {
  catchError,
  connect,
  EMPTY,
  endWith,
  ignoreElements,
  merge,
  type Observable,
  ReplaySubject,
  takeUntil,
  tap,
} from 'rxjs';
import type { CommandReport } from '../../adapters/command-hooks/index.js';
import type { Keyboard } from '../../devices/keyboard/index.js';
import { type KpiEvent, measureConversation, type PipelineEvent } from '../../index.js';
import type { NamedReport } from '../config/compose-controls.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Generation } from './generation.js';
import type { MetricsPort } from './metrics-port.js';
import { errorFields, type RunLog } from './run-log.js';

/** What is around every generation. */
export interface Company {
  readonly keyboard: Keyboard;
  readonly metrics: MetricsPort;
  /** Told what is measured. */
  onKpi(kpi: KpiEvent): void;
  /** Somebody struck Ctrl-C where it is a key. */
  onCtrlC(): void;
}

/** What Prometheus may have missed until its port is open. */
const mostKept = 256;

/**
 * What goes along with a loop as its config says: log, figures, lights, hooks.
 *
 * @remarks
 * Nothing here ends the loop: what fails is in the log, and the rest goes on. Completes after `events$`, when the lights are off and the last hook has ended.
 * @param events$ - without its error.
 */
export function accompany(
  { config, controls, composed }: Generation,
  log: RunLog,
  events$: Observable<PipelineEvent>,
  { keyboard, metrics, onKpi, onCtrlC }: Company,
): Observable<never> {
  const kpis$ = new ReplaySubject<KpiEvent>(mostKept);
  const tellKpi = (kpi: KpiEvent) => {
    log.event(kpi);
    kpis$.next(kpi);
    onKpi(kpi);
  };
  const kept =
    (what: string) =>
    <T>(of$: Observable<T>): Observable<never> =>
      of$.pipe(
        ignoreElements(),
        catchError((error: unknown) => {
          log.own('error', what, 'failed', errorFields(error));
          return EMPTY;
        }),
      );

  return events$.pipe(
    connect((shared$) => {
      const { runHooks } = controls;
      const over$ = shared$.pipe(ignoreElements(), endWith(true));
      const untilOver = <T>(of$: Observable<T>) => of$.pipe(takeUntil(over$));
      const kpi$ = merge(shared$, composed.timings$.pipe(untilOver)).pipe(measureConversation(config.kpis));
      return merge(
        shared$.pipe(tap(log.event), kept('log')),
        kpi$.pipe(tap(tellKpi), kept('kpis')),
        shared$.pipe(controls.showLights, tap(tellControl(log)), kept('lights')),
        runHooks ? shared$.pipe(runHooks, tap(tellHook(log)), kept('hooks')) : EMPTY,
        controls.reports$.pipe(untilOver, tap(tellControl(log)), kept('buttons')),
        composed.service.events$.pipe(untilOver, tap(log.service), kept('log')),
        metrics.serve(kpis$, config.metrics).pipe(
          untilOver,
          tap(({ url }) => log.own('info', 'metrics', 'serve', { url })),
          kept('metrics'),
        ),
        (composed.voice?.warmUp() ?? EMPTY).pipe(untilOver, kept('voice')),
        usesKeys(config)
          ? keyboard.keys$.pipe(untilOver, tap({ complete: onCtrlC }), kept('keyboard'))
          : EMPTY,
      );
    }),
  );
}

const usesKeys = ({ floor, mute }: EarshotConfig): boolean =>
  (floor?.kind === 'push-to-talk' && floor.button.kind === 'keyboard') || mute?.button.kind === 'keyboard';

const tellControl = (log: RunLog) => (report: NamedReport) => {
  const { type, control } = report;
  if (type === 'opened') log.own('info', 'control', 'opened', { control });
  else
    log.own('warn', 'control', 'lost', {
      control,
      retryInMs: report.retryInMs,
      ...errorFields(report.error),
    });
};

const tellHook = (log: RunLog) => (report: CommandReport) => {
  const { type, ...ctx } = report;
  log.own(type === 'hook-ran' ? 'debug' : 'warn', 'hook', type, ctx);
};
