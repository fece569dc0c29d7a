import { startParec } from '../../virtual-kiosk/parec.js';
import { type Arrival, createTimeLine, type RecordedTimeLine } from './time-line.js';

/** Listens to a source of a sound server and keeps nothing of it but when it came. */
export interface Listener {
  readonly pid: number;
  readonly arrivals: readonly Arrival[];
  /** What it knows of the time so far; what arrives later makes the last second better. */
  timeLine(): RecordedTimeLine;
  stop(): Promise<void>;
}

/** What to listen to. */
export interface ListenOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly source: string;
  readonly rateHz: number;
  /** How much earlier than it is audible a sample arrives at best. Units: ms. */
  readonly aheadMs: number;
  /** How many the source has. */
  readonly channels: number;
  /** Of what arrives within this, only what came with the least delay is kept for the time line. Units: ms. @defaultValue 0: everything */
  readonly keepEveryMs?: number;
  /** The first channel. Called in order, each sample once. */
  hear(samples: Float32Array): void;
}

/** Resolves when the first samples are there. */
export async function listen({
  env,
  source,
  rateHz,
  channels,
  aheadMs,
  keepEveryMs = 0,
  hear,
}: ListenOptions): Promise<Listener> {
  const arrivals: Arrival[] = [];
  let frames = 0;
  let rest: Buffer = Buffer.alloc(0);
  const delayMs = ({ frames: upTo, atMs }: Arrival): number => atMs - (upTo * 1000) / rateHz;
  let keptFromMs = Number.NEGATIVE_INFINITY;
  function keep(arrival: Arrival): void {
    const last = arrivals.at(-1);
    if (!last || arrival.atMs - keptFromMs >= keepEveryMs) keptFromMs = arrival.atMs;
    else if (delayMs(arrival) <= delayMs(last)) arrivals.pop();
    else return;
    arrivals.push(arrival);
  }
  const frameBytes = 4 * channels;
  const { pid, stop } = await startParec({
    env,
    source,
    channels,
    rateHz,
    hear(piece, atMs) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const count = Math.floor(bytes.length / frameBytes);
      rest = bytes.subarray(frameBytes * count);
      hear(Float32Array.from({ length: count }, (_, frame) => bytes.readFloatLE(frameBytes * frame)));
      frames += count;
      keep({ frames, atMs });
    },
  });
  return { pid, arrivals, timeLine: () => createTimeLine(arrivals, rateHz, aheadMs), stop };
}
