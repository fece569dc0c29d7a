import {
  type ApmFeatures,
  type ApmStream,
  assertProcessed,
  createRequest,
  processRequest,
  readCreated,
} from './apm-messages.js';
import type { RtcFfiBindings } from './rtc-ffi-bindings.js';

/** One audio processing module on the native side. */
export interface NativeApm {
  /** 10 ms of one channel for the render side: fill it, then `render`. Its content is spent by that. */
  readonly renderSamples: Int16Array;
  /** 10 ms of one channel for the capture side: fill it, then `capture`, and it holds the result. */
  readonly captureSamples: Int16Array;
  /** Take in what the loudspeaker renders. @throws Error when the module refuses, or was freed. */
  render(): void;
  /** Clean what the microphone captured. @throws Error when the module refuses, or was freed. */
  capture(): void;
  /** Idempotent. */
  free(): void;
}

/**
 * Make a module.
 *
 * The requests are built here, once, and so is the memory they point to: building them for each 10 ms costs about as much
 * again as half of the module's own work. The native side aborts the whole process over a length that is not 10 ms, so
 * none comes from outside.
 *
 * @throws Error when the native side cannot.
 */
export function createNativeApm(
  bindings: RtcFfiBindings,
  features: ApmFeatures,
  sampleRateHz: number,
): NativeApm {
  const id = readCreated(bindings.livekitFfiRequest(createRequest(features)));
  const handle = new bindings.FfiHandle(id);
  let freed = false;

  const pinned = (stream: ApmStream) => {
    // An ArrayBuffer of fixed length made by itself lies outside of the moving heap. It lives as long as the functions
    // below, which are all that can use its address.
    const samples = new Int16Array(new ArrayBuffer((sampleRateHz / 100) * Int16Array.BYTES_PER_ELEMENT));
    const bytes = new Uint8Array(samples.buffer);
    const { byteLength } = bytes;
    const address = bindings.livekitRetrievePtr(bytes);
    const request = processRequest(id, stream, { address, byteLength, sampleRateHz });
    const run = () => {
      if (freed) throw new Error('the module was freed');
      // A buffer given away to another thread has no memory any more; its address would point to someone else's.
      if (samples.byteLength !== byteLength) throw new Error('the memory of the samples is gone');
      assertProcessed(bindings.livekitFfiRequest(request), stream);
    };
    return { samples, run };
  };

  try {
    const render = pinned('render');
    const capture = pinned('capture');
    return {
      renderSamples: render.samples,
      captureSamples: capture.samples,
      render: render.run,
      capture: capture.run,
      free() {
        if (freed) return;
        freed = true;
        handle.dispose();
      },
    };
  } catch (error) {
    handle.dispose();
    throw error;
  }
}
