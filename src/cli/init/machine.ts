import type { Trust } from '../../adapters/streaming-service/index.js';
import type { DeviceSurvey, OpenDevicesOptions } from '../../devices/index.js';
import type { Level } from '../../index.js';
import type { ConfigSurroundings } from '../config/referenced-text.js';
import type { TrialReport } from '../trial-report.js';
import type { ServiceLook } from './look-at-service.js';
import type { ServiceKind } from './next-steps.js';

/** The way to devices, and which. */
export type ChosenDevices = Pick<Partial<OpenDevicesOptions>, 'backend' | 'api'> & {
  readonly capture: string;
  readonly playout: string;
};

/** What the questions ask of the machine, so that tests can be one. */
export interface Machine {
  /** Environment, and files by paths that are meant from the folder of the config. */
  readonly surroundings: ConfigSurroundings;
  /** A WAV file: undefined when it can be heard, else what is wrong with it, behind "this". The path is as for `surroundings`. */
  wavProblem(path: string): string | undefined;
  /** Whether there is such a folder, or file. The path is as for `surroundings`. */
  has(path: string): boolean;
  /** Whose service a config in this folder is for; undefined where that is open. */
  readonly serviceOfFolder: ServiceKind | undefined;
  /** Whether there are pins for buttons and lights. */
  hasPins(): boolean;
  /** Bounded; never rejects. */
  lookAt(target: string, trust: Partial<Trust>): Promise<ServiceLook>;
  /** Bounded. */
  listDevices(way: Pick<ChosenDevices, 'backend' | 'api'>): Promise<DeviceSurvey>;
  /** Two beeps, and the level of the microphone. Bounded; never rejects. */
  tryDevices(
    chosen: ChosenDevices,
    onLevel: (level: Level, quiet: readonly number[]) => void,
  ): Promise<TrialReport>;
}
