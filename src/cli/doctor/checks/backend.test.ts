import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ReferenceServer,
  startReferenceServer,
} from '../../../../examples/reference-server/reference-server.js';
import type { ReferenceServerOptions } from '../../../../examples/reference-server/reference-server-options.js';
import { longAgo, makeCertificate } from '../../../../test/support/certificates.js';
import { type Listener, listen } from '../../../../test/support/listener.js';
import {
  clearPlayedMachines,
  examinationOf,
  neverStopped,
  playedMachine,
} from '../../../../test/support/played-machine.js';
import type { EarshotConfig, UpstreamConfig } from '../../config/earshot-config.js';
import { missingText, referencedText } from '../../config/referenced-text.js';
import type { Check } from '../check.js';
import { backendConnect, judgeConnect } from './backend-connect.js';
import { backendLatency, judgeLatency } from './backend-latency.js';
import { backendName, judgeName } from './backend-name.js';
import { backendTls, judgeCertificate } from './backend-tls.js';
import { hardwareId } from './hardware-id.js';
import { placeOf } from './service-place.js';

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  clearPlayedMachines();
  for (const one of started.splice(0)) await one.close();
});

async function serve(options: Partial<ReferenceServerOptions> = {}): Promise<ReferenceServer> {
  const server = await startReferenceServer({ voice: 'prompts', ...options });
  started.push(server);
  return server;
}

async function keep(listening: Promise<Listener>): Promise<Listener> {
  const listener = await listening;
  started.push(listener);
  return listener;
}

const configOf = (upstream: UpstreamConfig): EarshotConfig => ({
  upstream,
  transcriber: { engine: 'scripted', sidecarPath: 'a.json' },
});

/** On the clocks of this machine, since calls take the time that they take. */
const look = (check: Check, upstream: UpstreamConfig, signal: AbortSignal = neverStopped) =>
  check.examine(
    examinationOf(playedMachine({ wallMs: () => Date.now(), steadyMs: () => performance.now() }), {
      config: configOf(upstream),
    }),
    signal,
  );

describe('where a service is', () => {
  it.each<[UpstreamConfig, object]>([
    [{ target: 'voice.example.com:443' }, { host: 'voice.example.com', port: 443, isSecured: true }],
    [{ target: '[::1]:50051' }, { host: '::1', port: 50_051, isSecured: false }],
    [{ target: '127.8.9.1:1' }, { isSecured: false }],
    [{ target: 'localhost:1', trust: { fingerprint: 'AA' } }, { isSecured: true }],
    [{ target: 'localhost:1', trust: { serverName: null } }, { isSecured: false }],
    [{ target: '192.168.0.1:1', insecure: true }, { isSecured: false }],
    [{ target: '192.168.0.1:1', trust: { insecure: true } }, { isSecured: false }],
  ])('%j', (upstream, place) => {
    expect(placeOf(upstream, {})).toMatchObject(place);
  });

  it('is behind a proxy where the config lets the environment choose one', () => {
    const upstream = { target: 'voice.example.com:443' };
    const env = { https_proxy: 'http://proxy:3128' };
    expect(placeOf(upstream, env).hasProxy).toBe(false);
    expect(placeOf({ ...upstream, useProxy: true }, env).hasProxy).toBe(true);
    expect(placeOf({ ...upstream, useProxy: true }, {}).hasProxy).toBe(false);
  });
});

describe('the name of a service', () => {
  const host = 'voice.example.com';

  it.each([
    [{ addresses: ['10.0.0.1', '::2'], tookMs: 12 }, 'green', /voice.example.com is 10.0.0.1, ::2/],
    [{ addresses: ['10.0.0.1'], tookMs: 900 }, 'amber', /that took 900 ms/],
    [{ addresses: [], tookMs: 30, code: 'ENOTFOUND' }, 'red', /there is no voice.example.com/],
    [{ addresses: [], tookMs: 30, code: 'EAI_AGAIN' }, 'red', /cannot be looked up \(EAI_AGAIN\)/],
  ])('%j is %s', (figures, rating, finding) => {
    expect(judgeName({ host, ...figures })).toMatchObject({
      rating,
      finding: expect.stringMatching(finding),
    });
  });

  it('is looked up, and an address is not', async () => {
    expect(await look(backendName, { target: 'localhost:1' })).toMatchObject([
      { rating: 'green', figures: { host: 'localhost' } },
    ]);
    expect(await look(backendName, { target: '[::1]:1' })).toEqual([]);
  });
});

describe('a connection to a service', () => {
  it('is made, or is told why not', async () => {
    const { target, close } = await keep(listen(createTcpServer()));
    expect(await look(backendConnect, { target })).toMatchObject([{ rating: 'green' }]);
    await close();
    expect(await look(backendConnect, { target })).toMatchObject([
      {
        rating: 'red',
        finding: expect.stringContaining('nobody listens there'),
        figures: { code: 'ECONNREFUSED' },
      },
    ]);
  });

  it('is red for any other reason, too', () => {
    const at = { host: '::1', port: 443, tookMs: 5000 };
    expect(judgeConnect({ ...at, code: 'timeout' })).toMatchObject({
      rating: 'red',
      finding: '[::1]:443 cannot be connected to: nothing answered within 5 s',
      cure: expect.stringContaining('firewall'),
    });
    expect(judgeConnect({ ...at, code: 'EPROTO' })).toMatchObject({
      rating: 'red',
      figures: { code: 'EPROTO' },
    });
  });
});

describe('the certificate of a service', () => {
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 21, 12);
  const shown = { subject: 'CN=voice', issuer: 'CN=root', selfSigned: false, wallMs: now };
  const holds = (fromDays: number, toDays: number) => ({
    ...shown,
    validFrom: new Date(now + fromDays * day),
    validTo: new Date(now + toDays * day),
  });

  it.each([
    [-10, 80, 'green', /80 days/],
    [-10, 14, 'green', /14 days/],
    [-10, 13.5, 'amber', /13 days/],
    [-10, 0.5, 'amber', /0 days/],
    [-10, -0.1, 'red', /ended on 2026-11-21/],
    [2, 80, 'red', /valid from 2026-11-23T12:00:00.000Z on, and here it is 2026-11-21/],
  ])('from %d to %d days from now is %s', (from, to, rating, finding) => {
    expect(judgeCertificate(holds(from, to))).toMatchObject({
      rating,
      finding: expect.stringMatching(finding),
    });
  });

  it('is the one that a service really shows', async () => {
    const short = makeCertificate({
      commonName: 'voice',
      names: ['127.0.0.1'],
      validTo: new Date(Date.now() + 5.5 * day),
    });
    const old = makeCertificate({
      commonName: 'old',
      names: ['127.0.0.1'],
      validFrom: longAgo(9),
      validTo: longAgo(2),
    });
    for (const [{ pem, keyPem }, rating, daysLeft] of [
      [short, 'amber', 5],
      [old, 'red', -3],
    ] as const) {
      const { target } = await keep(listen(createTlsServer({ cert: pem, key: keyPem })));
      const trust = { rootCertificates: referencedText(pem, 'a test') };
      expect(await look(backendTls, { target, trust })).toMatchObject([{ rating, figures: { daysLeft } }]);
    }
  });

  it('is missing where plain text is spoken: on purpose, by nature, or by mistake', async () => {
    expect(await look(backendTls, { target: '127.0.0.1:1' })).toMatchObject([{ rating: 'green' }]);
    expect(await look(backendTls, { target: '10.0.0.1:1', insecure: true })).toMatchObject([
      { rating: 'amber' },
    ]);
    const { port } = await serve();
    const trust = { serverName: 'localhost' };
    expect(await look(backendTls, { target: `127.0.0.1:${port}`, trust })).toMatchObject([
      { rating: 'red', figures: { code: 'UPSTREAM_TLS_UNEXPECTED' } },
    ]);
  });
});

describe('calls to a service', () => {
  it.each([
    [{ firstMs: 40, callsMs: [12, 9, 11], isKnown: true }, 'green', 11],
    [{ firstMs: 900, callsMs: [250, 260, 240], isKnown: true }, 'amber', 250],
    [{ firstMs: 40, callsMs: [10, 12, 1500], isKnown: false }, 'amber', 12],
  ])('%j are %s', (figures, rating, medianMs) => {
    expect(judgeLatency(figures)).toMatchObject({ rating, figures: { medianMs } });
  });

  it('are made, and ask for nothing', async () => {
    const server = await serve();
    const [found] = await look(backendLatency, { target: `127.0.0.1:${server.port}`, hardwareId: 'kiosk' });
    expect(found).toMatchObject({ id: 'backend-latency', figures: { calls: 7, isKnown: true } });
    expect(found?.rating).not.toBe('red');
    expect(found?.figures['medianMs']).toBeGreaterThan(0);
    expect(server.calls().filter(({ method }) => method !== 'ReportUsage')).toEqual([]);
  });

  it('are red with what the service, or TLS, says', async () => {
    const { pem, keyPem } = makeCertificate({ commonName: 'voice', names: ['127.0.0.1'] });
    const { port } = await serve({ tls: { certificate: pem, key: keyPem } });
    const target = `127.0.0.1:${port}`;
    const trusting = (certificate: string) => ({ rootCertificates: referencedText(certificate, 'a test') });
    const [fine] = await look(backendLatency, { target, trust: trusting(pem), hardwareId: 'kiosk' });
    expect(fine?.rating).not.toBe('red');
    const stranger = makeCertificate({ commonName: 'stranger' });
    expect(
      await look(backendLatency, { target, trust: trusting(stranger.pem), hardwareId: 'kiosk' }),
    ).toMatchObject([{ rating: 'red', figures: { code: 'UPSTREAM_TLS_UNTRUSTED' } }]);
    const { target: mute, close } = await keep(listen(createTcpServer()));
    await close();
    expect(await look(backendLatency, { target: mute, hardwareId: 'kiosk' })).toMatchObject([
      { rating: 'red', figures: { code: 'UPSTREAM_UNREACHABLE' } },
    ]);
  });

  it('are not made without a secret that is not here, which is no fault of the service', async () => {
    const server = await serve();
    const metadata = { authorization: missingText('the file /run/credentials/earshot.service/token') };
    const target = `127.0.0.1:${server.port}`;
    expect(await look(backendLatency, { target, hardwareId: 'kiosk', metadata })).toMatchObject([
      {
        rating: 'amber',
        finding: 'not called, because upstream.metadata.authorization cannot be looked up here',
      },
    ]);
    expect(server.calls()).toEqual([]);
  });

  it('end when nobody waits for them', async () => {
    const { target } = await keep(listen(createTcpServer()));
    const stop = new AbortController();
    const looking = look(backendLatency, { target, hardwareId: 'kiosk' }, stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(looking).resolves.toHaveLength(1);
  });
});

describe('the id of this device', () => {
  it('is what the config says, or is derived, or is missing', async () => {
    const id = (upstream: UpstreamConfig, files = {}) =>
      hardwareId.examine(
        examinationOf(playedMachine({ files }), { config: configOf(upstream) }),
        neverStopped,
      );
    const target = 'voice.example.com:443';
    expect(await id({ target, hardwareId: 'kiosk' })).toMatchObject([
      { rating: 'green', figures: { from: 'config' } },
    ]);
    const serial = { '/proc/device-tree/serial-number': '10000000abcdef01\0' };
    expect(await id({ target }, serial)).toMatchObject([{ rating: 'green', figures: { from: 'machine' } }]);
    expect(await id({ target })).toMatchObject([
      { rating: 'red', cure: expect.stringContaining('choose a hardwareId') },
    ]);
  });
});
