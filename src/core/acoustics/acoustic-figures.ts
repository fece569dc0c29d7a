/**
 * What the way from a loudspeaker to a microphone is like, as measured.
 *
 * @remarks
 * Levels are root mean squares in decibels below full scale, never below -120. Null is what could not be told.
 * @public
 */
export interface AcousticFigures {
  /** Chirps that were rendered one by one, and those of them whose echo was heard. */
  readonly chirps: number;
  readonly heard: number;
  /** Level of a chirp as it was rendered. */
  readonly chirpDb: number;
  /** Level of what the microphone hears before anything is played. -120 is digital silence. */
  readonly noiseDb: number;
  /** Level of a chirp at the microphone. */
  readonly echoDb: number | null;
  /** From the time stamp of a rendered sample to that of its echo. Units: ms. Range: -100..600. */
  readonly delayMs: number | null;
  /** Between the least and the greatest of the delays of all chirps. Units: ms. */
  readonly delaySpreadMs: number | null;
  /** By how much the echo is quieter at the microphone than it was rendered, in the band of speech. Units: dB. */
  readonly returnLossDb: number | null;
  /** Between the least and the greatest of the losses of all chirps. Units: dB. */
  readonly returnLossSpreadDb: number | null;
  /** By how much what comes late in a chirp is weaker than what comes early, whatever its frequency. Units: dB. */
  readonly fadeDb: number | null;
  /** Delays of other echoes that are nearly as strong. Units: ms. */
  readonly otherEchoesMs: readonly number[];
  /** Time in which sound in the room decays by 60 dB. Units: ms. */
  readonly reverberationMs: number | null;
  /** Share of the captured samples that are at full scale while an echo is heard. Range: 0..1. */
  readonly clippedShare: number;
  /** How much faster the clock of the loudspeaker runs than that of the microphone. Units: parts per million. */
  readonly driftPpm: number | null;
  /** The standard error of it. */
  readonly driftErrorPpm: number | null;
  /** How much of the first sound after opening was not heard, though it was rendered. Units: ms; 1800 is that or more. */
  readonly wakeLossMs: number | null;
  /** From the request to open the loudspeaker to the first sound. Units: ms. */
  readonly wakeSilenceMs: number | null;
  /** Times that samples were missing, from the first chirp to the last. */
  readonly captureGaps: number;
  readonly playoutGaps: number;
}
