/** The same service behind a real nginx, which makes failures of its own. */
import { describe, expect, it, type TestContext } from 'vitest';
import type { ReferenceServerOptions } from '../examples/reference-server/reference-server-options.js';
import type { StreamingServiceOptions } from '../src/adapters/streaming-service/index.js';
import { probeHealth, probeStatus } from '../src/adapters/streaming-service/index.js';
import { type Nginx, startNginx, whyNoNginx } from './support/nginx.js';
import { firstEvent, until, type Visit, visit } from './support/service-visit.js';

const missing = whyNoNginx();
if (missing !== undefined) console.warn(`streaming-service-nginx: skipped, because ${missing}`);

/** How long nginx lets the service be silent. */
const readTimeoutMs = 1500;

async function throughNginx(
  { skip }: Pick<TestContext, 'skip'>,
  body: (at: Visit, nginx: Nginx) => Promise<void>,
  server: Partial<ReferenceServerOptions> = {},
  service: Partial<StreamingServiceOptions> = {},
): Promise<void> {
  if (missing !== undefined) return skip(missing);
  let nginx: Nginx | undefined;
  const at = await visit(
    { httpPort: 0, ...server },
    { firstMessageMs: 5000, betweenMessagesMs: 5000, ...service },
    async (reference) => {
      const started = await startNginx(reference.port, reference.httpPort ?? 0, readTimeoutMs);
      nginx = started;
      const trust = { rootCertificates: started.certificate };
      return { options: { target: started.target, trust }, close: started.close };
    },
  );
  try {
    await body(at, nginx as unknown as Nginx);
  } finally {
    await at.leave();
  }
}

const whole = { events: 'started text audio ended:complete', outcome: 'complete', attempts: 1, losses: [] };
const cut = { events: 'started text audio ended:truncated', outcome: 'truncated', attempts: 1 };
const slowly = { deliveryRate: 1 };

describe.concurrent('behind nginx', () => {
  it('answers come as they do without it', (context) =>
    throughNginx(context, async (at) => {
      const seen = await at.ended(at.ask('Hello.'));
      expect(seen).toMatchObject({ ...whole, text: 'Hello! How can I help you?' });
      expect(await at.ended(at.ask('scenario: every-dtype'))).toMatchObject(whole);
    }));

  it('the probes are at the same port, with the same trust', (context) =>
    throughNginx(context, async (_at, { target, certificate }) => {
      const trust = { rootCertificates: certificate };
      expect(await probeHealth(target, { trust })).toMatchObject({ healthy: true });
      expect(await probeStatus(target, { trust })).toMatchObject({ service: 'voice-assistant' });
    }));

  it('a service that is silent too long is asked again, and given up (504)', (context) =>
    throughNginx(context, async (at) => {
      expect(await at.ended(at.ask('fault: never-answers'))).toMatchObject({
        ...{ events: 'failed:UPSTREAM_UNREACHABLE', attempts: 5, retryable: true, grpcStatus: 14 },
        message: expect.stringMatching(/504/),
      });
    }));

  it('a service that falls silent in mid-answer cuts it', (context) =>
    throughNginx(context, async (at) => {
      const seen = await at.ended(at.ask('fault: stalls'));
      expect(seen).toMatchObject(cut);
      expect(seen.losses).toEqual(['UPSTREAM_FAULT']);
      expect(await at.ended(at.ask('Hello.'))).toMatchObject({ outcome: 'complete' });
    }));

  it('a service that vanishes in mid-answer cuts it', (context) =>
    throughNginx(context, async (at) => {
      const seen = await at.ended(at.ask('scenario: tcp-reset-after-data'));
      expect(seen).toMatchObject({ ...cut, audioMs: expect.closeTo(100, 5) });
      expect(await at.ended(at.ask('Hello.'))).toMatchObject({ outcome: 'complete' });
    }));

  it('a service that is not there is asked again, and given up (502)', (context) =>
    throughNginx(context, async (at) => {
      await at.server.close();
      expect(await at.ended(at.ask('Hello.'))).toMatchObject({
        ...{ events: 'failed:UPSTREAM_UNREACHABLE', attempts: 5, retryable: true, grpcStatus: 14 },
        message: expect.stringMatching(/502/),
      });
    }));

  it('a cancel gets through to the service', (context) =>
    throughNginx(
      context,
      async (at) => {
        const turnId = at.ask('Hello.');
        await firstEvent(at, 'reply-audio');
        at.send({ type: 'reply-cancelled', turnId, revision: 1, replyId: null, heardMs: 0, heardText: '' });
        await until('the cancel', () => at.server.counts().cancelled === 1, 1000, at.server.counts);
      },
      slowly,
    ));

  it('a reload in mid-answer does not cut it', (context) =>
    throughNginx(
      context,
      async (at, nginx) => {
        const turnId = at.ask('Hello.');
        await firstEvent(at, 'reply-audio');
        nginx.reload();
        expect(await at.ended(turnId)).toMatchObject({ outcome: 'complete', attempts: 1 });
        expect(await at.ended(at.ask('Hello.'))).toMatchObject({ outcome: 'complete' });
      },
      slowly,
    ));
});
