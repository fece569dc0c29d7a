import { type Observable, Subscription } from 'rxjs';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelinePorts } from './pipeline-ports.js';

type EngineEvent = Extract<UnstampedEvent, { readonly type: `engine-${string}` }>;

/** Tell which of several voices and transcribers does the work, while this is subscribed. A report that fails ends nothing. */
export function tellEngineReports(
  { upstream, transcriber }: PipelinePorts,
  tell: (event: UnstampedEvent) => void,
): Subscription {
  const told = new Subscription();
  const listen = (part: EngineEvent['part'], reports$: Observable<FallbackReport> | undefined): void => {
    told.add(
      reports$?.subscribe({
        next: (report) => tell({ ...report, type: `engine-${report.type}`, part } as EngineEvent),
        error: (error) => tell({ type: 'degraded', part: 'engine-reports', error }),
      }),
    );
  };
  listen('voice', upstream.reports$);
  listen('transcriber', transcriber?.reports$);
  return told;
}
