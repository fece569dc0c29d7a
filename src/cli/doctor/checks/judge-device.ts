import { gainToDb } from '../../../index.js';
import { isDigitalSilence, silenceCure } from '../../digital-silence.js';
import { amber, type Figures, type Finding, failed, green, red } from '../finding.js';
import type { RateFigures } from './measure-rate.js';

/** A device that was opened for a moment. */
export interface DeviceFigures {
  readonly role: 'microphone' | 'loudspeaker';
  /** As the config names it. */
  readonly device: string;
  /** How it was reached, as `process/pulse`; null where nobody knows. */
  readonly way: string | null;
  /** What the hardware runs at by itself, where the sound system tells. Units: Hz. */
  readonly nativeHz: number | null;
  readonly outcome: RateFigures | { readonly error: unknown };
}

/** Parts of the rate it should have. A machine that stands still for a moment moves the measure of a second by one in a hundred. */
const limits = { amber: 0.02, red: 0.05 } as const;

export function judgeDevice({ role, device, way, nativeHz, outcome }: DeviceFigures): Finding {
  const subject = { id: role } as const;
  if ('error' in outcome) {
    return failed(subject, outcome.error, 'connect it, or take a name that earshot devices lists');
  }
  const { format, measuredHz, peak } = outcome;
  const { sampleRateHz, channels } = format;
  const isBytes = Number.isFinite(measuredHz);
  const figures: Figures = {
    device,
    way,
    sampleRateHz,
    channels,
    nativeHz,
    measuredHz: isBytes ? Math.round(measuredHz) : null,
  };
  const converted =
    nativeHz === null || nativeHz === sampleRateHz ? '' : `, the hardware runs at ${nativeHz} Hz`;
  const by = way === null ? '' : ` by ${way}`;
  const what = `${device}${by}: ${sampleRateHz} Hz, measured ${measuredHz.toFixed(0)} Hz${converted}`;
  const off = Math.abs(measuredHz / sampleRateHz - 1);
  if (off > limits.red) {
    return red(
      subject,
      what,
      'take another device or way to it (devices.backend, devices.api): at a wrong rate nothing is understood',
      figures,
    );
  }
  if (off > limits.amber) {
    return amber(
      subject,
      what,
      'see what keeps this machine busy, and measure again; if it stays, take another device',
      figures,
    );
  }
  if (role === 'microphone' && isDigitalSilence(gainToDb(peak))) {
    return red(subject, `${what}, and gives digital silence`, silenceCure, figures);
  }
  return green(subject, what, figures);
}
