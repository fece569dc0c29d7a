import type { LinearEchoCancellerOptions } from '../audio/echo/linear-echo-options.js';
import type { WakeOptions } from '../hardware/wake-policy.js';
import type { Calibration } from './calibration.js';

/** Options that follow from a calibration. @public */
export interface CalibratedOptions {
  /** For `linearEchoCanceller`. */
  readonly echoCanceller: Pick<LinearEchoCancellerOptions, 'tailMs' | 'referenceLeadMs'>;
  /** For `openDevices`: which devices were measured. */
  readonly capture: { readonly device: string };
  /** The same, and how much silence wakes the loudspeaker, where it lost something (`wake.strategy` `pre-roll`). */
  readonly playout: { readonly device: string; readonly wake: Partial<Pick<WakeOptions, 'preRollMs'>> };
  /**
   * How much quieter to play, so that the echo stays 6 dB below full scale at the microphone however loud a reply is. Units: dB. Range:
   * -60..0. A hint: whoever makes the audio, or the volume of the loudspeaker, has to follow it.
   */
  readonly playoutGainDb: number;
}

/** The range of `tailMs`, which is whole tens. Units: ms. */
const tail = { shortest: 100, longest: 480, step: 10 } as const;
/** Of the filter, beyond where the echo begins: the part of a room that is subtracted, and 50 ms that the delay may grow by when devices are opened again. Units: ms. */
const roomMs = 120;
/** Without a measured decay, what a filter of usual length has. Units: ms. */
const unknownRoomMs = 200;
/** By half of the time that it takes to decay by 60 dB, the echo has lost 30 dB: the rest is suppressed, not subtracted. */
const shareOfDecay = 0.5;
/** The range of `referenceLeadMs`, and what it has to spare. Units: ms. */
const lead = { least: 5, most: 50, spare: 5 } as const;
/** Units: ms. */
const preRoll = { longest: 1500, step: 50 } as const;
const headroomDb = 6;

/**
 * Work out what follows from a calibration.
 *
 * @remarks
 * The filter is made as long as the delay and the room need, between 100 and 480 ms; where the delay alone needs more, `judgeAcoustics` says so.
 * @public
 */
export function calibratedOptions({ devices, figures }: Calibration): CalibratedOptions {
  const { delayMs, delaySpreadMs, reverberationMs, returnLossDb, wakeLossMs, wakeSilenceMs } = figures;
  const spreadMs = delaySpreadMs ?? 0;
  const leadMs = clamp(Math.ceil(lead.spare + spreadMs - delayMs), lead.least, lead.most);
  const decayMs = reverberationMs === null ? unknownRoomMs : shareOfDecay * reverberationMs;
  const neededMs = leadMs + spreadMs + Math.max(0, delayMs) + Math.max(roomMs, decayMs);
  const wakesMs = wakeLossMs === null || wakeLossMs === 0 ? 0 : wakeLossMs + (wakeSilenceMs ?? 0);
  return {
    echoCanceller: {
      tailMs: clamp(up(neededMs, tail.step), tail.shortest, tail.longest),
      referenceLeadMs: leadMs,
    },
    capture: { device: devices.capture },
    playout: {
      device: devices.playout,
      wake: wakesMs === 0 ? {} : { preRollMs: Math.min(preRoll.longest, up(wakesMs, preRoll.step)) },
    },
    playoutGainDb: clamp(returnLossDb - headroomDb, -60, 0),
  };
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));
const up = (value: number, step: number): number => Math.ceil(value / step) * step;
