import { request } from 'node:http';
import { connect } from 'node:net';
import { NEVER, Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type PrometheusEndpoint,
  type PrometheusOptions,
  servePrometheus,
} from '../src/adapters/prometheus/index.js';
import {
  counterMetrics,
  gaugeMetrics,
  latencyMetrics,
  stageMetric,
  stateMetrics,
} from '../src/adapters/prometheus/metric-table.js';
import type { KpiEvent } from '../src/core/kpi/kpi-event.js';
import { fakePromClient, promClients } from './support/prom-clients.js';

const open: PrometheusEndpoint[] = [];
afterEach(async () => {
  for (const endpoint of open.splice(0)) await endpoint.close();
});

const load = () => Promise.resolve(fakePromClient);
async function serve(
  kpis$: Parameters<typeof servePrometheus>[0] = NEVER,
  options: Partial<PrometheusOptions> = {},
) {
  const endpoint = await servePrometheus(kpis$, { port: 0, load, ...options });
  open.push(endpoint);
  return endpoint;
}

/** @returns the status, the type and the text of an answer. */
function ask(port: number, path = '/metrics', method = 'GET', host = `127.0.0.1:${port}`) {
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

const count = (of: 'ducks' | 'xruns', label: string | null, by: number): KpiEvent => ({
  ...{ type: 'counted', of, label, by, total: by, atMs: 0 },
});
const waited: KpiEvent = {
  ...{ type: 'latency-measured', of: 'reply-heard', valueMs: 2860, atMs: 0 },
  ...{ p50Ms: 2860, p95Ms: 2860, maxMs: 2860, count: 1 },
};

describe.each(await promClients())('metrics for Prometheus, with %s', (_name, client) => {
  const options = { load: () => Promise.resolve(client) };

  it('are what was measured, in seconds', async () => {
    const kpis$ = new Subject<KpiEvent>();
    const { port, url } = await serve(kpis$, options);
    const events: KpiEvent[] = [
      ...[count('ducks', null, 1), count('ducks', null, 1), count('xruns', 'capture', 3), waited],
      { type: 'gauge-read', of: 'loop-lag', label: 'microphone', value: 12, atMs: 0 },
      { type: 'gauge-read', of: 'device-drift', label: 'microphone', value: -40, atMs: 0 },
      { type: 'share-measured', of: 'filler', share: 0.25, count: 4, atMs: 0 },
      { type: 'alert-raised', alert: 'slow-answer', severity: 'critical', value: 4000, limit: 3000, atMs: 0 },
      {
        ...{ type: 'barge-in-measured', by: 'speech', totalMs: 220, atMs: 0 },
        stagesMs: { detector: 32, gate: 160, loop: 11, queue: 1, device: 16 },
      },
    ];
    for (const event of events) kpis$.next(event);
    const { status, type, text } = await ask(port);

    expect([status, url]).toEqual([200, `http://127.0.0.1:${port}/metrics`]);
    expect(type).toContain('text/plain; version=0.0.4');
    for (const line of [
      ...['earshot_ducks_total 2', 'earshot_xruns_total{side="capture"} 3', 'earshot_running 1'],
      ...['earshot_reply_heard_seconds_sum 2.86', 'earshot_reply_heard_seconds_count 1'],
      ...['earshot_loop_lag_seconds{device="microphone"} 0.012', 'earshot_share{of="filler"} 0.25'],
      ...['earshot_device_drift_ppm{device="microphone"} -40'],
      ...['earshot_alert{alert="slow-answer",severity="critical"} 1'],
      ...['earshot_alert{alert="many-fallbacks",severity="error"} 0'],
      ...['earshot_onset_to_silence_stage_seconds_sum{stage="gate"} 0.16'],
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('say that the loop has ended, and stay', async () => {
    const kpis$ = new Subject<KpiEvent>();
    const { port } = await serve(kpis$, options);
    kpis$.next(count('ducks', null, 1));
    kpis$.error(new Error('gone'));
    const { text } = await ask(port);

    expect(text).toMatch(/^earshot_running 0$/m);
    expect(text).toMatch(/^earshot_ducks_total 1$/m);
  });

  it('of two loops do not mix', async () => {
    const kpis$ = new Subject<KpiEvent>();
    const one = await serve(kpis$, options);
    const other = await serve(NEVER, options);
    kpis$.next(count('ducks', null, 1));

    expect((await ask(one.port)).text).toMatch(/^earshot_ducks_total 1$/m);
    expect((await ask(other.port)).text).toMatch(/^earshot_ducks_total 0$/m);
  });
});

describe('the endpoint', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/x', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 200],
    ['GET', '/metrics?name=x', 200],
  ])('answers %s %s with %d', async (method, path, status) => {
    const { port } = await serve();
    const answer = await ask(port, path, method);
    expect(answer.status).toBe(status);
    if (method === 'HEAD') expect(answer.text).toBe('');
  });

  it('refuses whoever asks for it by a name that is not of this machine', async () => {
    const { port } = await serve();
    expect((await ask(port, '/metrics', 'GET', 'evil.example')).status).toBe(403);
    expect((await ask(port, '/metrics', 'GET', `localhost:${port}`)).status).toBe(200);
  });

  it('measures only once the port is open, and until it is closed', async () => {
    const kpis$ = new Subject<KpiEvent>();
    const first = await serve();
    await expect(serve(kpis$, { port: first.port })).rejects.toThrow();
    expect(kpis$.observed).toBe(false);
    const second = await serve(kpis$);
    expect(kpis$.observed).toBe(true);
    await second.close();
    await second.close();
    expect(kpis$.observed).toBe(false);
    await expect(ask(second.port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('closes at once, whoever is connected and says nothing', async () => {
    const endpoint = await serve();
    const silent = connect(endpoint.port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const ended = new Promise((resolve) => silent.once('close', resolve));
    silent.on('error', () => {});
    await endpoint.close();
    await ended;
  });

  it('lets nobody in beyond eight connections, and answers again when they are gone', async () => {
    const { port } = await serve();
    const silent = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await expect(ask(port)).rejects.toThrow();
    await Promise.all(
      silent.map((socket) => {
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.destroy();
        return closed;
      }),
    );
    await expect
      .poll(() =>
        ask(port).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('says which port is taken, and the way out', async () => {
    const { port } = await serve();
    await expect(servePrometheus(NEVER, { port, load })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: `[OPTION_INVALID] servePrometheus: port ${port} of 127.0.0.1 is taken by another program; give another port, or 0 for any that is free`,
    });
  });

  it('refuses to be reached from elsewhere, and other bad options', async () => {
    await expect(servePrometheus(NEVER, { host: '0.0.0.0' as '::1', port: 70_000 })).rejects.toThrow(
      /host must be one of "127.0.0.1", "::1", but is "0.0.0.0"; port must be a whole number from 0 to 65535/,
    );
  });

  it('says how to get the package when it is not installed, or why it does not load', async () => {
    const failing = (message: string) =>
      servePrometheus(NEVER, { port: 0, load: () => Promise.reject(new Error(message)) });

    await expect(failing("Cannot find package 'prom-client' imported from x")).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/which is not installed; run: npm install prom-client@/),
    });
    await expect(failing('bad image\nstack')).rejects.toThrow(
      /could not be loaded \(bad image\); run: npm install/,
    );
  });

  it('answers 500 when the metrics cannot be written', async () => {
    class Broken extends fakePromClient.Registry {
      override metrics(): Promise<string> {
        return Promise.reject(new Error('no'));
      }
    }
    const broken = { ...fakePromClient, Registry: Broken };
    const { port } = await serve(NEVER, { load: () => Promise.resolve(broken) });
    expect((await ask(port)).status).toBe(500);
  });
});

describe('the names of the metrics', () => {
  const all = [counterMetrics, gaugeMetrics, stateMetrics, latencyMetrics].flatMap((table) =>
    Object.values(table),
  );

  it('are as Prometheus wants them, each once, and counters end in _total', () => {
    const names = [...all, stageMetric].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^earshot_[a-z]+(_[a-z]+)*$/);
    for (const { name } of Object.values(counterMetrics)) expect(name).toMatch(/_total$/);
    for (const { name } of Object.values(latencyMetrics)) expect(name).toMatch(/_seconds$/);
  });
});
