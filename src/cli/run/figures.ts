import { isDeepStrictEqual } from 'node:util';
import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  ignoreElements,
  map,
  merge,
  type Observable,
  ReplaySubject,
  Subject,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import { type KpiEvent, measureConversation, type PipelineEvent } from '../../index.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Generation } from './generation.js';
import type { MetricsPort } from './metrics-port.js';
import { errorFields, type RunLog } from './run-log.js';

/** What figures go through. */
export interface FiguresParts {
  readonly metrics: MetricsPort;
  readonly log: () => RunLog;
  /** Told what is measured. */
  onKpi(kpi: KpiEvent): void;
}

/** What Prometheus may have missed until its port is open. */
const mostKept = 256;

/**
 * Measure the conversation, and serve the figures where the config says so. A reload that changes neither section goes on counting.
 *
 * @remarks
 * Nothing here ends the loop: what fails is in the log. Completes with `over$`.
 */
export function tellFigures(
  generation$: Observable<Generation>,
  events$: Observable<PipelineEvent>,
  over$: Observable<unknown>,
  { metrics, log, onKpi }: FiguresParts,
): Observable<never> {
  const kpi$ = new Subject<KpiEvent>();
  const timings$ = generation$.pipe(switchMap(({ composed }) => composed.timings$));
  const changing = <T>(sectionOf: (config: EarshotConfig) => T): Observable<T> =>
    generation$.pipe(
      map(({ config }) => sectionOf(config)),
      distinctUntilChanged<T>(isDeepStrictEqual),
    );
  const serving$ = changing(({ metrics: options }) => options).pipe(
    switchMap((options) => {
      const kept$ = new ReplaySubject<KpiEvent>(mostKept);
      const served$ = metrics.serve(kept$, options).pipe(
        tap(({ url }) => log().own('info', 'metrics', 'serve', { url })),
        catchError((error: unknown) => {
          log().own('error', 'metrics', 'failed', errorFields(error));
          return EMPTY;
        }),
      );
      return merge(kpi$.pipe(tap(kept$)), served$);
    }),
  );
  const measuring$ = changing(({ kpis }) => kpis).pipe(
    switchMap((options) => merge(events$, timings$).pipe(measureConversation(options))),
    tap((kpi) => {
      log().event(kpi);
      onKpi(kpi);
      kpi$.next(kpi);
    }),
  );
  // Served first, so that nothing is measured before.
  return merge(serving$, measuring$).pipe(takeUntil(over$), ignoreElements());
}
