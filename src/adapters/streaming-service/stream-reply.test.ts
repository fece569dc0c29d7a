import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { create } from '@bufbuild/protobuf';
import type { Client } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '../../core/ports/upstream.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { StreamResponseSchema } from './generated/streaming_pb.js';
import { streamReply } from './stream-reply.js';

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

function start(makeServerStreamRequest: () => unknown) {
  const clock = createVirtualClock();
  const told: string[] = [];
  const events: UpstreamEvent[] = [];
  let completed = false;
  const client = { makeServerStreamRequest } as unknown as Client;
  const question = { turnId: 'a', revision: 1, text: 'hello', sessionId: 's' };
  const settings = {
    target: 'test:1',
    hardwareId: 'kiosk-7',
    firstMessageMs: 1000,
    betweenMessagesMs: 1000,
    deadlineMs: 10_000,
    scheduler: clock.scheduler,
  };
  const observer = {
    onAnswering: () => void told.push('answering'),
    onConnectionSuspect: () => void told.push('suspect'),
  };
  const subscription = streamReply(client, question, settings, observer).subscribe({
    next: (event) => {
      events.push(event);
      told.push(event.type);
    },
    complete: () => {
      completed = true;
    },
  });
  return { clock, events, told, subscription, isCompleted: () => completed };
}

const text = (value: string) => create(StreamResponseSchema, { content: { case: 'textChunk', value } });
const end = create(StreamResponseSchema, { content: { case: 'endMessage', value: 'done' } });
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('streamReply', () => {
  it('takes the messages that are still queued when the status comes', async () => {
    const call = new FakeCall();
    const { events } = start(() => call);
    // As grpc-js does it when the program was busy: all at once, the error before the data.
    for (const value of ['One.', 'Two.']) call.push(text(value));
    call.push(end);
    call.push(null);
    call.emit('error', Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }));
    call.emit('status', { code: 14, details: 'Connection dropped' });
    await settled();

    expect(events).toMatchObject([
      { type: 'reply-started' },
      { type: 'reply-text', text: 'One.' },
      { type: 'reply-text', text: 'Two.' },
      { type: 'reply-ended', reason: 'complete' },
    ]);
  });

  it('says that the connection is suspect before the ending, for the call that is made in answer to it', async () => {
    const call = new FakeCall();
    const { told } = start(() => call);
    call.push(text('One.'));
    call.push(null);
    call.emit('status', { code: 14, details: 'Connection dropped' });
    await settled();

    expect(told).toEqual([
      'answering',
      'reply-started',
      'reply-text',
      'suspect',
      'reply-ended',
      'session-lost',
    ]);
  });

  it('survives a message that cannot be read', async () => {
    const call = new FakeCall();
    const { events, isCompleted } = start(() => call);
    call.push({ content: { case: 'audioChunk' } });
    await settled();

    expect(events).toMatchObject([{ type: 'turn-failed', error: { code: 'UPSTREAM_FAULT' } }]);
    expect(isCompleted()).toBe(true);
    expect(call.cancelled).toBe(1);
  });

  it('fails the turn when no call can be made', () => {
    const { events, isCompleted } = start(() => {
      throw new Error('Channel has been shut down');
    });

    expect(events).toMatchObject([
      { type: 'turn-failed', error: { code: 'UPSTREAM_FAULT', message: /Channel has been shut down/ } },
    ]);
    expect(isCompleted()).toBe(true);
  });

  it('waits 100 ms for the status behind an error, and merges it', async () => {
    const failure = create(StreamResponseSchema, { content: { case: 'errorMessage', value: 'not you' } });
    const late = new FakeCall();
    const never = new FakeCall();
    const merged = start(() => late);
    const alone = start(() => never);
    late.push(failure);
    never.push(failure);
    await settled();
    merged.clock.advanceBy(99);
    alone.clock.advanceBy(99);
    expect([...merged.events, ...alone.events]).toEqual([]);
    late.push(null);
    late.emit('status', { code: 7, details: 'not you' });
    await settled();
    alone.clock.advanceBy(1);

    expect(merged.events).toMatchObject([{ error: { code: 'UPSTREAM_FORBIDDEN', grpcStatus: 7 } }]);
    expect(alone.events).toMatchObject([{ error: { code: 'UPSTREAM_FAULT' } }]);
  });

  it('leaves no timer behind and cancels once, whichever way it is over', async () => {
    const call = new FakeCall();
    const { clock, subscription, events } = start(() => call);
    call.push(text('One.'));
    await settled();
    subscription.unsubscribe();
    const before = events.length;
    call.push(text('Two.'));
    call.push(end);
    await settled();
    clock.advanceBy(60_000);

    expect(events).toHaveLength(before);
    expect(call.cancelled).toBe(1);
  });

  it('listens to errors that come after it is over', async () => {
    const call = new FakeCall();
    const { subscription } = start(() => call);
    subscription.unsubscribe();

    expect(EventEmitter.prototype.emit.call(call, 'error', new Error('1 CANCELLED'))).toBe(true);
  });
});
