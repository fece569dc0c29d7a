import { channelMap } from './modules.js';
import { startParec } from './parec.js';
import { type Arrival, type TimeLine, timeLine } from './time-line.js';

/** Sound with a time line. */
export interface Recording extends TimeLine {
  /** Interleaved, full scale 1. */
  readonly samples: Float32Array;
  readonly channels: number;
  readonly rateHz: number;
}

/** Records until it is stopped. */
export interface Recorder {
  /**
   * End it. Resolves with what there was; again, with the same.
   *
   * @remarks
   * Accuracy, against what the player's server says is audible: 1 ms on PulseAudio, 4 ms on PipeWire. Two recorders of the same device
   * agree within 1 ms.
   */
  stop(): Promise<Recording>;
  /** What there is so far. */
  soFar(): Recording;
}

/** What to record. */
export interface RecorderOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly source: string;
  readonly channels: number;
  readonly rateHz: number;
  /** How much earlier a sample arrives than it is audible. Units: ms. */
  readonly aheadMs: number;
}

/** Records at most this much: half an hour in stereo at 48 kHz are 690 MB. Units: bytes. */
const maxBytes = 2 ** 30;

/** Starts to record; resolves when the first samples are there. */
export async function startRecorder({
  env,
  source,
  channels,
  rateHz,
  aheadMs,
}: RecorderOptions): Promise<Recorder> {
  const bytesPerFrame = 4 * channels;
  const pieces: Buffer[] = [];
  const arrivals: Arrival[] = [];
  let bytes = 0;
  let isFull = false;
  const parec = await startParec({
    env,
    source,
    channels,
    rateHz,
    args: [`--channel-map=${channelMap(channels)}`],
    hear(piece, atMs, end) {
      if (bytes + piece.length > maxBytes) {
        isFull = true;
        end();
        return;
      }
      pieces.push(piece);
      bytes += piece.length;
      arrivals.push({ frames: Math.floor(bytes / bytesPerFrame), atMs });
    },
  });

  const soFar = (): Recording => {
    if (isFull)
      throw new Error(`the recording of ${source} is longer than ${maxBytes} bytes; stop it earlier`);
    const whole = Buffer.concat(pieces);
    const count = Math.floor(whole.length / bytesPerFrame) * channels;
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i += 1) samples[i] = whole.readFloatLE(4 * i);
    return { samples, channels, rateHz, ...timeLine(arrivals, rateHz, aheadMs) };
  };
  return {
    soFar,
    async stop() {
      await parec.stop();
      return soFar();
    },
  };
}
