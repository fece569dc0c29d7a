import type { BlockSpectra } from './block-spectra.js';

/** Follows the clock of the loudspeaker as the microphone hears it. */
export interface DriftSteering {
  /** How much faster the reference must be read than it was rendered. Units: parts per million. Range: -300..300. */
  readonly ppm: number;
  /** How much faster the clock of the loudspeaker runs than that of the microphone; steadier than `ppm`. */
  readonly driftPpm: number;
  /** Take the next block. */
  step(spectra: BlockSpectra): void;
  /** The path has changed: keep the drift as it is for a second. */
  hold(): void;
}

const microsecond = 1e-6;
/** Crystals are within 100 ppm of nominal, cheap ones within 200; 300 leaves room for two that differ. */
const maxPpm = 300;
/**
 * Gains of the loop: parts per million for each microsecond, and that again for each second. The time constant is about
 * half a second. At twice these gains the loop still is quiet, at four times it starts to swing.
 */
const proportionalGain = 3;
const integralGain = 2;
/** What is seen is averaged over this many blocks. */
const averagedBlocks = 30;
/** What is known without looking: that the error of time is about 10 microseconds. Units: one over the square of seconds. */
const priorInformation = 1e10;
const heldMs = 1000;
/** Power that is the same as no sound, so that silence has no say. */
const floorPower = 1e-6;

/**
 * A phase-locked loop on the echo itself.
 *
 * @remarks
 * If the echo comes a little earlier than estimated, what is left over of it is turned by a quarter against the estimate, by
 * an angle that grows with frequency: the derivative of the echo, times the error of time. The best estimate of that
 * time weighs each bin by how little else is in it. With speech it is known to a microsecond after a few blocks, because thousands
 * of hertz and hundreds of milliseconds take part; a person who talks adds noise but no bias.
 *
 * The filter follows a drift too, but late, and the lag is what cannot be cancelled: 50 ppm cost 10 to 15 dB. Measured with the
 * loop on simulated rooms: 50 to 200 ppm are found to 1 ppm within 5 s, in double talk too, and cost nothing then.
 */
export function createDriftSteering(bins: number, sampleRateHz: number): DriftSteering {
  const blockSeconds = (bins - 1) / sampleRateHz;
  const holdBlocks = Math.round(heldMs / 1000 / blockSeconds);
  const angular = Float64Array.from({ length: bins }, (_, k) => (Math.PI * k * sampleRateHz) / (bins - 1));
  let seen = 0;
  let information = 0;
  let driftPpm = 0;
  let ppm = 0;
  let heldBlocks = 0;

  const clamp = (value: number): number => Math.max(-maxPpm, Math.min(maxPpm, value));

  return {
    get ppm() {
      return ppm;
    },
    get driftPpm() {
      return driftPpm;
    },
    step({ echo, echoPower, residual, steadyResidualPower }) {
      let turned = 0;
      let weight = 0;
      for (let k = 1; k < bins; k++) {
        const w = angular[k] as number;
        const power = echoPower[k] as number;
        const clarity = w / ((steadyResidualPower[k] as number) + 0.01 * power + floorPower);
        const quarter =
          (residual.imaginary[k] as number) * (echo.real[k] as number) -
          (residual.real[k] as number) * (echo.imaginary[k] as number);
        turned += clarity * quarter;
        weight += clarity * w * power;
      }
      seen += (turned - seen) / averagedBlocks;
      information += (weight - information) / averagedBlocks;
      if (heldBlocks > 0) {
        heldBlocks--;
        return;
      }
      const early = seen / (information + priorInformation) / microsecond;
      driftPpm = clamp(driftPpm + integralGain * early * blockSeconds);
      ppm = clamp(driftPpm + proportionalGain * early);
    },
    hold() {
      seen = 0;
      information = 0;
      ppm = driftPpm;
      heldBlocks = holdBlocks;
    },
  };
}
