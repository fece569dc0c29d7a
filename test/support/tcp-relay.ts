import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** Stands between a client and a server, and can swallow what they say to each other. */
export interface TcpRelay {
  readonly target: string;
  /** From now on nothing passes on the connections that are open; new ones work. */
  blackHoleOpenConnections(): void;
  /** From now on connections are taken and nothing passes on any. */
  blackHoleEverything(): void;
  /** Connections ever accepted. */
  connections(): number;
  openConnections(): number;
  close(): Promise<void>;
}

export async function startTcpRelay(serverPort: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  const pairs = new Set<{ dead: boolean }>();
  let accepted = 0;
  let open = 0;
  let deadFromTheStart = false;

  const tcp = createServer((near) => {
    accepted += 1;
    open += 1;
    const pair = { dead: deadFromTheStart };
    pairs.add(pair);
    const far = connect(serverPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!pair.dead) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!pair.dead || from === near) to.destroy();
      });
    }
    near.on('close', () => {
      open -= 1;
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  return {
    target: `127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    blackHoleOpenConnections() {
      for (const pair of pairs) pair.dead = true;
    },
    blackHoleEverything() {
      deadFromTheStart = true;
      for (const pair of pairs) pair.dead = true;
    },
    connections: () => accepted,
    openConnections: () => open,
    async close() {
      const closed = once(tcp, 'close');
      tcp.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
