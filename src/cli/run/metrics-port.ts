import { EMPTY, Observable } from 'rxjs';
import {
  type PrometheusEndpoint,
  type PrometheusOptions,
  servePrometheus,
} from '../../adapters/prometheus/index.js';
import type { KpiEvent } from '../../index.js';

/** Where figures can be fetched. A reload opens it anew, when the one before is closed. */
export interface MetricsPort {
  /** Serves until it is unsubscribed from; emits where. Nothing at all without options. Errors as `servePrometheus` does. */
  serve(
    kpis$: Observable<KpiEvent>,
    options: Partial<PrometheusOptions> | undefined,
  ): Observable<PrometheusEndpoint>;
  /** Settles when the port is free. */
  closed(): Promise<void>;
}

export function createMetricsPort(): MetricsPort {
  let free: Promise<void> = Promise.resolve();
  return {
    serve: (kpis$, options) =>
      options === undefined
        ? EMPTY
        : new Observable((subscriber) => {
            const opening = free.then(() =>
              subscriber.closed ? undefined : servePrometheus(kpis$, options),
            );
            opening.then(
              (endpoint) => endpoint && subscriber.next(endpoint),
              (error: unknown) => subscriber.error(error),
            );
            subscriber.add(() => {
              free = opening.then(
                (endpoint) => endpoint?.close(),
                () => {},
              );
            });
          }),
    closed: () => free,
  };
}
