import type { PromClient, PromRegistry } from '../../src/adapters/prometheus/index.js';

type Labels = Readonly<Record<string, string>>;

class FakeRegistry implements PromRegistry {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly values = new Map<string, number>();
  metrics(): Promise<string> {
    return Promise.resolve([...this.values].map(([name, value]) => `${name} ${value}\n`).join(''));
  }
}

type Configuration = ConstructorParameters<PromClient['Counter']>[0];

/** Adds and sets values of names with labels, as the real one writes them; histograms have their sum and count alone. */
class FakeMetric {
  readonly #name: string;
  readonly #registry: FakeRegistry;
  constructor({ name, labelNames, registers }: Configuration) {
    this.#name = name;
    this.#registry = registers[0] as FakeRegistry;
    if (labelNames.length === 0) this.#add('', {}, 0);
  }
  #add(suffix: string, labels: Labels, by: number, keep = 1): void {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
    const key = `${this.#name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`;
    this.#registry.values.set(key, (this.#registry.values.get(key) ?? 0) * keep + by);
  }
  inc(labels: Labels, by: number): void {
    this.#add('', labels, by);
  }
  set(labels: Labels, value: number): void {
    this.#add('', labels, value, 0);
  }
  observe(labels: Labels, value: number): void {
    this.#add('_sum', labels, value);
    this.#add('_count', labels, 1);
  }
}

/** What an endpoint needs of the peer, in a few lines. */
export const fakePromClient: PromClient = {
  Registry: FakeRegistry,
  Counter: FakeMetric,
  Gauge: FakeMetric,
  Histogram: FakeMetric,
};

const packageName: string = 'prom-client';

/** The fake and, where it is installed, the real one. */
export async function promClients(): Promise<readonly (readonly [string, PromClient])[]> {
  const fake = ['a fake prom-client', fakePromClient] as const;
  try {
    return [fake, ['prom-client', (await import(packageName)) as PromClient]];
  } catch {
    console.log('prom-client is not installed: the metrics are tested with a fake one alone');
    return [fake];
  }
}
