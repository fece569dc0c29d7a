import { VoiceError } from '../../core/errors.js';

/** Labels of one value. */
type Labels = Readonly<Record<string, string>>;

interface MetricConfiguration {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: PromRegistry[];
}

/** Holds metrics and writes them. @public */
export interface PromRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** The part of prom-client that we use, so that our declarations do not need the peer. @public */
export interface PromClient {
  readonly Registry: new () => PromRegistry;
  readonly Counter: new (configuration: MetricConfiguration) => { inc(labels: Labels, by: number): void };
  readonly Gauge: new (configuration: MetricConfiguration) => { set(labels: Labels, value: number): void };
  readonly Histogram: new (
    configuration: MetricConfiguration & { readonly buckets: number[] },
  ) => { observe(labels: Labels, value: number): void };
}

/** What to type when the peer is missing; the version is the one that the tests ran with. */
const installCommand = 'npm install prom-client@15.1.3';
/** In a variable, since it may be missing where this is compiled. */
const packageName: string = 'prom-client';

/** Import the peer, when it is needed and not before. */
export async function importPromClient(): Promise<PromClient> {
  return (await import(packageName)) as PromClient;
}

/** The peer, or one sentence that says how to get it. */
export async function loadPromClient(load: () => Promise<PromClient>): Promise<PromClient> {
  try {
    return await load();
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';
    const isAbsent = /cannot find (package|module) '?prom-client/i.test(reason);
    const what = isAbsent
      ? 'the metrics for Prometheus need the package prom-client, which is not installed'
      : `the metrics for Prometheus need the package prom-client, which could not be loaded (${reason})`;
    throw new VoiceError('PEER_MISSING', `${what}; run: ${installCommand}`, { cause });
  }
}
