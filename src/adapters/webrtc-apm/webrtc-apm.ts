import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { ModelError } from '../../core/errors.js';
import { numberIn, oneOf, resolveOptions } from '../../core/options.js';
import type { EchoCanceller } from '../../core/ports/echo-canceller.js';
import type { ApmFeatures } from './apm-messages.js';
import { cancelEchoWith } from './cancel-echo.js';
import { createNativeApm, type NativeApm } from './native-apm.js';
import {
  installCommand,
  loadRtcFfiBindings,
  type RtcFfiBindings,
  reasonOf,
  requireRtcFfiBindings,
} from './rtc-ffi-bindings.js';

/** @public */
export interface WebrtcApmOptions {
  /**
   * Rate of the near-end frames, one channel. Units: hertz. Range: 16_000 or 48_000. At 16_000 10 ms cost two thirds of what they cost at 48_000.
   * @defaultValue 16_000
   */
  readonly sampleRateHz: 16_000 | 48_000;
  /** Remove what the loudspeaker renders. Brings the high-pass along. @defaultValue true */
  readonly echoCancellation: boolean;
  /**
   * Weaken steady noise. Brings the high-pass along. It also weakens whoever speaks over the loudspeaker: with the echo 6 dB
   * above the speaker a detector still found him in 9 % of the frames, against 11 to 36 % without it.
   * @defaultValue false
   */
  readonly noiseSuppression: boolean;
  /** Remove rumble and mains hum: 40 Hz is 44 dB down or more. Costs next to nothing. @defaultValue true */
  readonly highPass: boolean;
  /**
   * Bring speech to one level, by 15 dB at most of quiet ones. It raises what is left of the echo too, and with it the false
   * triggers of a detector, from 0.1 to 0.24 a minute.
   * @defaultValue false
   */
  readonly gainControl: boolean;
  /**
   * How much earlier than its time the reference goes in. Units: milliseconds. Range: 0..200. The module cancels nothing of an
   * echo that comes less than 5 ms after its reference (2 to 10 dB instead of 46), and where timestamps are true a near loudspeaker's echo comes
   * at once. Raise it where the timestamps of a loudspeaker are late; the module follows delays of up to 500 ms in all.
   * @defaultValue 6
   */
  readonly referenceLeadMs: number;
  /**
   * How long a near-end frame may wait for the reference of its time, in near-end audio that came after it. Units: milliseconds.
   * Range: 0..500. A reference further behind than this counts as silence until it has caught up. Where each
   * comes in time nothing waits; 40 lets two periods of 20 ms be late.
   * @defaultValue 40
   */
  readonly maxReferenceWaitMs: number;
  /** Loads @livekit/rtc-ffi-bindings; give your own to share one or to put one in its place. @defaultValue loads the peer */
  readonly bindings: () => Promise<RtcFfiBindings>;
}

/** @public */
export const defaultWebrtcApmOptions = {
  sampleRateHz: 16_000,
  echoCancellation: true,
  noiseSuppression: false,
  highPass: true,
  gainControl: false,
  referenceLeadMs: 6,
  maxReferenceWaitMs: 40,
  bindings: requireRtcFfiBindings,
} as const satisfies WebrtcApmOptions;

/** What was counted over all subscriptions since the module was loaded. @public */
export interface WebrtcApmCounters {
  /** Reference that was not there when its time came, also while the loudspeaker was closed; silence went in. Units: ms. */
  readonly missingReferenceMs: number;
  /** The part of it that came later. Units: ms. */
  readonly lateReferenceMs: number;
  /** How often the reference's time line was left for another one: after a step of its clock, or of the near end's. */
  readonly referenceJumps: number;
  /** Near-end frames whose turn it was and that waited for their reference. */
  readonly heldFrames: number;
  /** Samples of either signal beyond full scale. */
  readonly clippedSamples: number;
  /** Samples of either signal that were no finite number; 0 went in. */
  readonly replacedSamples: number;
}

/** WebRTC's audio processing module, loaded. @public */
export interface WebrtcApm extends EchoCanceller {
  /** How long the module itself keeps a sample. It is in none of the timestamps. Units: milliseconds. */
  readonly innerDelayMs: number;
  counters(): WebrtcApmCounters;
  /** Free what is open. Subscriptions still open error with `MODEL_INFERENCE_FAILED` at their next frame. Idempotent. */
  close(): void;
}

/**
 * Load WebRTC's audio processing module: echo cancellation, noise suppression, high-pass and gain control, each an option.
 *
 * @remarks
 * Shape: takes frames of any length, 16 or 48 kHz, mono. The reference may have any layout, and may change it. The module takes
 * 10 ms at a time, in 16 bits.
 *
 * Range: samples are clipped to [-1, 1]; what is not finite counts as 0.
 *
 * Timing: the module delays by `innerDelayMs`: 8 ms with echo cancellation, 6 with noise suppression, 14 with both, and at 48 kHz
 * 1 more. That is taken out: a sample keeps its time, and a frame comes out when all of it is through, so with frames of
 * 10 ms one or two frames later. In a steady state nothing else waits if the reference is 20 ms ahead; see
 * `maxReferenceWaitMs`. 10 ms block the event loop for 0.04 to 0.1 ms (2-core x86).
 *
 * Order: each subscription has a module of its own (0.5 MB) that begins untrained; equal input in equal order gives equal output, to the bit.
 *
 * Cancellation: unsubscribing frees the module. What is not complete when the source completes is completed with silence.
 *
 * Ownership: the caller closes what was loaded.
 *
 * Errors of a stream: `AudioFormatError` `AUDIO_FORMAT_UNSUPPORTED` for a near-end frame of another layout, for a frame on either side without a
 * time (`timestampMs` is no finite number: it could be put nowhere, and would take all that follows along), and when 1000 near-end frames without
 * samples wait for one with samples; `OptionError` `OPTION_INVALID` for a reference whose layout is out of range or that has half a sample frame; `ModelError`
 * `MODEL_INFERENCE_FAILED` when the module fails or was closed. Errors of either source are passed on. With `echoCancellation: false` the
 * reference is not listened to, and cannot end anything.
 *
 * Clocks: the reference is read along its timestamps with a change of speed of 400 ppm at most, so that a loudspeaker on
 * another clock stays aligned.
 *
 * Without the peer, or on a platform for which it has no binary (Linux with musl, 32-bit ARM), loading fails and all else works. To have
 * the pipeline go on with the raw signal and tell it in a `degraded` event, hand it a canceller that fails:
 *
 * ```ts
 * const echoCanceller: EchoCanceller = await loadWebrtcApm().catch((error: unknown) => ({
 *   format: { sampleRateHz: 16_000, channels: 1 },
 *   cancelEcho: () => () => throwError(() => error),
 * }));
 * ```
 *
 * @throws OptionError `OPTION_INVALID`; VoiceError `PEER_MISSING` without @livekit/rtc-ffi-bindings in the one version that fits, or
 * without a binary for this platform; ModelError `MODEL_LOAD_FAILED` when the module cannot be made. All as rejections.
 * @see https://webrtc.googlesource.com/src/+/refs/heads/main/modules/audio_processing/ for the module
 * @public
 */
export async function loadWebrtcApm(options: Partial<WebrtcApmOptions> = {}): Promise<WebrtcApm> {
  const resolved = resolve(options);
  const { sampleRateHz, referenceLeadMs, maxReferenceWaitMs } = resolved;
  const bindings = await loadRtcFfiBindings(resolved.bindings);
  const format: PcmFormat = { sampleRateHz, channels: 1 };
  const perMs = sampleRateHz / 1000;
  const innerDelaySamples = delaySamples(resolved);
  const open = new Set<NativeApm>();
  let closed = false;
  const counted = {
    missingSamples: 0,
    lateSamples: 0,
    jumps: 0,
    heldFrames: 0,
    clippedSamples: 0,
    replacedSamples: 0,
  };

  const closeApm = (apm: NativeApm) => {
    open.delete(apm);
    apm.free();
  };
  const openApm = () => {
    if (closed) {
      throw new ModelError('MODEL_INFERENCE_FAILED', 'the echo canceller was closed; load it again');
    }
    const apm = make(bindings, resolved);
    open.add(apm);
    return apm;
  };
  prove(make(bindings, resolved));

  return {
    format,
    innerDelayMs: innerDelaySamples / perMs,
    cancelEcho: (reference$) =>
      cancelEchoWith({
        format,
        openApm,
        closeApm,
        reference$: resolved.echoCancellation ? reference$ : undefined,
        referenceLeadMs,
        maxReferenceWaitMs,
        innerDelaySamples,
        counters: counted,
      }),
    counters: () => ({
      missingReferenceMs: counted.missingSamples / perMs,
      lateReferenceMs: counted.lateSamples / perMs,
      referenceJumps: counted.jumps,
      heldFrames: counted.heldFrames,
      clippedSamples: counted.clippedSamples,
      replacedSamples: counted.replacedSamples,
    }),
    close() {
      closed = true;
      for (const apm of open) closeApm(apm);
    },
  };
}

function resolve(options: Partial<WebrtcApmOptions>): WebrtcApmOptions {
  const flag = oneOf(true, false);
  return resolveOptions<WebrtcApmOptions>(
    'webrtc-apm',
    defaultWebrtcApmOptions,
    options,
    {
      sampleRateHz: oneOf(16_000, 48_000),
      echoCancellation: flag,
      noiseSuppression: flag,
      highPass: flag,
      gainControl: flag,
      referenceLeadMs: numberIn(0, 200, 'milliseconds'),
      maxReferenceWaitMs: numberIn(0, 500, 'milliseconds'),
      bindings: (value) =>
        typeof value === 'function' ? undefined : 'must be a function that loads @livekit/rtc-ffi-bindings',
    },
    ({ echoCancellation, noiseSuppression, highPass, gainControl }) =>
      echoCancellation || noiseSuppression || highPass || gainControl
        ? []
        : [
            'one of echoCancellation, noiseSuppression, highPass and gainControl must be true, or it would do nothing',
          ],
  );
}

/**
 * What version 0.12.73 was measured to delay a click by, to the sample: the two suppressors work on overlapping pieces, and all
 * but the gain control split 48 kHz into three bands and put them together again.
 */
function delaySamples(options: ApmFeatures & { readonly sampleRateHz: number }): number {
  const { echoCancellation, noiseSuppression, highPass, sampleRateHz } = options;
  const bands = sampleRateHz / 16_000;
  const splits = bands > 1 && (echoCancellation || noiseSuppression || highPass);
  return (echoCancellation ? 128 * bands : 0) + (noiseSuppression ? 96 * bands : 0) + (splits ? 46 : 0);
}

function make(bindings: RtcFfiBindings, options: ApmFeatures & { readonly sampleRateHz: number }): NativeApm {
  try {
    return createNativeApm(bindings, options, options.sampleRateHz);
  } catch (cause) {
    throw loadFailed(cause);
  }
}

/** Run a module once, and free it: what cannot work should fail now and not in the middle of a conversation. */
function prove(apm: NativeApm): void {
  try {
    apm.render();
    apm.capture();
  } catch (cause) {
    throw loadFailed(cause);
  } finally {
    apm.free();
  }
}

function loadFailed(cause: unknown): ModelError {
  return new ModelError(
    'MODEL_LOAD_FAILED',
    `WebRTC's audio processing module cannot be made (${reasonOf(cause)}); install the version that was tested: ${installCommand}`,
    { cause },
  );
}
