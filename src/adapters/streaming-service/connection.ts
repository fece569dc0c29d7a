import type { ChannelOptions } from '@grpc/grpc-js';
import { Client, connectivityState } from '@grpc/grpc-js';
import type { Subscription } from 'rxjs';
import { jittered } from './ask-again.js';
import type { ChannelSecurity } from './secure-channel.js';
import type { ServiceContext } from './service-context.js';
import type { ServiceEvent } from './service-event.js';

type ConnectionState = Extract<ServiceEvent, { type: 'connection' }>['state'];

/** The way to one service; replaced when it may be dead. */
export interface Connection {
  /** The client for the next call. */
  client(): Client;
  /**
   * Give up this client: running calls end on it, the next call gets a new one.
   *
   * @param tooManyPings - the service took our keep-alive pings for an attack: the next one sends half as many.
   */
  replace(suspect: Client, tooManyPings?: boolean): void;
  /** Connect now, and again with back-off whenever the connection is lost. `onReady` comes each time, not after `close`. */
  keepOpen(onReady: () => void): void;
  /** Idempotent. Running calls are not cancelled by this. */
  close(): void;
}

/**
 * Open connections to a service.
 *
 * @remarks
 * Keep-alive pings are off unless asked for: a server made with the C library takes more than a few of them on a silent
 * stream for an attack and closes the connection (measured: pings each second killed a healthy call after 4 s). Silence
 * is watched in the call instead, and a connection that went silent is replaced, because each later call would run into
 * its deadline on the same dead socket.
 */
export function createConnection(
  { settings, events, random }: ServiceContext,
  security: ChannelSecurity,
): Connection {
  const { target, scheduler, retryDelayMs, maxRetryDelayMs } = settings;
  let current: Client | undefined;
  let told: ConnectionState = 'idle';
  let onReady: (() => void) | undefined;
  let failures = 0;
  /** Whether the current client was ever ready. */
  let wasReady = false;
  let keepaliveMs = settings.keepaliveMs;
  let waiting: Subscription | undefined;
  let closed = false;

  function tell(state: ConnectionState, retryInMs: number | null = null): void {
    if (state === told && retryInMs === null) return;
    told = state;
    events.tell({ type: 'connection', state, retryInMs });
  }

  function open(): Client {
    waiting?.unsubscribe();
    wasReady = false;
    current = new Client(target, security.credentials, channelOptions());
    watch(current);
    return current;
  }

  function channelOptions(): ChannelOptions {
    return {
      ...security.channelOptions,
      // Otherwise a new channel is given the same dead socket.
      'grpc.use_local_subchannel_pool': 1,
      // A library does not let the environment decide where it connects to, unless it is told to.
      'grpc.enable_http_proxy': settings.useProxy ? 1 : 0,
      // A configured retry would repeat the session id, which kills both calls on the server.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      ...(keepaliveMs !== null && { 'grpc.keepalive_time_ms': keepaliveMs }),
    };
  }

  /** Follow one channel from state to state, as long as it is the current one. */
  function watch(client: Client): void {
    const channel = client.getChannel();
    const look = (): void => {
      if (client !== current) return;
      const state = channel.getConnectivityState(false);
      // Not waitForReady(): on a client that was closed meanwhile it opens one more connection, which nobody closes.
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
      moved(state);
    };
    look();
  }

  function moved(state: connectivityState): void {
    if (state === connectivityState.CONNECTING) tell('connecting');
    else if (state === connectivityState.READY) {
      failures = 0;
      wasReady = true;
      waiting?.unsubscribe();
      tell('ready');
      onReady?.();
    } else if (state === connectivityState.TRANSIENT_FAILURE) lost();
    // A new one begins idle, too, and nothing of it is lost.
    else if (state === connectivityState.IDLE && wasReady) lost();
  }

  function lost(): void {
    if (onReady === undefined) tell('idle');
    else connectLater();
  }

  function connectLater(): void {
    const retryInMs = jittered(Math.min(retryDelayMs * 2 ** failures, maxRetryDelayMs), settings, random);
    failures += 1;
    tell('backing-off', retryInMs);
    waiting?.unsubscribe();
    waiting = scheduler.schedule(() => {
      const state = current?.getChannel().getConnectivityState(false);
      // A call may have begun to connect meanwhile, and would wait in vain on a client that is closed.
      if (state === connectivityState.CONNECTING || state === connectivityState.READY) return;
      // One that failed goes on failing for a time of its own.
      if (current !== undefined) giveUp(current);
      connect();
    }, retryInMs);
  }

  function connect(): void {
    (current ?? open()).getChannel().getConnectivityState(true);
  }

  function giveUp(client: Client): void {
    current = undefined;
    client.close();
  }

  return {
    client() {
      // In the pause between two attempts to connect every call fails at once, although the service may be back.
      if (current?.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE) {
        giveUp(current);
      }
      return current ?? open();
    },
    replace(suspect, tooManyPings = false) {
      if (suspect !== current) return;
      if (tooManyPings && keepaliveMs !== null) keepaliveMs *= 2;
      giveUp(suspect);
      lost();
    },
    keepOpen(ready) {
      onReady = ready;
      connect();
    },
    close() {
      if (closed) return;
      closed = true;
      onReady = undefined;
      waiting?.unsubscribe();
      // First: closing is a change of state, and a closed channel must not be looked at.
      const last = current;
      current = undefined;
      last?.close();
      tell('closed');
    },
  };
}
