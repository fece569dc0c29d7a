import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** The client is gone, or the server is closing: nothing more can be sent and nobody is to be told. */
export class Gone extends Error {
  constructor() {
    super('the client is gone');
    this.name = 'Gone';
  }
}

/** One answer on the wire, in time. */
export interface PacedCall<Message> {
  /** Waits where the client does not read. @throws Gone */
  send(message: Message): Promise<void>;
  /** Waits until so many milliseconds after the call came in. @throws Gone */
  waitUntil(sinceStartMs: number): Promise<void>;
  /** Waits for ever, that is, until the client is gone. @throws Gone */
  waitForGone(): Promise<never>;
  /** Milliseconds since the call came in. */
  elapsedMs(): number;
  /** Ends with OK. */
  end(): void;
  /** Ends with another status, behind what was sent. */
  endWith(code: number, details: string): void;
}

/** @param closed - aborts when the server closes. */
export function pacedCall<Request, Message>(
  call: ServerWritableStream<Request, Message>,
  closed: AbortSignal,
): PacedCall<Message> {
  const startMs = performance.now();
  const gone = new AbortController();
  const forget = (): void => closed.removeEventListener('abort', leave);
  const leave = (): void => {
    forget();
    gone.abort();
  };
  const { signal } = gone;
  // Cancelled, expired or torn down with its connection: all are 'cancelled' here.
  call.once('cancelled', leave);
  call.once('close', forget);
  closed.addEventListener('abort', leave);
  if (call.cancelled || closed.aborted) leave();
  const elapsedMs = (): number => performance.now() - startMs;

  async function orGone<Value>(waited: Promise<Value>): Promise<Value> {
    try {
      return await waited;
    } catch (cause) {
      if (signal.aborted) throw new Gone();
      throw cause;
    }
  }

  return {
    async send(message) {
      if (signal.aborted) throw new Gone();
      if (!call.write(message)) await orGone(once(call, 'drain', { signal }));
    },
    async waitUntil(sinceStartMs) {
      const waitMs = sinceStartMs - elapsedMs();
      if (signal.aborted) throw new Gone();
      if (waitMs > 0) await orGone(sleep(waitMs, undefined, { signal }));
    },
    async waitForGone() {
      while (!signal.aborted) await orGone(once(signal, 'abort'));
      throw new Gone();
    },
    elapsedMs,
    end: () => call.end(),
    endWith(code, details) {
      // This is how grpc-js is told a status; it flushes what was written first.
      call.emit('error', { code, details });
    },
  };
}
