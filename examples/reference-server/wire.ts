import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One TCP connection of a client, and what can go wrong with it under the protocol. */
export interface Wire {
  /** Closes it in order: FIN in both directions. */
  drop(): void;
  /** Breaks it off: RST. */
  reset(): void;
  /** FIN towards the client alone; what the client says still arrives. */
  closeTowardsClient(): void;
  /** From now on nothing passes, in neither direction, and nobody is told. */
  blackHole(): void;
  /** From now on what goes to the client goes byte by byte, one each millisecond. */
  drip(): void;
  /** Waits until what was sent has passed. */
  quiet(): Promise<void>;
}

/** Every connection of the server passes here. */
export interface Wires {
  readonly port: number;
  open(): number;
  /** The wire of a call, by the port that its peer has behind the wire. */
  of(peerPort: number): Wire | undefined;
  dropAll(): void;
  /** Stops listening and closes what is open. */
  close(): Promise<void>;
}

/** Rounds of the event loop, of so many milliseconds each, after which everything sent in this process has passed. */
const quietRounds = 5;
const quietRoundMs = 10;
/** How long `quiet` waits for a client that does not read. Units: ms. */
const quietLimitMs = 1000;

/**
 * Listen for clients, and pass what they say to a port of this process.
 *
 * @throws the error of `listen` as it comes.
 */
export async function startWires(host: string, port: number, innerPort: number): Promise<Wires> {
  const wires = new Map<Socket, { readonly wire: Wire; readonly far: Socket }>();
  const tcp = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port: innerPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    wires.set(near, { wire: join(near, far), far });
    near.once('close', () => wires.delete(near));
  });
  tcp.listen(port, host);
  await once(tcp, 'listening');
  return {
    port: (tcp.address() as AddressInfo).port,
    open: () => wires.size,
    of: (peerPort) => [...wires.values()].find(({ far }) => far.localPort === peerPort)?.wire,
    dropAll() {
      for (const { wire } of wires.values()) wire.drop();
    },
    async close() {
      const closed = [once(tcp, 'close'), ...[...wires.keys()].map((near) => once(near, 'close'))];
      tcp.close();
      for (const { wire } of wires.values()) wire.drop();
      await Promise.all(closed);
    },
  };
}

function join(near: Socket, far: Socket): Wire {
  let mode: 'passing' | 'dripping' | 'black-hole' = 'passing';
  /** What drips, one after the other. */
  let dripped: Promise<unknown> = Promise.resolve();

  for (const socket of [near, far]) socket.on('error', () => {});
  near.on('data', (bytes) => {
    if (mode !== 'black-hole' && !far.write(bytes)) near.pause();
  });
  far.on('drain', () => near.resume());
  far.on('data', (bytes) => {
    if (mode === 'black-hole' || !near.writable) return;
    if (mode === 'dripping') dripped = dripped.then(() => dripOut(bytes));
    else if (!near.write(bytes)) far.pause();
  });
  near.on('drain', () => far.resume());
  near.on('end', () => mode !== 'black-hole' && far.end());
  far.on('end', () => {
    if (mode !== 'black-hole') void dripped.then(() => near.end());
  });
  near.on('close', () => far.destroy());
  far.on('close', () => {
    if (mode !== 'black-hole') void dripped.then(() => near.destroySoon());
  });

  async function dripOut(bytes: Buffer): Promise<void> {
    far.pause();
    for (let at = 0; at < bytes.length && near.writable; at += 1) {
      near.write(bytes.subarray(at, at + 1));
      await sleep(1);
    }
    far.resume();
  }

  return {
    drop: () => near.destroy(),
    reset: () => near.resetAndDestroy(),
    closeTowardsClient: () => near.end(),
    blackHole() {
      mode = 'black-hole';
    },
    drip() {
      mode = 'dripping';
    },
    async quiet() {
      for (let waitedMs = 0, rounds = 0; rounds < quietRounds && waitedMs < quietLimitMs; ) {
        await sleep(quietRoundMs);
        waitedMs += quietRoundMs;
        rounds = near.writableLength === 0 ? rounds + 1 : 0;
      }
    },
  };
}
