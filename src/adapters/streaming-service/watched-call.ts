import type { Client, ClientReadableStream, Metadata, MethodDefinition } from '@grpc/grpc-js';
import type { SchedulerLike } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import { createCallTimers } from './call-timers.js';
import type { CallStatus } from './said-errors.js';
import type { Closing, Watchdog } from './terminal-state.js';

/** How long a status may come after an announced error, to be merged into it. A server sends both together. */
const statusGraceMs = 100;
/**
 * How long the service may take to close a call whose answer is complete. Then it is cancelled. On a healthy
 * connection the status travels with the last message.
 */
const closeGraceMs = 500;

/** How patient a call is, and on which clock. */
export interface CallLimits {
  readonly firstMessageMs: number;
  readonly betweenMessagesMs: number;
  readonly deadlineMs: number;
  readonly scheduler: SchedulerLike;
}

/** One server-streaming call to be made. */
export interface CallRequest<Input, Output> {
  readonly client: Client;
  readonly method: MethodDefinition<Input, Output>;
  readonly message: Input;
  readonly metadata: Metadata;
  /** Who is called, for messages. */
  readonly target: string;
  /** Finds out why there was no connection; undefined at once where there is nothing to find out. Never rejects. */
  explain(status: CallStatus): Promise<UpstreamError | undefined> | undefined;
}

/** Who a call tells what happens. */
export interface CallListener<Output> {
  /** @returns what this message closes the call with, if it does. Called no more after it did. */
  message(message: Output): Closing | undefined;
  /** Exactly once, unless the call is cancelled before. No `message` follows. */
  closed(closing: Closing): void;
  /** The call is over on the wire, too. After `closed`, at most half a second later. */
  over(): void;
}

/** A call that ends in bounded time, whatever the service does. */
export interface WatchedCall {
  /** Ends it on the service, too. Nothing is told any more. Idempotent. */
  cancel(): void;
  /** Read no more until `resume`; the service has to wait. Neither silence nor time is counted meanwhile. */
  pause(): void;
  /** @param pausedMs - how long the pause was: the overall deadline is put off by it. */
  resume(pausedMs: number): void;
}

/**
 * Make a server-streaming call and watch over it.
 *
 * @remarks
 * Order: messages, then `closed`, then `over`. What grpc-js tells about the end of a call overtakes its messages; here
 * it does not.
 */
export function watchCall<Input, Output>(
  { client, method, message, metadata, target, explain }: CallRequest<Input, Output>,
  limits: CallLimits,
  listener: CallListener<Output>,
): WatchedCall {
  const timers = createCallTimers(limits.scheduler);
  /** 'status' comes before the messages that are still in the stream's queue; 'end' comes behind them. */
  let status: CallStatus | undefined;
  let announced: string | undefined;
  let state: 'running' | 'closed' | 'over' = 'running';
  let call: ClientReadableStream<Output> | undefined;
  let answered = false;
  let paused = false;
  let owedMs = 0;

  function leave(): void {
    if (state === 'over') return;
    state = 'over';
    timers.stop();
    // Not destroy(): it would leave the call open on the server.
    call?.cancel();
  }

  function close(closing: Closing): void {
    if (state !== 'running') return;
    state = 'closed';
    timers.stop();
    listener.closed(closing);
    if (isOver()) return;
    if (status !== undefined || closing.type === 'watchdog' || closing.type === 'unusable') finish();
    else timers.start('patience', closeGraceMs, finish);
  }

  /** The listener may have cancelled the call. */
  const isOver = (): boolean => state === 'over';

  function finish(): void {
    if (state === 'over') return;
    leave();
    listener.over();
  }

  function expire(watchdog: Watchdog, limitMs: number): void {
    close({ type: 'watchdog', watchdog, limitMs });
  }

  function watchDeadline(leftMs: number): void {
    timers.start('deadline', leftMs, () => {
      const putOffMs = owedMs;
      owedMs = 0;
      if (putOffMs > 0 || paused) watchDeadline(Math.max(putOffMs, 1000));
      else expire('deadline', limits.deadlineMs);
    });
  }

  function watchSilence(): void {
    const { firstMessageMs, betweenMessagesMs } = limits;
    if (answered)
      timers.start('patience', betweenMessagesMs, () => expire('between-messages', betweenMessagesMs));
    else timers.start('patience', firstMessageMs, () => expire('first-message', firstMessageMs));
  }

  function onMessage(received: Output): void {
    if (state !== 'running' || announced !== undefined) return;
    answered = true;
    if (!paused) watchSilence();
    const closing = listener.message(received);
    // The listener may have cancelled.
    if (isOver()) return;
    if (closing?.type === 'error-message') {
      announced = closing.message;
      const said = announced;
      timers.start('patience', statusGraceMs, () => close({ type: 'error-message', message: said, status }));
    } else if (closing !== undefined) close(closing);
  }

  function onEnd(): void {
    if (isOver()) return;
    const last = status ?? { code: 0, details: '' };
    status = last;
    const closing: Closing =
      announced === undefined
        ? { type: 'status', status: last }
        : { type: 'error-message', message: announced, status: last };
    const reason = state === 'running' && announced === undefined ? explain(last) : undefined;
    if (reason === undefined) {
      close(closing);
      finish();
      return;
    }
    timers.stop();
    const told = guarded((error: UpstreamError | undefined) => {
      if (isOver()) return;
      close(error === undefined ? closing : { type: 'not-connected', error });
      finish();
    });
    void reason.then(told);
  }

  /** An exception in a listener of a stream would end the whole program. */
  function guarded<Value>(work: (value: Value) => void): (value: Value) => void {
    return (value) => {
      try {
        work(value);
      } catch (cause) {
        close({ type: 'unusable', error: broken(target, cause) });
      }
    };
  }

  watchDeadline(limits.deadlineMs);
  watchSilence();
  try {
    const { path, requestSerialize, responseDeserialize } = method;
    call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, message, metadata);
    call.on('data', guarded(onMessage));
    // Without a listener any failure ends the program; what it says comes again as 'status'.
    call.on('error', () => {});
    call.on('status', ({ code, details }: CallStatus) => {
      status = { code, details };
    });
    call.on('end', guarded(onEnd));
  } catch (cause) {
    // Not at once: the one who calls does not have the call yet.
    timers.start('patience', 0, () => close({ type: 'unusable', error: broken(target, cause) }));
  }

  return {
    cancel: leave,
    pause() {
      if (paused || state !== 'running') return;
      paused = true;
      timers.stop('patience');
      call?.pause();
    },
    resume(pausedMs) {
      if (!paused) return;
      paused = false;
      owedMs += pausedMs;
      if (state === 'running' && announced === undefined) watchSilence();
      call?.resume();
    },
  };
}

/** What went wrong on this side of a call. */
export function broken(target: string, cause: unknown): UpstreamError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const init = { retryable: true, cause };
  return new UpstreamError('UPSTREAM_FAULT', `the call to ${target} broke: ${said}; try again`, init);
}
