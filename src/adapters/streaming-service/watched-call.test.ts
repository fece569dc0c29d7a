import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { type Client, Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../core/errors.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import type { Closing } from './terminal-state.js';
import { type CallListener, watchCall } from './watched-call.js';

/** A call of grpc-js that says what a test lets it say. */
class FakeCall extends Readable {
  cancelled = 0;
  constructor() {
    super({ objectMode: true, read: () => {} });
  }
  cancel(): void {
    this.cancelled += 1;
  }
}

interface Start {
  readonly make?: () => unknown;
  readonly explain?: () => Promise<UpstreamError | undefined> | undefined;
  readonly message?: CallListener<string>['message'];
}

/** Messages are strings; `end` and `error` are what they say. */
function start({ make, explain = () => undefined, message }: Start = {}) {
  const clock = createVirtualClock();
  const call = new FakeCall();
  const told: string[] = [];
  const closings: Closing[] = [];
  const client = { makeServerStreamRequest: make ?? (() => call) } as unknown as Client;
  const identity = (value: string) => Buffer.from(value);
  const method = {
    path: '/x/y',
    requestStream: false,
    responseStream: true,
    requestSerialize: identity,
    requestDeserialize: String,
    responseSerialize: identity,
    responseDeserialize: String,
  };
  const watched = watchCall(
    { client, method, message: 'hello', metadata: new Metadata(), target: 'test:1', explain },
    { firstMessageMs: 1000, betweenMessagesMs: 1000, deadlineMs: 10_000, scheduler: clock.scheduler },
    {
      message(received) {
        told.push(received);
        if (message !== undefined) return message(received);
        if (received === 'end') return { type: 'end-message', message: 'done' };
        if (received === 'error') return { type: 'error-message', message: 'not you', status: undefined };
        return undefined;
      },
      closed(closing) {
        told.push('closed');
        closings.push(closing);
      },
      over: () => void told.push('over'),
    },
  );
  return { clock, call, told, closings, watched };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function endWith(call: FakeCall, code: number, details = ''): void {
  call.push(null);
  if (code !== 0) call.emit('error', Object.assign(new Error(`${code} ${details}`), { code }));
  call.emit('status', { code, details });
}

describe('watchCall', () => {
  it('takes the messages that are still queued when the status comes', async () => {
    const { call, told, closings } = start();
    // As grpc-js does it when the program was busy: all at once, the error before the data.
    for (const value of ['one', 'two', 'end']) call.push(value);
    endWith(call, 14, 'Connection dropped');
    await settled();

    expect(told).toEqual(['one', 'two', 'end', 'closed', 'over']);
    expect(closings).toEqual([{ type: 'end-message', message: 'done' }]);
  });

  it('closes with the status where nothing else was announced', async () => {
    const { call, closings } = start();
    call.push('one');
    endWith(call, 13, 'broken');
    await settled();

    expect(closings).toEqual([{ type: 'status', status: { code: 13, details: 'broken' } }]);
  });

  it('waits 100 ms for the status behind an error, and merges it', async () => {
    const late = start();
    const never = start();
    for (const { call } of [late, never]) call.push('error');
    await settled();
    for (const { clock, closings } of [late, never]) {
      clock.advanceBy(99);
      expect(closings).toEqual([]);
    }
    endWith(late.call, 7, 'not you');
    await settled();
    never.clock.advanceBy(1);

    const said = { type: 'error-message', message: 'not you' };
    expect(late.closings).toEqual([{ ...said, status: { code: 7, details: 'not you' } }]);
    expect(never.closings).toEqual([{ ...said, status: undefined }]);
  });

  it('waits half a second for a call to be over whose answer is, then cancels it', async () => {
    const { call, told, clock } = start();
    call.push('end');
    call.push('more');
    await settled();
    clock.advanceBy(499);
    expect(told).toEqual(['end', 'closed']);
    clock.advanceBy(1);

    expect(told).toEqual(['end', 'closed', 'over']);
    expect(call.cancelled).toBe(1);
  });

  it('closes with what broke when a message cannot be read', async () => {
    const { call, closings, told } = start({
      message: () => {
        throw new Error('no such field');
      },
    });
    call.push('one');
    await settled();

    expect(closings).toMatchObject([
      { type: 'unusable', error: { code: 'UPSTREAM_FAULT', message: /no such field/ } },
    ]);
    expect(told).toEqual(['one', 'closed', 'over']);
    expect(call.cancelled).toBe(1);
  });

  it('closes with what broke when no call can be made, and not before it is returned', () => {
    const { clock, closings, told } = start({
      make: () => {
        throw new Error('Channel has been shut down');
      },
    });
    expect(told).toEqual([]);
    clock.advanceBy(0);

    expect(closings).toMatchObject([{ type: 'unusable', error: { message: /Channel has been shut down/ } }]);
    expect(told).toEqual(['closed', 'over']);
  });

  it('finds out why there was no connection before it closes', async () => {
    const error = new UpstreamError('UPSTREAM_TLS_EXPIRED', 'x; y');
    const found = start({ explain: async () => error });
    const nothing = start({ explain: async () => undefined });
    for (const { call } of [found, nothing]) {
      endWith(call, 14, 'No connection established');
      await settled();
    }

    expect(found.closings).toEqual([{ type: 'not-connected', error }]);
    expect(nothing.closings).toMatchObject([{ type: 'status', status: { code: 14 } }]);
    expect(found.told).toEqual(['closed', 'over']);
  });

  it('says nothing when it was cancelled while that was being found out', async () => {
    let found: (error: UpstreamError) => void = () => {};
    const { call, told, watched } = start({ explain: () => new Promise((resolve) => (found = resolve)) });
    endWith(call, 14, 'No connection established');
    await settled();
    watched.cancel();
    found(new UpstreamError('UPSTREAM_TLS_EXPIRED', 'x; y'));
    await settled();

    expect(told).toEqual([]);
  });

  it('leaves no timer behind when it is cancelled, says nothing more, and listens to late errors', async () => {
    const { call, told, clock, watched } = start();
    call.push('one');
    await settled();
    watched.cancel();
    watched.cancel();
    call.push('two');
    endWith(call, 1);
    await settled();
    clock.advanceBy(60_000);

    expect(told).toEqual(['one']);
    expect(call.cancelled).toBe(1);
    expect(EventEmitter.prototype.emit.call(call, 'error', new Error('1 CANCELLED'))).toBe(true);
  });

  it('may be cancelled from inside a message', async () => {
    const { call, told, clock, watched } = start({
      message: () => {
        watched.cancel();
        return { type: 'error-message', message: 'too late', status: undefined };
      },
    });
    call.push('one');
    await settled();
    clock.advanceBy(60_000);

    expect(told).toEqual(['one']);
  });
});

describe('a paused call', () => {
  it('reads nothing, and counts neither silence nor time, until it goes on', async () => {
    const { call, told, clock, watched, closings } = start();
    call.push('one');
    await settled();
    watched.pause();
    call.push('two');
    await settled();
    clock.advanceBy(30_000);
    await settled();
    expect(told).toEqual(['one']);

    watched.resume(30_000);
    await settled();
    expect(told).toEqual(['one', 'two']);
    clock.advanceBy(999);
    expect(closings).toEqual([]);
    clock.advanceBy(1);
    expect(closings).toMatchObject([{ type: 'watchdog', watchdog: 'between-messages' }]);
  });

  it('has its deadline put off by the pause, and no further', async () => {
    const { call, clock, watched, closings } = start();
    const talk = async (ms: number) => {
      for (let k = 0; k < ms; k += 500) {
        call.push('more');
        await settled();
        clock.advanceBy(500);
      }
    };
    await talk(5000);
    watched.pause();
    clock.advanceBy(4000);
    watched.resume(4000);
    await talk(4500);
    expect(closings).toEqual([]);
    await talk(1000);

    expect(closings).toMatchObject([{ type: 'watchdog', watchdog: 'deadline', limitMs: 10_000 }]);
  });
});
