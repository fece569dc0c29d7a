/**
 * What is known of the echo in one frame that was cleaned.
 *
 * @remarks
 * Units: levels are decibels below full scale (root mean square, never below -120); counts are totals since the subscription.
 * @public
 */
export interface EchoDiagnosis {
  /** Of the frame. Units: milliseconds. */
  readonly timestampMs: number;
  /** How long the frame lasts. Units: milliseconds. */
  readonly durationMs: number;
  /**
   * - `no-echo`: the loudspeaker has been silent for longer than an echo lasts.
   * - `learning`: it plays, and the path to the microphone is not well known yet.
   * - `ready`: the echo is removed.
   * - `changed`: it was, until the path changed, or the reference was set to another place; it has to show again.
   */
  readonly state: 'no-echo' | 'learning' | 'ready' | 'changed';
  /**
   * How sure it is that what sounds like speech in the cleaned frame is speech and no echo. Range: 0..1. 1 without an echo.
   *
   * A decision that cannot be taken back should ask for more evidence the lower it is: a longer stretch of speech, or a second opinion. 0.6 to 1
   * while the echo is removed, the less the more of what passes is the rest of it.
   */
  readonly confidence: number;
  /** Level of what was captured. */
  readonly capturedDb: number;
  /** Level of the echo in it, as estimated. */
  readonly echoDb: number;
  /** Level of the echo that is believed to be left by the linear filter; the suppressor works on it. */
  readonly leftOverDb: number;
  /** Level of the cleaned frame: the near end. */
  readonly cleanedDb: number;
  /** By how much the linear filter is believed to lower the echo. Units: decibels. */
  readonly lossDb: number;
  /**
   * How much what the filter leaves over rises and falls with the echo. Range: -1..1. Around 0 while a person speaks; high with an echo
   * that is not removed.
   */
  readonly resemblance: number;
  /** From the time stamps of the reference to the strongest part of the echo. Units: milliseconds; 0 until it is known. */
  readonly delayMs: number;
  /** How much faster the clock of the loudspeaker runs than that of the microphone. Units: parts per million. */
  readonly driftPpm: number;
  /** Abrupt changes of the path that were found. */
  readonly pathChanges: number;
  /** Reference that had not come when it was needed, though it was waited for. Units: milliseconds. */
  readonly missingReferenceMs: number;
  /** Reference that came after it had been taken for silence. Units: milliseconds. */
  readonly lateReferenceMs: number;
  /** Reference that had to give way to newer before it was needed: four seconds are kept. Units: milliseconds. */
  readonly droppedReferenceMs: number;
  /** Times that the reference had to be set anew to its time stamps: gaps, other layouts, creeping clocks. */
  readonly realignments: number;
  /** Times that captured samples were missing, or came twice, by their time stamps. */
  readonly captureGaps: number;
}
