import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import { OptionError } from '../../core/errors.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import type { PipelineEvent } from '../../core/pipeline/pipeline-event.js';
import { commandChecks, environmentOf, inheritedByDefault } from './command-environment.js';
import { createCommandQueue } from './command-queue.js';
import { commandProblem, fillArguments, plainFields, valueAt } from './hook-words.js';
import type { CommandEnd } from './run-command.js';

/** A command that runs at an event. @public */
export interface CommandHook {
  /** At which events. */
  readonly on: PipelineEvent['type'] | readonly PipelineEvent['type'][];
  /** Only where these fields of the event are as given, as `{ 'state.name': 'listening' }`. @defaultValue {} */
  readonly where?: Readonly<Record<string, string | number | boolean | null>>;
  /**
   * The program and its arguments. `{text}` or `{state.name}` in an argument is replaced by that field of the event, or by nothing where it
   * has none. An argument stays one argument; a value that begins with `-` may be taken for an option, so put `--` before it,
   * or write `--text={text}`.
   */
  readonly command: readonly string[];
  /** `event`: the whole event as one line of JSON on its standard input. @defaultValue 'none' */
  readonly input?: 'none' | 'event';
}

/** How commands run. @public */
export interface CommandHooksOptions {
  /** A command that runs for longer is killed, with what it has started. Units: ms. Range: 10..600000. @defaultValue 5000 */
  readonly timeLimitMs: number;
  /** How many run at once; one hook never twice. Range: 1..16. @defaultValue 2, so that a slow one does not hold up the rest */
  readonly mostRunning: number;
  /** How many may wait. Then the oldest is dropped, and counted. Range: 1..1000. @defaultValue 16 */
  readonly mostWaiting: number;
  /** What a command sees of the environment of this process. @defaultValue ["PATH", "HOME", "USER", "LANG", "TZ", "XDG_RUNTIME_DIR"] */
  readonly inherit: readonly string[];
  /** What it sees besides. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
  /** What keeps the time. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultCommandHooksOptions = {
  timeLimitMs: 5000,
  mostRunning: 2,
  mostWaiting: 16,
  inherit: inheritedByDefault,
  env: {},
  scheduler: asyncScheduler,
} as const satisfies CommandHooksOptions;

/** What became of a command. @public */
export type CommandReport = {
  /** Which hook, counted from 0. */
  readonly hook: number;
} & (
  | { readonly type: 'hook-ran'; readonly tookMs: number }
  | (Omit<Extract<CommandEnd, { readonly type: 'failed' }>, 'type'> & {
      readonly type: 'hook-failed';
      readonly tookMs: number;
    })
  /** There was no room. `count` is how many of this hook so far. */
  | { readonly type: 'hook-dropped'; readonly count: number }
);

function hookProblems(hooks: readonly CommandHook[]): readonly string[] {
  if (!Array.isArray(hooks) || hooks.length > 100) return ['must be a list of at most 100 hooks'];
  return hooks.flatMap((hook: CommandHook, index) => {
    const problems: string[] = [];
    const types: readonly unknown[] = Array.isArray(hook?.on) ? hook.on : [hook?.on];
    if (types.length === 0 || !types.every((type) => typeof type === 'string' && type !== ''))
      problems.push('on must be the type of an event, or a list of them');
    const command = commandProblem(hook?.command);
    if (command) problems.push(`command ${command}`);
    if (hook?.where !== undefined && (typeof hook.where !== 'object' || hook.where === null))
      problems.push('where must be an object of fields and values');
    if (hook?.input !== undefined && !['none', 'event'].includes(hook.input))
      problems.push(`input must be "none" or "event", but is ${String(hook.input)}`);
    return problems.map((problem) => `hook ${index}: ${problem}`);
  });
}

/**
 * Run commands at events of a pipeline: light a lamp, write a line, call a webhook.
 *
 * @remarks
 * No shell: nothing in an event, and nothing that a person says, is ever read as a command.
 * Order: the runs of one hook never overlap and keep the order of the events; those of several may run at once.
 * Timing: whatever a command does, the pipeline does not wait for it.
 * Completion: when the events complete and the last command has ended. Cancellation: what runs is killed, what waits is forgotten.
 * A command that fails is a report, never an error; errors are those of the events.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function runCommandHooks(
  hooks: readonly CommandHook[],
  options: Partial<CommandHooksOptions> = {},
): OperatorFunction<PipelineEvent, CommandReport> {
  const { timeLimitMs, mostRunning, mostWaiting, inherit, env, scheduler } =
    resolveOptions<CommandHooksOptions>('runCommandHooks', defaultCommandHooksOptions, options, {
      ...commandChecks,
      mostRunning: integerIn(1, 16),
      mostWaiting: integerIn(1, 1000),
    });
  const problems = hookProblems(hooks);
  if (problems.length > 0) throw new OptionError('OPTION_INVALID', `runCommandHooks: ${problems.join('; ')}`);
  const wanted = hooks.map(({ on, where = {}, command, input }, hook) => {
    const [program, ...args] = command as readonly [string, ...string[]];
    const types: readonly string[] = typeof on === 'string' ? [on] : on;
    return { hook, types, where: Object.entries(where), program, args, hasInput: input === 'event' };
  });

  return (events$) =>
    new Observable((subscriber) => {
      const queue = createCommandQueue(mostRunning, mostWaiting, scheduler);
      const dropped = hooks.map(() => 0);
      let isComplete = false;
      const finishIfDone = () => {
        if (isComplete && queue.isIdle()) subscriber.complete();
      };

      const react = (event: PipelineEvent) => {
        const due = wanted.filter(({ types }) => types.includes(event.type));
        if (due.length === 0) return;
        const fields = plainFields(event);
        for (const { hook, where, program, args, hasInput } of due) {
          if (!where.every(([path, value]) => (valueAt(fields, path) ?? null) === value)) continue;
          queue.add({
            lane: hook,
            call: {
              program,
              args: fillArguments(args, fields),
              env: environmentOf(inherit, env),
              input: hasInput ? `${JSON.stringify(fields)}\n` : null,
              timeLimitMs,
            },
            ended(end, tookMs) {
              subscriber.next(
                end.type === 'done'
                  ? { type: 'hook-ran', hook, tookMs }
                  : { ...end, type: 'hook-failed', hook, tookMs },
              );
              finishIfDone();
            },
            dropped() {
              const count = (dropped[hook] ?? 0) + 1;
              dropped[hook] = count;
              subscriber.next({ type: 'hook-dropped', hook, count });
            },
          });
        }
      };

      subscriber.add(queue.close);
      subscriber.add(
        events$.subscribe({
          next: react,
          error: (error) => subscriber.error(error),
          complete: () => {
            isComplete = true;
            finishIfDone();
          },
        }),
      );
    });
}
