import { once } from 'node:events';
import { createServer } from 'node:net';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type StreamBehaviour,
  type StreamServer,
  startStreamServer,
} from '../../../test/support/stream-server.js';
import { startTcpRelay } from '../../../test/support/tcp-relay.js';
import type { UpstreamRequest } from '../../core/ports/upstream.js';
import { type ObservedSession, observeSession } from '../../testing/contracts/upstream-session.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { streamingService } from './streaming-service.js';
import type { StreamingServiceInit } from './streaming-service-options.js';

/** Time for what has to come over a loopback connection; reached only when something is broken. */
const limitMs = 5000;
/** Bytes of 10 ms. */
const tenMs = new Uint8Array(960).fill(1);
const audio = (audioData: Uint8Array = tenMs) =>
  ({ content: { case: 'audioChunk', value: { audioData, sampleRate: 48_000, channels: 1 } } }) as const;
const text = (value: string) => ({ content: { case: 'textChunk', value } }) as const;
const end = { content: { case: 'endMessage', value: 'done' } } as const;
const error = (value: string) => ({ content: { case: 'errorMessage', value } }) as const;

type Message = Parameters<Parameters<StreamBehaviour>[0]['write']>[0];

/** Sends some messages, then ends with OK, with another status, or leaves the call open. */
const say =
  (
    messages: readonly Message[],
    then: 'ok' | 'open' | { code: number; details: string } = 'ok',
  ): StreamBehaviour =>
  (call) => {
    for (const message of messages) call.write(message);
    if (then === 'ok') call.end();
    else if (then !== 'open') call.emit('error', then);
  };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(behaviour: StreamBehaviour, port = 0): Promise<StreamServer> {
  const server = await startStreamServer(behaviour, { port });
  cleanUps.push(server.close);
  return server;
}

const realTime = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function open(target: string, options: Partial<StreamingServiceInit> = {}): ObservedSession {
  const upstream = streamingService({ target, hardwareId: 'kiosk-7', maxRetries: 0, ...options });
  const session = observeSession(upstream, realTime);
  cleanUps.push(session.unsubscribe);
  return session;
}

async function answered(session: ObservedSession, turnId: string, revision = 1): Promise<void> {
  await session.until(`the end of turn ${turnId}`, () => session.isOver(turnId, revision), limitMs);
}

/** Asks one turn of a server that behaves so, and gives the session when the turn is over. */
async function askOnce(behaviour: StreamBehaviour, options: Partial<StreamingServiceInit> = {}) {
  const server = await serve(behaviour);
  const session = open(server.target, options);
  session.ask('a');
  await answered(session, 'a');
  await session.until('the server to be left alone', () => server.openCalls() === 0, limitMs);
  return { server, session };
}

const failure = (session: ObservedSession) => session.of('turn-failed')[0]?.error;
const ends = (session: ObservedSession) =>
  session.of('reply-ended').map(({ reason, message }) => [reason, message]);
const facts = (session: ObservedSession) => session.of('upstream-fact').map(({ fact }) => fact);

describe('the request', () => {
  it('carries the text and the device, with a fresh version-4 UUID each time', async () => {
    const server = await serve((call) => {
      call.write(text('yes'));
      call.write(end);
      call.end();
    });
    const session = open(server.target);
    for (const turnId of ['a', 'b']) {
      session.ask(turnId);
      await answered(session, turnId);
    }

    expect(server.requests.map(({ prompt, hardwareId, phase }) => [prompt, hardwareId, phase])).toEqual([
      ['question a', 'kiosk-7', 0],
      ['question b', 'kiosk-7', 0],
    ]);
    const ids = server.requests.map(({ sessionId }) => sessionId);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(session.of('reply-started').map(({ replyId }) => replyId)).toEqual(ids);
    expect(server.connections()).toBe(1);
  });

  it('is not made for a turn without words', async () => {
    const server = await serve((call) => call.end());
    const session = open(server.target);
    session.send({ type: 'turn-text', turnId: 'a', revision: 1, text: '  ' });
    session.send({ type: 'turn-ended', turnId: 'a', revision: 1 });
    session.send({ type: 'turn-ended', turnId: 'b', revision: 1 });

    expect(session.of('turn-failed').map(({ turnId, error: { code } }) => [turnId, code])).toEqual([
      ['a', 'UPSTREAM_REJECTED'],
      ['b', 'UPSTREAM_REJECTED'],
    ]);
    expect(server.requests).toEqual([]);
  });

  it('is made once for a turn that is ended twice', async () => {
    const { server, session } = await askOnce((call) => {
      setTimeout(() => {
        call.write(text('yes'));
        call.write(end);
        call.end();
      }, 50);
    });
    session.send({ type: 'turn-text', turnId: 'b', revision: 2, text: 'hello' });
    session.send({ type: 'turn-ended', turnId: 'b', revision: 2 });
    session.send({ type: 'turn-ended', turnId: 'b', revision: 2 });
    session.send({ type: 'turn-text', turnId: 'b', revision: 1, text: 'older' });
    await answered(session, 'b', 2);

    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['question a', 'hello']);
    expect(facts(session)).toEqual(['turn-ended-stale', 'turn-text-stale']);
  });

  it('is forgotten when too many turns are begun and never ended', async () => {
    const server = await serve((call) => call.end());
    const session = open(server.target);
    for (let k = 0; k < 9; k++)
      session.send({ type: 'turn-text', turnId: `t${k}`, revision: 1, text: 'begun' });

    expect(session.of('upstream-fact')).toMatchObject([{ fact: 'turn-text-dropped', detail: /^turn t0 / }]);
  });

  it('is said once to be of the wrong kind', async () => {
    const server = await serve((call) => call.end());
    const session = open(server.target);
    const frame = {
      format: { sampleRateHz: 16_000, channels: 1 },
      samples: new Float32Array(1),
      samplesPerChannel: 1,
      timestampMs: 0,
    };
    for (let k = 0; k < 3; k++) {
      session.send({ type: 'turn-audio', turnId: 'a', revision: 1, frame });
      session.send({ type: 'tool-result', callId: 'c', result: 'r' });
    }

    expect(facts(session)).toEqual(['turn-audio-ignored', 'tool-result-ignored']);
  });
});

describe('an answer', () => {
  it('comes as events in the order of the wire, status behind the data', async () => {
    const { session } = await askOnce((call) => {
      call.write(text('One.'));
      for (let k = 0; k < 40; k++) call.write(audio());
      call.write(text('Two.'));
      call.write(audio());
      call.write({
        content: { case: 'actionMessage', value: { actionJson: '{"command":"nod","args":{"times":2}}' } },
      });
      call.write(end);
      call.end();
    });

    expect(session.events.filter(({ type }) => type !== 'session-opened').map(({ type }) => type)).toEqual([
      'reply-started',
      'reply-text',
      ...Array.from({ length: 40 }, () => 'reply-audio'),
      'reply-text',
      'reply-audio',
      'action',
      'reply-ended',
    ]);
    expect(session.of('action')).toMatchObject([{ command: 'nod', args: { times: 2 } }]);
    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('is delivered whole when the status overtakes it', async () => {
    const { session } = await askOnce((call) => {
      for (let k = 0; k < 60; k++) call.write(audio(new Uint8Array(48_000)));
      call.emit('error', { code: 13, details: 'out of memory' });
    });

    expect(session.of('reply-audio')).toHaveLength(60);
    expect(ends(session)).toEqual([['truncated', 'out of memory']]);
    expect(session.events.at(-1)?.type).toBe('reply-ended');
  });

  it('ends with its end: nothing that follows is emitted', async () => {
    const { session } = await askOnce((call) => {
      call.write(text('One.'));
      call.write(end);
      call.write(text('Two.'));
      call.write(error('and one more thing'));
      call.write(end);
      call.end();
    });
    await realTime(50);

    expect(session.of('reply-text').map((event) => event.text)).toEqual(['One.']);
    expect(ends(session)).toEqual([['complete', 'done']]);
    expect(session.of('turn-failed')).toEqual([]);
  });

  it('is no end when a partial transcript is acknowledged', async () => {
    const { session } = await askOnce((call) => {
      call.write({ content: { case: 'endMessage', value: 'COLLECT_ACCEPTED' } });
      call.write(text('One.'));
      call.write(end);
      call.end();
    });

    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('carries out the first action only, and says what it dropped or mended', async () => {
    const action = (actionJson: string) =>
      ({ content: { case: 'actionMessage', value: { actionJson } } }) as const;
    const { session } = await askOnce((call) => {
      call.write(action('{"command":'));
      call.write(action('{"command":"first"}'));
      call.write(action('{"command":"second"}'));
      call.write(action('{"command":"third"}'));
      call.write({ content: { case: 'browserProgress', value: { taskId: 'x' } } });
      call.write({
        content: { case: 'audioChunk', value: { audioData: tenMs, sampleRate: 0, channels: 1 } },
      });
      call.write({ content: { case: 'audioChunk', value: { sampleRate: 48_000, channels: 1 } } });
      call.write(text(''));
      call.write({});
      call.write(audio(new Uint8Array(3)));
      call.write(end);
      call.end();
    });

    expect(session.of('action').map(({ command }) => command)).toEqual(['first']);
    expect(
      session.of('upstream-fact').map(({ fact, detail }) => [fact, detail.replace(/^reply \S+: /, '')]),
    ).toEqual([
      ['action-unreadable', 'action_json is no JSON'],
      ['action-repeated', 'only the first action of a reply is carried out'],
      ['audio-chunk-dropped', '960 bytes said to be at 0 Hz with 1 channels'],
      ['audio-bytes-left-over', '1 bytes at the end of the audio are no whole sample'],
      ['action-repeated', '2 times in all'],
    ]);
  });

  it('of audio that is no PCM fails the turn, or the reply if it had begun', async () => {
    const mp3 = audio(Uint8Array.from('ID3 and so on', (letter) => letter.charCodeAt(0)));
    const { server, session } = await askOnce((call, nth) => {
      if (nth === 1) call.write(text('One.'));
      call.write(mp3);
      call.write(mp3);
    });
    session.ask('b');
    await answered(session, 'b');

    expect(failure(session)).toMatchObject({ code: 'AUDIO_FORMAT_UNSUPPORTED' });
    expect(ends(session)).toMatchObject([['failed', /MP3 data labelled int16 samples/]]);
    expect(session.of('reply-audio')).toEqual([]);
    await session.until('both calls to be cancelled', () => server.cancelledCalls() === 2, limitMs);
  });
});

describe('the end of a call', () => {
  it.each<[string, StreamBehaviour, string, number | undefined]>([
    ['an end_message alone', say([end]), 'UPSTREAM_NO_RESPONSE', undefined],
    ['OK and nothing else', say([]), 'UPSTREAM_NO_RESPONSE', undefined],
    ['a status alone', say([], { code: 7, details: 'no' }), 'UPSTREAM_FORBIDDEN', 7],
    ['an error_message with OK', say([error('hardware_id is required')]), 'UPSTREAM_REJECTED', undefined],
    [
      'an error_message with its status',
      say([error('слишком много')], { code: 8, details: 'слишком много' }),
      'UPSTREAM_OVERLOADED',
      8,
    ],
    ['an error_message and then nothing', say([error('oh no')], 'open'), 'UPSTREAM_FAULT', undefined],
    ['a message larger than 4 MiB', say([audio(new Uint8Array(4_800_000))]), 'UPSTREAM_OVERLOADED', 8],
  ])('before data by %s fails the turn', async (_what, behaviour, code, grpcStatus) => {
    const { session } = await askOnce(behaviour);

    expect(failure(session)).toMatchObject({ code });
    expect(failure(session)).toHaveProperty('grpcStatus', grpcStatus);
    expect(session.of('reply-started')).toEqual([]);
    expect(session.of('session-lost')).toEqual([]);
  });

  it.each<[string, StreamBehaviour, string | undefined]>([
    ['OK without an end', say([]), undefined],
    ['an error_message and OK', say([error('lost my voice')]), 'lost my voice'],
    ['an error_message and then nothing', say([error('lost my voice')], 'open'), 'lost my voice'],
    ['a status', say([], { code: 13, details: 'broken' }), 'broken'],
  ])('after data by %s truncates the reply', async (_what, behaviour, message) => {
    const { session } = await askOnce((call, nth) => {
      call.write(text('One.'));
      call.write(audio());
      behaviour(call, nth);
    });

    expect(ends(session)).toEqual([['truncated', message]]);
    expect(session.of('turn-failed')).toEqual([]);
    expect(session.of('reply-audio')).toHaveLength(1);
  });

  it('is waited for shortly after the end of the answer, then the call is cancelled', async () => {
    const server = await serve(say([text('One.'), end], 'open'));
    const session = open(server.target);
    session.ask('a');
    session.completeRequests();
    await answered(session, 'a');
    expect(session.completed).toBe(false);

    await session.until('the session to complete', () => session.completed, limitMs);
    await session.until('the call to be cancelled', () => server.cancelledCalls() === 1, limitMs);

    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('with bytes that are no message fails the turn', async () => {
    const server = await startStreamServer((call) => call.write(end), {
      serialize: () => Buffer.from('ffffff', 'hex'),
    });
    cleanUps.push(server.close);
    const session = open(server.target);
    session.ask('a');
    await answered(session, 'a');

    expect(failure(session)).toMatchObject({ code: 'UPSTREAM_FAULT', grpcStatus: 13 });
  });

  it('of a service that is another one is UPSTREAM_INCOMPATIBLE', async () => {
    const { session } = await askOnce((call) => call.emit('error', { code: 12, details: 'unknown method' }));

    expect(failure(session)).toMatchObject({ code: 'UPSTREAM_INCOMPATIBLE', retryable: false });
  });
});

describe('patience', () => {
  it.each([
    ['firstMessageMs', 1000, [], 'turn-failed'],
    ['betweenMessagesMs', 1000, [text('One.')], 'reply-ended'],
    ['deadlineMs', 1000, [text('One.')], 'reply-ended'],
  ] as const)(
    'ends a silent call after %s, not a moment earlier, and cancels it',
    async (option, ms, messages, type) => {
      const clock = createVirtualClock();
      const server = await serve((call) => {
        for (const message of messages) call.write(message);
      });
      const session = open(server.target, { scheduler: clock.scheduler, [option]: ms });
      session.ask('a');
      await session.until(
        'what the server sends',
        () => server.openCalls() === 1 && session.of('reply-text').length === messages.length,
        limitMs,
      );

      clock.advanceBy(ms - 1);
      expect(session.isOver('a')).toBe(false);
      clock.advanceBy(1);

      expect(session.isOver('a')).toBe(true);
      expect(session.events.at(-1)).toMatchObject(
        type === 'turn-failed'
          ? {
              type,
              error: {
                code: 'UPSTREAM_TIMEOUT',
                retryable: true,
                message: expect.stringContaining(`raise ${option}`),
              },
            }
          : { type, reason: 'truncated', message: expect.stringContaining(`raise ${option}`) },
      );
      await session.until('the call to be cancelled', () => server.cancelledCalls() === 1, limitMs);
    },
  );

  it('begins anew with each message', async () => {
    const clock = createVirtualClock();
    let send: (() => void) | undefined;
    const server = await serve((call) => {
      send = () => call.write(text('more'));
    });
    const session = open(server.target, {
      scheduler: clock.scheduler,
      betweenMessagesMs: 1000,
      firstMessageMs: 1000,
    });
    session.ask('a');
    await session.until('the call', () => send !== undefined, limitMs);
    for (let k = 1; k <= 5; k++) {
      clock.advanceBy(999);
      send?.();
      await session.until('a message', () => session.of('reply-text').length === k, limitMs);
    }

    expect(session.isOver('a')).toBe(false);
  });
});

describe('cancellation', () => {
  it('reaches the server, and nothing that was under way is emitted', async () => {
    const server = await serve((call) => {
      const timer = setInterval(() => call.write(audio()), 1);
      call.on('cancelled', () => clearInterval(timer));
    });
    const session = open(server.target);
    session.ask('a');
    await session.until('audio', () => session.of('reply-audio').length > 3, limitMs);

    const before = session.events.length;
    const replyId = session.replyTo('a') ?? null;
    session.send({ type: 'reply-cancelled', turnId: 'a', revision: 1, replyId, heardMs: 20, heardText: '' });
    const atOnce = session.events.slice(before);
    await session.until('the cancellation', () => server.cancelledCalls() === 1, limitMs);
    await realTime(50);

    expect(atOnce).toEqual([{ type: 'reply-ended', replyId, reason: 'cancelled' }]);
    expect(session.events.slice(before)).toEqual(atOnce);
    expect(server.connections()).toBe(1);
  });

  it('from inside an event of the reply works as any other', async () => {
    const server = await serve((call) => {
      call.write(text('One.'));
      call.write(text('Two.'));
    });
    const upstream = streamingService({ target: server.target, hardwareId: 'kiosk-7' });
    const requests = new Subject<UpstreamRequest>();
    const seen: string[] = [];
    const subscription = upstream.openSession(requests).subscribe((event) => {
      seen.push(event.type);
      if (event.type !== 'reply-started') return;
      const { turnId, revision, replyId } = event;
      requests.next({ type: 'reply-cancelled', turnId, revision, replyId, heardMs: 0, heardText: '' });
    });
    cleanUps.push(() => subscription.unsubscribe());
    requests.next({ type: 'turn-text', turnId: 'a', revision: 1, text: 'hello' });
    requests.next({ type: 'turn-ended', turnId: 'a', revision: 1 });
    while (server.cancelledCalls() === 0) await realTime(5);

    expect(seen.filter((type) => type !== 'session-opened')).toEqual(['reply-started', 'reply-ended']);
  });

  it('changes nothing when it comes after the end', async () => {
    const { session } = await askOnce(say([text('One.'), end], 'open'));
    session.send({
      type: 'reply-cancelled',
      turnId: 'a',
      revision: 1,
      replyId: null,
      heardMs: 0,
      heardText: '',
    });

    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('of a turn that was only begun takes its text back', async () => {
    const server = await serve((call) => call.end());
    const session = open(server.target);
    session.send({ type: 'turn-text', turnId: 'a', revision: 1, text: 'never mind' });
    session.send({
      type: 'reply-cancelled',
      turnId: 'a',
      revision: 1,
      replyId: null,
      heardMs: 0,
      heardText: '',
    });
    session.send({ type: 'turn-ended', turnId: 'a', revision: 1 });

    expect(failure(session)).toMatchObject({ code: 'UPSTREAM_REJECTED' });
    expect(server.requests).toEqual([]);
  });
});

describe('the connection', () => {
  it('is opened on subscription and said to be open once', async () => {
    const server = await serve(say([text('One.'), end]));
    const session = open(server.target);
    await session.until('the session to open', () => session.of('session-opened').length === 1, limitMs);
    expect(server.requests).toEqual([]);

    session.ask('a');
    await answered(session, 'a');

    expect(session.of('session-opened')).toHaveLength(1);
    expect(server.connections()).toBe(1);
  });

  it('that is closed before data fails the turn; the next one is answered on a new connection', async () => {
    const server = await serve((call, nth) => {
      if (nth > 0) say([text('One.'), end])(call, nth);
      else for (const socket of server.openSockets()) socket.resetAndDestroy();
    });
    const session = open(server.target);
    session.ask('a');
    await answered(session, 'a');
    session.ask('b');
    await answered(session, 'b');

    const types = session.events.map(({ type }) => type);
    expect(failure(session)).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', retryable: true, grpcStatus: 14 });
    expect(types.indexOf('session-lost')).toBe(types.indexOf('turn-failed') + 1);
    expect(ends(session)).toEqual([['complete', 'done']]);
    expect(server.connections()).toBe(2);
  });

  it.each([
    ['reset', 'resetAndDestroy'],
    ['closed', 'destroy'],
  ] as const)(
    'that is %s in mid-answer truncates the reply, keeps what came, and is opened again',
    async (_how, cut) => {
      const server = await serve((call, nth) => {
        if (nth > 0) {
          say([text('One.'), audio(), end])(call, nth);
          return;
        }
        say([text('One.'), audio()], 'open')(call, nth);
        setTimeout(() => {
          for (const socket of server.openSockets()) socket[cut]();
        }, 50);
      });
      const session = open(server.target);
      session.ask('a');
      await answered(session, 'a');
      session.ask('b');
      await answered(session, 'b');

      expect(session.of('reply-audio')).toHaveLength(2);
      expect(ends(session).map(([reason]) => reason)).toEqual(['truncated', 'complete']);
      expect(session.of('session-lost')).toMatchObject([{ error: { code: 'UPSTREAM_UNREACHABLE' } }]);
      expect(session.of('session-opened')).toHaveLength(2);
    },
  );

  it('to a closed port fails the turn at once, and the first turn after the service is back is answered', async () => {
    const gone = await startStreamServer(() => {});
    await gone.close();
    const session = open(gone.target);
    for (const turnId of ['a', 'b']) {
      session.ask(turnId);
      await answered(session, turnId);
    }
    expect(session.of('session-opened')).toEqual([]);

    await serve(say([text('One.'), end]), gone.port);
    session.ask('c');
    await answered(session, 'c');

    expect(session.of('turn-failed').map(({ error: { code } }) => code)).toEqual([
      'UPSTREAM_UNREACHABLE',
      'UPSTREAM_UNREACHABLE',
    ]);
    expect(session.of('session-lost')).toHaveLength(2);
    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('that fails before the first turn does not fail that turn: the service may be back', async () => {
    const gone = await startStreamServer(() => {});
    await gone.close();
    const session = open(gone.target);
    // The attempt of the subscription fails meanwhile; the next would come a second later.
    await realTime(100);
    await serve(say([text('One.'), end]), gone.port);
    session.ask('a');
    await answered(session, 'a');

    expect(session.of('turn-failed')).toEqual([]);
    expect(ends(session)).toEqual([['complete', 'done']]);
  });

  it('that went dead without a word is replaced after one turn that timed out', async () => {
    const server = await serve((call, nth) =>
      nth === 1 ? say([text('One.')], 'open')(call, nth) : say([text('One.'), end])(call, nth),
    );
    const relay = await startTcpRelay(server.port);
    cleanUps.push(relay.close);
    const session = open(relay.target, { firstMessageMs: 300 });
    session.ask('a');
    await answered(session, 'a');
    // This one goes on waiting on the dead connection, and keeps it in use.
    session.ask('waits');
    await session.until('its beginning', () => session.replyTo('waits') !== undefined, limitMs);
    relay.blackHoleOpenConnections();
    session.ask('b');
    await answered(session, 'b');
    session.ask('c');
    await answered(session, 'c');

    expect(session.of('turn-failed').map(({ turnId, error: { code } }) => [turnId, code])).toEqual([
      ['b', 'UPSTREAM_TIMEOUT'],
    ]);
    expect(session.of('reply-started').map(({ turnId }) => turnId)).toEqual(['a', 'waits', 'c']);
    expect(session.isOver('waits')).toBe(false);
    expect(relay.connections()).toBe(2);

    session.send({
      type: 'reply-cancelled',
      turnId: 'waits',
      revision: 1,
      replyId: null,
      heardMs: 0,
      heardText: '',
    });
    await session.until('the dead connection to be given up', () => relay.openConnections() === 1, limitMs);
  });

  it('to something that takes connections and never speaks ends each turn in time', async () => {
    const connections = new Set<{ destroy(): void }>();
    const mute = createServer((socket) => connections.add(socket.on('error', () => {})));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    cleanUps.push(() => {
      mute.close();
      for (const socket of connections) socket.destroy();
    });
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const session = open(`127.0.0.1:${port}`, { firstMessageMs: 200 });
    for (const turnId of ['a', 'b']) {
      session.ask(turnId);
      await answered(session, turnId);
    }

    expect(session.of('turn-failed').map(({ error: { code } }) => code)).toEqual([
      'UPSTREAM_TIMEOUT',
      'UPSTREAM_TIMEOUT',
    ]);
    // Each gave up its connection: the second was tried on a new one.
    expect(connections.size).toBe(2);
  });

  it('belongs to one session, so that a dead one is not taken from another', async () => {
    const server = await serve(say([text('One.'), end]));
    for (const session of [open(server.target), open(server.target)]) {
      await session.until('the session to open', () => session.of('session-opened').length === 1, limitMs);
    }

    expect(server.connections()).toBe(2);
  });

  it('is closed when the session is over', async () => {
    const { server, session } = await askOnce(say([text('One.'), end]));
    session.completeRequests();
    await session.until('completion', () => session.completed, limitMs);

    await session.until('the socket to close', () => server.openSockets().size === 0, limitMs);
  });

  it('to another machine is TLS: a server of plain text is not reached', async () => {
    const server = await serve((call) => call.end());
    // The same server under a name that is not known to be this machine.
    const session = open(`0.0.0.0:${server.port}`);
    session.ask('a');
    await answered(session, 'a');
    expect(failure(session)).toMatchObject({ code: 'UPSTREAM_TLS_UNEXPECTED', retryable: false });
    expect(server.requests).toEqual([]);

    const insecure = open(`0.0.0.0:${server.port}`, { insecure: true });
    insecure.ask('a');
    await answered(insecure, 'a');
    expect(server.requests).toHaveLength(1);
  });
});
