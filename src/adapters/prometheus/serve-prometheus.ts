import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Observable } from 'rxjs';
import { OptionError } from '../../core/errors.js';
import type { KpiEvent } from '../../core/kpi/kpi-event.js';
import { integerIn, oneOf, resolveOptions } from '../../core/options.js';
import { createConversationMetrics } from './conversation-metrics.js';
import { importPromClient, loadPromClient, type PromClient, type PromRegistry } from './prom-client.js';

/** Where metrics can be fetched. @public */
export interface PrometheusOptions {
  /** An address of this machine that no other one reaches: `127.0.0.1` or `::1`. @defaultValue '127.0.0.1' */
  readonly host: '127.0.0.1' | '::1';
  /** Range: 0..65535. 0 takes any that is free. The one that exporters of OpenTelemetry use. @defaultValue 9464 */
  readonly port: number;
  /** Where prom-client comes from. @defaultValue the package that is installed */
  readonly load: () => Promise<PromClient>;
}

/** @public */
export const defaultPrometheusOptions = {
  host: '127.0.0.1',
  port: 9464,
  load: importPromClient,
} as const satisfies PrometheusOptions;

/** Metrics that can be fetched. @public */
export interface PrometheusEndpoint {
  /** Such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  readonly port: number;
  /** Stop measuring, end every connection and free the port. Idempotent. */
  close(): Promise<void>;
}

const path = '/metrics';
/** One Prometheus, and somebody who looks. */
const maxConnections = 8;
/** For the whole of a request. Units: ms. */
const requestMs = 5000;
/** Units: bytes. */
const maxHeaderBytes = 8192;

/**
 * Serve what is measured for Prometheus, on this machine alone.
 *
 * @remarks
 * It subscribes to `kpis$` once the port is open. Of a pipeline that means: the loop runs from then on, and until `close` at least.
 * When `kpis$` completes or fails, `earshot_running` is 0 and everything else stays as it was.
 * Bounds: 8 connections, 5 s and 8 KiB for a request, one answer a connection. Only `GET` and `HEAD` of `/metrics`, and only by a name of this
 * machine, so that no web page can read it through the browser of somebody who is logged in there.
 *
 * @param kpis$ - what `measureConversation` found.
 * @throws OptionError `OPTION_INVALID`: also where the port is taken, or may not be used.
 * @throws VoiceError `PEER_MISSING` without prom-client.
 * @public
 */
export async function servePrometheus(
  kpis$: Observable<KpiEvent>,
  options: Partial<PrometheusOptions> = {},
): Promise<PrometheusEndpoint> {
  const { host, port, load } = resolveOptions<PrometheusOptions>(
    'servePrometheus',
    defaultPrometheusOptions,
    options,
    {
      host: oneOf('127.0.0.1', '::1'),
      port: integerIn(0, 65_535),
      load: (value) => (typeof value === 'function' ? undefined : 'must be a function'),
    },
  );
  const metrics = createConversationMetrics(await loadPromClient(load));
  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, connectionsCheckingInterval: 1000 },
    answerWith(metrics.registry),
  );
  server.maxConnections = maxConnections;
  server.headersTimeout = requestMs;
  server.requestTimeout = requestMs;
  const opened = await listen(server, host, port);

  metrics.running(true);
  const ended = () => metrics.running(false);
  const measuring = kpis$.subscribe({ next: metrics.next, error: ended, complete: ended });
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${opened}${path}`,
    port: opened,
    close() {
      closing ??= new Promise((resolve) => {
        measuring.unsubscribe();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function answerWith(registry: PromRegistry): RequestListener {
  return (request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, {
        ...{ 'content-type': type, 'cache-control': 'no-store', connection: 'close' },
        ...(status === 405 && { allow: 'GET, HEAD' }),
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')) {
      answer(403, 'ask for it as 127.0.0.1, [::1] or localhost\n');
    } else if (request.url?.split('?', 1)[0] !== path) {
      answer(404, `there is only ${path}\n`);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(405, 'it can only be read\n');
    } else {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, 'the metrics could not be written\n'),
      );
    }
  };
}

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another program; give another port, or 0 for any that is free',
  EACCES: 'may not be used by this user; give a port from 1024 on, or 0 for any that is free',
  EADDRNOTAVAIL: 'is not there, because the machine has no such address; give the other host',
};

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = problems[cause.code ?? ''] ?? `cannot be opened (${cause.message}); give another port`;
      reject(
        new OptionError('OPTION_INVALID', `servePrometheus: port ${port} of ${host} ${problem}`, { cause }),
      );
    });
    server.listen({ host, port, exclusive: true }, () => {
      // It has no more errors that could be told to anybody; a connection that fails is its own matter.
      server.on('error', () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}
