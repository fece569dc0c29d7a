import { type AddressInfo, createServer } from 'node:net';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { startStreamServer } from '../../../test/support/stream-server.js';
import type { UpstreamEvent, UpstreamRequest } from '../../core/ports/upstream.js';
import type { ServiceEvent } from './service-event.js';
import { streamingService } from './streaming-service.js';
import type { StreamingServiceInit } from './streaming-service-options.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(port = 0) {
  const server = await startStreamServer(
    (call) => {
      call.write({ content: { case: 'textChunk', value: 'Hi.' } });
      call.write({ content: { case: 'endMessage', value: 'done' } });
      call.end();
    },
    { port },
  );
  cleanUps.push(server.close);
  return server;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 5) {
    if (waited > 5000) throw new Error(`waited five seconds for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function open(target: string, options: Partial<StreamingServiceInit> = {}) {
  const service = streamingService({
    target,
    hardwareId: 'kiosk-7',
    retryDelayMs: 20,
    maxRetryDelayMs: 80,
    retryJitter: 0,
    ...options,
  });
  const told: ServiceEvent[] = [];
  const events: UpstreamEvent[] = [];
  const requests$ = new Subject<UpstreamRequest>();
  service.events$.subscribe((event) => told.push(event));
  const session = service
    .openSession(requests$)
    .subscribe({ next: (event) => events.push(event), error: () => {} });
  cleanUps.push(service.close, () => session.unsubscribe());
  return {
    service,
    session,
    events,
    told,
    /** States, and the delays between two attempts to connect. */
    states: () =>
      told.flatMap((event) => (event.type === 'connection' ? [event.retryInMs ?? event.state] : [])),
    ask(turnId: string) {
      requests$.next({ type: 'turn-text', turnId, revision: 1, text: 'hello' });
      requests$.next({ type: 'turn-ended', turnId, revision: 1 });
    },
  };
}

describe('a service that was never reachable', () => {
  const attempts = (told: readonly ServiceEvent[]) =>
    told.flatMap((event) => (event.type === 'attempt-ended' ? [event.decision] : []));

  it('is asked five times where it refuses; then the turn has failed, and then the session is lost', async () => {
    const gone = await serve();
    await gone.close();
    const { events, ask, told } = open(gone.target);
    ask('a');
    await until('the loss', () => events.length === 2);

    expect(attempts(told)).toEqual(['retry', 'retry', 'retry', 'retry', 'give-up']);
    expect(events).toMatchObject([
      { type: 'turn-failed', error: { code: 'UPSTREAM_UNREACHABLE' } },
      { type: 'session-lost', error: { code: 'UPSTREAM_UNREACHABLE' } },
    ]);
  });

  it('is asked once where nothing comes back at all, and no session is lost', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => mute.close());
    const { port } = mute.address() as AddressInfo;
    const { events, ask, told } = open(`127.0.0.1:${port}`, { firstMessageMs: 200 });
    ask('a');
    await until('the failure', () => events.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(attempts(told)).toEqual(['give-up']);
    expect(events).toMatchObject([{ type: 'turn-failed', error: { code: 'UPSTREAM_TIMEOUT' } }]);
  });
});

describe('the connection of a session', () => {
  it('is told of while it is made, used and closed', async () => {
    const server = await serve();
    const { session, states } = open(server.target);
    await until('the connection', () => states().includes('ready'));
    session.unsubscribe();

    expect(states()).toEqual(['connecting', 'ready', 'closed']);
  });

  it('is tried again with a growing delay while nobody listens, and made when somebody does', async () => {
    const gone = await serve();
    await gone.close();
    const { events, states } = open(gone.target);
    await until('some attempts', () => states().filter((state) => state === 80).length >= 2);
    expect(events).toEqual([]);
    await serve(gone.port);
    await until('the connection', () => states().includes('ready'));

    expect(states().slice(0, 8)).toEqual([
      'connecting',
      20,
      'connecting',
      40,
      'connecting',
      80,
      'connecting',
      80,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['session-opened']);
  });

  it('is made again by itself when it is lost between two turns', async () => {
    const server = await serve();
    const { states, ask, events } = open(server.target);
    await until('the connection', () => states().includes('ready'));
    for (const socket of server.openSockets()) socket.destroy();
    await until('another one', () => server.connections() === 2);
    await until('it to be told', () => states().filter((state) => state === 'ready').length === 2);
    ask('a');
    await until('the answer', () => events.some(({ type }) => type === 'reply-ended'));

    expect(states()).toEqual(['connecting', 'ready', 20, 'connecting', 'ready']);
    expect(server.connections()).toBe(2);
  });

  it('is made at once when a turn needs it, whatever the delay', async () => {
    const gone = await serve();
    await gone.close();
    const { states, ask, events } = open(gone.target, { retryDelayMs: 60_000, maxRetryDelayMs: 60_000 });
    await until('the first failure', () => states().includes(60_000));
    await serve(gone.port);
    ask('a');
    await until('the answer', () => events.some(({ type }) => type === 'reply-ended'));

    expect(events.some(({ type }) => type === 'turn-failed')).toBe(false);
  });

  it('is made again by itself after a turn that gave it up', async () => {
    const server = await serve();
    const { states, ask, events } = open(server.target, { maxRetries: 0 });
    await until('the connection', () => states().includes('ready'));
    await server.close();
    await until('the loss', () => states().includes(20));
    ask('a');
    await until('the failure', () => events.some(({ type }) => type === 'session-lost'));
    await serve(server.port);
    await until('another session', () => events.filter(({ type }) => type === 'session-opened').length === 2);

    expect(events.map(({ type }) => type)).toEqual([
      'session-opened',
      'turn-failed',
      'session-lost',
      'session-opened',
    ]);
  });

  it('is left alone once the session is over', async () => {
    const gone = await serve();
    await gone.close();
    const { states, session } = open(gone.target);
    await until('the first failure', () => states().includes(20));
    session.unsubscribe();
    const before = states();
    const back = await serve(gone.port);
    await new Promise((resolve) => setTimeout(resolve, 200));

    expect(before.at(-1)).toBe('closed');
    expect(states()).toEqual(before);
    expect(back.connections()).toBe(0);
  });
});
