import {
  catchError,
  connect,
  EMPTY,
  endWith,
  ignoreElements,
  merge,
  type Observable,
  takeUntil,
  tap,
} from 'rxjs';
import type { CommandReport } from '../../adapters/command-hooks/index.js';
import type { Keyboard } from '../../devices/keyboard/index.js';
import type { PipelineEvent } from '../../index.js';
import type { NamedReport } from '../config/compose-controls.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Generation } from './generation.js';
import { errorFields, type RunLog } from './run-log.js';

/** What is around every generation. */
export interface Company {
  readonly keyboard: Keyboard;
  /** Somebody struck Ctrl-C where it is a key. */
  onCtrlC(): void;
}

/**
 * What goes along with a loop as its config says: log, lights, hooks.
 *
 * @remarks
 * Nothing here ends the loop: what fails is in the log, and the rest goes on. Completes after `events$`, when the lights are off and the last hook has ended.
 * @param events$ - without its error.
 */
export function accompany(
  { config, controls, composed }: Generation,
  log: RunLog,
  events$: Observable<PipelineEvent>,
  { keyboard, onCtrlC }: Company,
): Observable<never> {
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
      return merge(
        shared$.pipe(tap(log.event), kept('log')),
        shared$.pipe(controls.showLights, tap(tellControl(log)), kept('lights')),
        runHooks ? shared$.pipe(runHooks, tap(tellHook(log)), kept('hooks')) : EMPTY,
        controls.reports$.pipe(untilOver, tap(tellControl(log)), kept('buttons')),
        composed.service.events$.pipe(untilOver, tap(log.service), kept('log')),
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
