export type { PromClient, PromRegistry } from './prom-client.js';
export type { PrometheusEndpoint, PrometheusOptions } from './serve-prometheus.js';
export { defaultPrometheusOptions, servePrometheus } from './serve-prometheus.js';
