import { type Checks, integerIn, numberIn } from '../../core/options.js';

/** What bounds an engine in a child process. @public */
export interface EngineLimits {
  /**
   * From the start of the child to its being ready; then it is ended and started again. Units: ms. Range: 100..3_600_000.
   * A model of 325 MB from an SD card at 40 MB/s takes 8 s to be read alone, and several processes may start at once.
   * @defaultValue 120_000
   */
  readonly startMs: number;
  /**
   * How long a request may give no sign: neither a piece nor its end. Then the child is taken to hang and is ended.
   * Inference blocks the child, so this must be longer than its longest inference. Units: ms. Range: 100..3_600_000.
   * @defaultValue 120_000, which is 15 s of speech on a board that needs eight times as long
   */
  readonly hangMs: number;
  /**
   * How long a cancelled request may take to stop; then the child is killed and started again. 0 kills at once.
   * Units: ms. Range: 0..600_000. A kill costs loading the model anew, so it pays only where that is quicker.
   * @defaultValue 3000
   */
  readonly cancelGraceMs: number;
  /** How long the child stays when nothing is asked; then its memory is given back. Units: ms. Range: 0..86_400_000. @defaultValue 300_000 */
  readonly idleMs: number;
  /**
   * Memory that the child may have in use; beyond it is ended. Units: MB (2^20 bytes). Range: 64..65_536.
   * Kokoro takes about 800 MB in fp32, so this is a leak.
   * @defaultValue 2048
   */
  readonly memoryMb: number;
  /** Requests that may wait for the one that runs; what comes then is refused. Range: 1..1000. @defaultValue 16 */
  readonly maxWaiting: number;
  /** Wait before the second start in a row that follows a failure, doubled for each one more; the first comes at once. Units: ms. Range: 1..600_000. @defaultValue 500 */
  readonly backOffMs: number;
  /** Longest wait between two starts, and how long nothing is tried after `maxFailures`. Units: ms. Range: 1..3_600_000. @defaultValue 30_000 */
  readonly maxBackOffMs: number;
  /** Failures in a row after which those waiting are not kept waiting any more. Range: 1..100. @defaultValue 3 */
  readonly maxFailures: number;
}

/** @public */
export const defaultEngineLimits = {
  startMs: 120_000,
  hangMs: 120_000,
  cancelGraceMs: 3000,
  idleMs: 300_000,
  memoryMb: 2048,
  maxWaiting: 16,
  backOffMs: 500,
  maxBackOffMs: 30_000,
  maxFailures: 3,
} as const satisfies EngineLimits;

/** The range of each limit. */
export const engineLimitChecks: Required<Checks<EngineLimits>> = {
  startMs: numberIn(100, 3_600_000, 'milliseconds'),
  hangMs: numberIn(100, 3_600_000, 'milliseconds'),
  cancelGraceMs: numberIn(0, 600_000, 'milliseconds'),
  idleMs: numberIn(0, 86_400_000, 'milliseconds'),
  memoryMb: numberIn(64, 65_536, 'MB'),
  maxWaiting: integerIn(1, 1000),
  backOffMs: numberIn(1, 600_000, 'milliseconds'),
  maxBackOffMs: numberIn(1, 3_600_000, 'milliseconds'),
  maxFailures: integerIn(1, 100),
};
