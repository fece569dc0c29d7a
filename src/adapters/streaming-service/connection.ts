import { Client, connectivityState } from '@grpc/grpc-js';
import type { ChannelSecurity } from './secure-channel.js';

/** How long a new connection is given to become ready before nobody waits for it any more. */
const readyLimitMs = 10_000;

/** The way to one service; replaced when it may be dead. */
export interface Connection {
  /** The client for the next call. */
  client(): Client;
  /** Give up this client: running calls end on it, the next call gets a new one. */
  replace(suspect: Client): void;
  /** Connect now, so that the first call need not. `onReady` comes at most once, and not after `close`. */
  warmUp(onReady: () => void): void;
  /** Idempotent. Running calls are not cancelled by this. */
  close(): void;
}

/**
 * Open connections to a service.
 *
 * @remarks
 * Keep-alive pings are off: a server made with the C library takes more than a few of them on a silent stream for an
 * attack and closes the connection (measured: pings each second killed a healthy call after 4 s). Silence is watched
 * in the call instead, and a connection that went silent is replaced, because each later call would run into its
 * deadline on the same dead socket.
 */
export function createConnection(target: string, security: ChannelSecurity): Connection {
  let current: Client | undefined;

  function open(): Client {
    current = new Client(target, security.credentials, {
      ...security.channelOptions,
      // Otherwise a new channel is given the same dead socket.
      'grpc.use_local_subchannel_pool': 1,
      // A library does not let the environment decide where it connects to.
      'grpc.enable_http_proxy': 0,
      // A configured retry would repeat the session id, which kills both calls on the server.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    });
    return current;
  }

  function replace(suspect: Client): void {
    if (suspect !== current) return;
    current = undefined;
    suspect.close();
  }

  return {
    client() {
      // In the pause between two attempts to connect every call fails at once, although the service may be back.
      if (current?.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE) {
        replace(current);
      }
      return current ?? open();
    },
    replace,
    warmUp(onReady) {
      const client = current ?? open();
      const channel = client.getChannel();
      const untilMs = Date.now() + readyLimitMs;
      // Not waitForReady(): on a client that was closed meanwhile it opens one more connection, which nobody closes.
      const look = (error?: Error): void => {
        if (error !== undefined || client !== current) return;
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) onReady();
        else channel.watchConnectivityState(state, untilMs, look);
      };
      look();
    },
    close() {
      current?.close();
      current = undefined;
    },
  };
}
