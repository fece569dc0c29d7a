import type { SchedulerLike } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import { judge, openFailure } from './error-texts.js';
import { createFloodGuard } from './flood-guard.js';
import { type OpenStream, openStream } from './open-stream.js';
import { listenToErrors } from './process-errors.js';
import { type Audify, type RtAudio, sampleBytes } from './rt-audio.js';
import { labelOf, type StreamSettings } from './stream-settings.js';

/** What becomes of a running stream. */
export interface StreamEvents {
  /** One buffer came in, or one went out of the queue. */
  onBuffer(pcm: Uint8Array | undefined): void;
  onXrun(detail: string): void;
  /** It is over: nothing else is told. */
  onFailed(error: unknown): void;
}

/** A stream of the native library from its opening to its end. */
export interface RunningStream extends Omit<OpenStream, 'rtAudio'> {
  start(): void;
  /** Append one buffer of exactly `bufferSamples` sample frames. */
  write(samples: Float32Array): void;
  /** What the library says lies between its queue and the loudspeaker. Units: sample frames. 0 where it does not know. */
  latencySamples(): number;
  /** Whether buffers still pass. */
  isAlive(): boolean;
  /** Silence it and release the device, once. */
  close(): void;
}

/** What a stream needs beside its settings. */
export interface StreamSurroundings {
  readonly audify: Audify;
  readonly scheduler: SchedulerLike;
  /** A stream hangs in the driver and cannot be closed without hanging too; it was left to itself. */
  readonly onStuck?: () => void;
}

/** While audio waits and nothing passes for this long, the thread of the library hangs in the driver. Units: ms. Twenty buffers. */
const stuckMs = 200;
/** So many errors in a second that nobody knows are a loss too: a dead server makes one of each buffer. */
const mostUnknownErrors = 50;

/**
 * Held as long as they are open: the library stops a stream silently when its object is collected.
 * Those that hang in the driver stay here until they come back.
 */
const held = new Set<RtAudio>();

/**
 * Open a stream and watch over it.
 *
 * @remarks
 * What the library still delivers after the end is ignored, be it 200 000 calls. Whatever a listener throws becomes the stream's failure:
 * the library swallows exceptions.
 * @throws DeviceError when it does not open.
 */
export function openRunningStream(
  settings: StreamSettings,
  { audify, scheduler, onStuck }: StreamSurroundings,
  events: StreamEvents,
): RunningStream {
  const label = labelOf(settings);
  const isCapture = settings.direction === 'capture';
  let isOpen = true;
  let isParked = false;
  let unknownErrors = 0;
  let unknownSinceMs = 0;
  /** Infinite before the start, when nothing can be late. */
  let lastPassMs = Number.POSITIVE_INFINITY;
  /** Buffers in the queue of the library. */
  let queued = 0;
  let guard = createFloodGuard(0);

  const onBuffer = (pcm?: Uint8Array): void => {
    if (!isOpen) {
      if (isParked) release();
      return;
    }
    const nowMs = scheduler.now();
    lastPassMs = nowMs;
    queued -= 1;
    if (guard.pass((bufferSamples * 1000) / format.sampleRateHz, nowMs)) {
      lose('delivers faster than time passes, as it does when the sound server died');
      return;
    }
    try {
      events.onBuffer(pcm);
    } catch (error) {
      fail(error);
    }
  };

  const relay = createRelay();
  const opened = openStream(audify, settings, {
    onInput: isCapture ? relay.call : null,
    onOutput: isCapture ? null : relay.call,
  });
  // Nothing comes before the start.
  relay.to(onBuffer);
  const { rtAudio, format, bufferSamples, device } = opened;
  held.add(rtAudio);

  const stopListening = listenToErrors((text) => {
    if (!isOpen) return;
    const verdict = judge(text, settings.direction, settings.api);
    if (verdict === 'lost') lose(`was lost (${text.replace(/[.\s]+$/, '')})`);
    else if (verdict === 'xrun') events.onXrun(text.trim() || 'overrun');
    else if (verdict === 'unknown') countUnknown(text);
  });

  function countUnknown(text: string): void {
    const nowMs = scheduler.now();
    if (nowMs - unknownSinceMs > 1000) {
      unknownSinceMs = nowMs;
      unknownErrors = 0;
    }
    unknownErrors += 1;
    if (unknownErrors > mostUnknownErrors) lose(`fails again and again (${text.replace(/[.\s]+$/, '')})`);
  }

  function lose(what: string): void {
    fail(
      new DeviceError('DEVICE_LOST', `${label} ${what}; it can be opened again when it is back`, {
        retryable: true,
      }),
    );
  }

  function fail(error: unknown): void {
    if (!isOpen) return;
    close();
    events.onFailed(error);
  }

  const isStuck = (): boolean => (isCapture || queued > 0) && scheduler.now() - lastPassMs > stuckMs;

  function close(): void {
    if (!isOpen) return;
    const hangs = isStuck();
    isOpen = false;
    stopListening();
    if (!hangs) {
      release();
      return;
    }
    // Closing would wait for the driver, and this thread with it: for ever, when the sink is suspended. One silent buffer, and
    // nothing else, is left in the queue; when it passes, the stream runs again and can be closed.
    isParked = true;
    if (!isCapture) {
      rtAudio.clearOutputQueue();
      write(new Float32Array(bufferSamples * format.channels));
    }
    onStuck?.();
  }

  function release(): void {
    isParked = false;
    // What is left in the queue would be read beyond its end by a later stream of larger buffers.
    rtAudio.clearOutputQueue();
    rtAudio.closeStream();
    held.delete(rtAudio);
    relay.to(undefined);
  }

  function write(samples: Float32Array): void {
    rtAudio.write(new Uint8Array(samples.buffer, samples.byteOffset, samples.length * sampleBytes));
    // Nothing can have passed while there was nothing.
    if (queued === 0 && lastPassMs < Number.POSITIVE_INFINITY) lastPassMs = scheduler.now();
    queued += 1;
  }

  return {
    device,
    format,
    bufferSamples,
    start() {
      lastPassMs = scheduler.now();
      guard = createFloodGuard(lastPassMs);
      try {
        rtAudio.start();
      } catch (error) {
        close();
        throw openFailure(label, error);
      }
    },
    write,
    latencySamples: () => rtAudio.getStreamLatency(),
    isAlive: () => !isStuck(),
    close,
  };
}

/** A callback that can be let go of. */
interface Relay {
  readonly call: (pcm?: Uint8Array) => void;
  to(target: ((pcm?: Uint8Array) => void) | undefined): void;
}

/**
 * What the library gets for a callback.
 *
 * It never lets go of what it got, not even when the stream was closed and its object collected. A function of the stream's own would keep
 * everything of it: 20 kB for each opening, and every hard flush is one.
 */
function createRelay(): Relay {
  let target: ((pcm?: Uint8Array) => void) | undefined;
  return {
    call: (pcm) => target?.(pcm),
    to(next) {
      target = next;
    },
  };
}
