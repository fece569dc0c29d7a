import { describe, expect, it } from 'vitest';
import {
  assignments,
  enqueue,
  type LifeSign,
  type Notification,
  type NotificationQueue,
} from './notification-queue.js';

const queueOf = (...added: readonly Partial<Notification>[]): NotificationQueue =>
  added.reduce<NotificationQueue>((queue, one) => enqueue(queue, one).queue, []);
const texts = (queue: NotificationQueue) => queue.map((one) => assignments(one, 7n).join(' '));

describe('what waits to be told', () => {
  it('is told in one datagram where it can, and the last status wins', () => {
    const queue = queueOf(
      { isFeeding: true },
      { status: 'one' },
      { sign: 'READY' },
      { status: 'two', extendMs: 60_000 },
      { isFeeding: true },
    );
    expect(texts(queue)).toEqual(['READY=1 STATUS=two WATCHDOG=1 EXTEND_TIMEOUT_USEC=60000000']);
  });

  it('keeps signs of life apart and in order', () => {
    const queue = queueOf(
      { sign: 'RELOADING' },
      { sign: 'READY' },
      { status: 'new' },
      { sign: 'STOPPING' },
      { sign: 'STOPPING' },
    );
    expect(texts(queue)).toEqual(['RELOADING=1 MONOTONIC_USEC=7', 'READY=1 STATUS=new', 'STOPPING=1']);
  });

  it('is bounded, and gives back what falls out', () => {
    let queue: NotificationQueue = [];
    const dropped: (Notification | undefined)[] = [];
    for (let i = 0; i < 10; i += 1) {
      const sign: LifeSign = i % 2 === 0 ? 'RELOADING' : 'READY';
      const step = enqueue(queue, { sign, status: `${i}` });
      queue = step.queue;
      dropped.push(step.dropped);
    }
    expect(queue).toHaveLength(8);
    expect(dropped.flatMap((one) => (one ? [one.status] : []))).toEqual(['0', '1']);
  });

  it('makes one line of a status, which could else be a message of its own, and shortens it', () => {
    expect(texts(queueOf({ status: 'lost\nWATCHDOG=1\r\u2028MAINPID=1\0' }))).toEqual([
      'STATUS=lost WATCHDOG=1 MAINPID=1',
    ]);
    const [long = ''] = texts(queueOf({ status: '\u{1F600}'.repeat(500) }));
    expect([...long].length).toBe('STATUS='.length + 400);
    expect(long.endsWith('\u{1F600}...')).toBe(true);
  });
});
