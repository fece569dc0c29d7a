import type { SchedulerLike } from 'rxjs';
import type { PipelineEvent, UnstampedEvent } from './pipeline-event.js';

/** Give each event its time, and each fact its running count. */
export function stampEvents(
  scheduler: SchedulerLike,
  next: (event: PipelineEvent) => void,
): (event: UnstampedEvent) => void {
  const counts = new Map<string, number>();
  return (event) => {
    const atMs = scheduler.now();
    if (event.type !== 'fact') {
      next({ atMs, ...event } as PipelineEvent);
      return;
    }
    const count = (counts.get(event.fact) ?? 0) + event.count;
    counts.set(event.fact, count);
    next({ atMs, ...event, count });
  };
}
