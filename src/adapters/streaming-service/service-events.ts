import type { Observable } from 'rxjs';
import { Subject } from 'rxjs';
import type { ServiceEvent } from './service-event.js';

/** Where the events of one service go. */
export interface ServiceEvents {
  readonly events$: Observable<ServiceEvent>;
  /** Whether anybody listens: what is costly to make is made only then. */
  readonly observed: boolean;
  tell(event: ServiceEvent): void;
  close(): void;
}

export function createServiceEvents(): ServiceEvents {
  const events$ = new Subject<ServiceEvent>();
  return {
    events$: events$.asObservable(),
    get observed() {
      return events$.observed;
    },
    tell: (event) => events$.next(event),
    close: () => events$.complete(),
  };
}
