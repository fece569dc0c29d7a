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
  /** So many of the next bytes to the client go one by one, one each millisecond. */
  drip(bytes: number): void;
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
  let isBlackHole = false;
  /** Bytes that are still to drip. */
  let toDrip = 0;
  /** Is over when what drips has passed; undefined when nothing does. */
  let dripping: Promise<unknown> | undefined;

  for (const socket of [near, far]) socket.on('error', () => {});
  near.on('data', (bytes) => {
    if (!isBlackHole && !far.write(bytes)) near.pause();
  });
  far.on('drain', () => near.resume());
  far.on('data', (bytes) => {
    if (isBlackHole || !near.writable) return;
    if (toDrip > 0 || dripping !== undefined) dripInTurn(bytes);
    else if (!near.write(bytes)) far.pause();
  });
  near.on('drain', () => dripping === undefined && far.resume());
  // A client that leaves is let go, also where it is not heard any more.
  near.on('end', () => (isBlackHole ? near.destroy() : far.end()));
  far.on('end', () => afterDrip(() => near.end()));
  near.on('close', () => far.destroy());
  far.on('close', () => afterDrip(() => near.destroySoon()));

  function afterDrip(work: () => void): void {
    if (isBlackHole) return;
    if (dripping === undefined) work();
    else void dripping.then(work);
  }

  function dripInTurn(bytes: Buffer): void {
    const mine = (dripping ?? Promise.resolve()).then(async () => {
      far.pause();
      let at = 0;
      for (; at < bytes.length && toDrip > 0 && near.writable; at += 1, toDrip -= 1) {
        near.write(bytes.subarray(at, at + 1));
        await sleep(1);
      }
      if (near.writable) near.write(bytes.subarray(at));
      if (dripping === mine) dripping = undefined;
      far.resume();
    });
    dripping = mine;
  }

  return {
    drop: () => near.destroy(),
    reset: () => near.resetAndDestroy(),
    closeTowardsClient: () => near.end(),
    blackHole() {
      isBlackHole = true;
    },
    drip(bytes) {
      toDrip = bytes;
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
