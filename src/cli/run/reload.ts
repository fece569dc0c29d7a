import { isDeepStrictEqual } from 'node:util';
import type { OperatedPipeline, SwapReport } from '../../index.js';
import { problemLine } from '../config/config-problem.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { ConfigFile } from './config-file.js';
import type { Generation, GenerationOutcome } from './generation.js';
import { errorFields, type RunLog } from './run-log.js';
import type { Supervision } from './supervision.js';

/** What a reload works on. */
export interface ReloadParts {
  readonly path: string;
  readonly loop: OperatedPipeline;
  readonly supervision: Supervision;
  /** The config anew. @throws what keeps the file from being read. */
  read(): ConfigFile;
  create(config: EarshotConfig, folder: string, stop: AbortSignal): Promise<GenerationOutcome>;
  /** The one that runs. */
  current(): Generation;
  /** Another one runs from now on. */
  took(generation: Generation): void;
  log(): RunLog;
}

/** Takes a config on while the loop runs. */
export interface Reloader {
  /** The newest call counts. */
  reload(): void;
  /** Gives up what is under way; settles when what it made is closed. */
  close(): Promise<void>;
}

/** What takes effect at a start alone: it is the frame that generations run in. */
const sectionsOfTheStart = ['operation', 'watchdog'] as const;

export function createReloader(parts: ReloadParts): Reloader {
  const { path, loop, supervision } = parts;
  let stopping = new AbortController();
  let work: Promise<void> = Promise.resolve();

  /** Why the newest one was not taken, for whoever looks how the service is. */
  let doubt: string | undefined;

  const refuse = (why: string, message: string, ctx: Readonly<Record<string, unknown>> = {}) => {
    doubt ??= `the last reload was ${why}: ${message}`;
    parts.log().own('error', 'reload', why, { message, ...ctx });
  };
  const refuseFor = (why: string, error: unknown) => {
    const { message, ...ctx } = errorFields(error);
    refuse(why, String(message), ctx);
  };

  async function take(stop: AbortSignal): Promise<void> {
    const { config, folder, problems } = parts.read();
    if (problems) {
      for (const problem of problems) refuse('refused', problemLine(path, problem));
      return;
    }
    const { generation, errors } = await parts.create(config, folder, stop);
    if (errors) {
      for (const error of errors) refuseFor('refused', error);
      return;
    }
    const before = parts.current();
    for (const section of sectionsOfTheStart) {
      if (isDeepStrictEqual(config[section], before.config[section])) continue;
      parts.log().own('warn', 'reload', 'later', { message: `${section} takes effect at the next start` });
    }
    parts.log().own('info', 'reload', 'accepted', { message: 'takes effect between two turns' });
    loop.swapBetweenTurns(generation.pipeline).subscribe((report) => settle(report, before, generation));
  }

  function settle(report: SwapReport, before: Generation, next: Generation): void {
    if (report.type === 'swapped') {
      parts.took(next);
      parts.log().own('info', 'reload', 'done', { how: report.how, waitedMs: report.waitedMs });
    } else if (report.type === 'reverted') {
      refuseFor('reverted', report.error);
      supervision.ready(doubt);
    } else {
      parts.log().own('info', 'reload', 'abandoned', { why: report.why });
    }
    const left = report.type === 'swapped' ? before : next;
    work = Promise.all([work, left.composed.close()]).then(() => {});
  }

  return {
    reload() {
      stopping.abort(new Error('superseded'));
      stopping = new AbortController();
      const { signal } = stopping;
      doubt = undefined;
      supervision.notifier.reloading();
      work = work
        .then(() => (signal.aborted ? undefined : take(signal)))
        .catch((error: unknown) => {
          if (!signal.aborted) refuseFor('refused', error);
        })
        // Whatever came of it: the loop runs.
        .then(() => {
          if (!signal.aborted) supervision.ready(doubt);
        });
    },
    async close() {
      stopping.abort(new Error('stopped'));
      let seen: Promise<void> | undefined;
      while (seen !== work) {
        seen = work;
        await seen;
      }
    },
  };
}
