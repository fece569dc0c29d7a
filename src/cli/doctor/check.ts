import type { SchedulerLike } from 'rxjs';
import type { ConfigProblem } from '../config/config-problem.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Finding, Subject } from './finding.js';
import type { Machine } from './machine.js';

/** What a check may know. */
export interface Examination {
  readonly machine: Machine;
  /** Undefined where only what every loop needs is examined. */
  readonly config: EarshotConfig | undefined;
  /** The path of the config as it was given, for what people are told. */
  readonly configPath: string | undefined;
  /** Secrets of the config that are not here, and may be where the loop runs. */
  readonly notes: readonly ConfigProblem[];
  /** The folder of the config, from which its paths are meant. */
  readonly folder: string;
  /** The clock of devices and calls. */
  readonly scheduler: SchedulerLike;
  /** When the examination began. Units: ms on both clocks of the machine. */
  readonly beganAt: { readonly wallMs: number; readonly steadyMs: number };
}

/** One thing that is looked at. */
export interface Check {
  /** What is going on meanwhile, as `opening the devices`. */
  readonly doing: string;
  /** What it tells of when it comes to nothing. */
  readonly subject: Subject;
  /** The longest it may take. Units: ms. */
  readonly limitMs: number;
  /**
   * Look.
   *
   * @param signal - release everything and end: the time is up, or nobody waits any more.
   */
  examine(examination: Examination, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** One that takes no time worth telling. */
export const quickLimitMs = 5000;
