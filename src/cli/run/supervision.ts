import type { ModelProgress } from '../../adapters/model-store/index.js';
import type { SystemdNotifier } from '../../adapters/systemd/index.js';
import { tellDownloads } from './download-lines.js';
import type { RunLog } from './run-log.js';

/** What systemd is told of a run. */
export interface Supervision {
  /** For `feedSystemd`: what it shows is kept, so that it can be shown again. */
  readonly notifier: SystemdNotifier;
  /** It runs, or goes on running after a reload; `doubt` is shown beside how it is. */
  ready(doubt?: string): void;
  /** A download gets on: the start may take longer. */
  onProgress(what: string, progress: ModelProgress): void;
}

/** How much longer, and how often that is said. Units: ms. */
const extendByMs = 60_000;
const extendEveryMs = 10_000;

/** @param log - where it is told what systemd did not take. */
export function superviseRun(notifier: SystemdNotifier, log: () => RunLog): Supervision {
  let shown = 'starts';
  let extendedAtMs = Number.NEGATIVE_INFINITY;
  const status = (text: string) => {
    shown = text;
    notifier.status(text);
  };
  const { watchdogProblem } = notifier;
  if (watchdogProblem !== null) log().own('error', 'systemd', 'watchdog', { message: watchdogProblem });
  notifier.failures$.subscribe(({ variables, detail, count }) => {
    const message = `systemd was not told ${variables.join(' ')}: ${detail}`;
    log().own('warn', 'systemd', 'untold', { message, count });
  });
  const tell = tellDownloads((message) => {
    status(message);
    log().own('info', 'download', 'told', { message });
  });
  return {
    notifier: { ...notifier, status },
    ready: (doubt) => notifier.ready(doubt === undefined ? shown : `${shown}; ${doubt}`),
    onProgress(what, progress) {
      tell(what, progress);
      const nowMs = performance.now();
      if (progress.type !== 'downloading' || nowMs - extendedAtMs < extendEveryMs) return;
      extendedAtMs = nowMs;
      notifier.extendTimeout(extendByMs);
    },
  };
}
