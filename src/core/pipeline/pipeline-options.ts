import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { defaultHighPassOptions, type HighPassOptions } from '../audio/high-pass.js';
import {
  type BargeInOptions,
  type BargeInSettings,
  defaultBargeInOptions,
  resolveBargeInOptions,
} from '../conversation/barge-in-policy.js';
import {
  defaultFillerOptions,
  type FillerOptions,
  resolveFillerOptions,
} from '../conversation/filler-policy.js';
import {
  type CombinedSpeechOptions,
  defaultCombinedSpeechOptions,
  resolveCombinedSpeechOptions,
} from '../detection/combine-speech.js';
import {
  defaultUtteranceOptions,
  resolveUtteranceOptions,
  type UtteranceOptions,
} from '../operators/detect-utterances.js';
import { defaultEndpointingOptions, type EndpointingOptions, endTurns } from '../operators/end-turns.js';
import { filterHighPass } from '../operators/filter-high-pass.js';
import { defaultPreRollOptions, type PreRollOptions, withPreRoll } from '../operators/with-pre-roll.js';
import {
  groupOf,
  integerIn,
  optionError,
  optionGroup,
  resolveOptions,
  resolvePart,
  rxjsScheduler,
} from '../options.js';
import {
  defaultPlayoutOptions,
  type PlayoutOptions,
  resolvePlayoutOptions,
} from '../playout/playout-options.js';

/** How long the loop waits before it gives up and goes on. @public */
export interface PatienceOptions {
  /** From the end of the turn to the first audio of the answer. Units: ms. Range: 500..600000. Nobody stands at a kiosk longer. @defaultValue 30000 */
  readonly replyTimeoutMs: number;
  /** Silence of the service in the middle of a reply. Units: ms. Range: 500..600000. @defaultValue 20000 */
  readonly replyStallMs: number;
  /** From the end of the turn to its final transcript. Units: ms. Range: 100..120000. @defaultValue 10000 */
  readonly transcriptTimeoutMs: number;
  /** How long audio waits for a loudspeaker that is not open. Units: ms. Range: 0..60000. @defaultValue 3000 */
  readonly loudspeakerTimeoutMs: number;
  /** Silence of a microphone, not of a room: no frame at all. Units: ms. Range: 100..60000. Drivers deliver every 5 to 40 ms. @defaultValue 2000 */
  readonly captureStallMs: number;
  /** First wait before a lost device or session is opened again; doubles each time. Units: ms. Range: 10..60000. @defaultValue 250 */
  readonly reopenDelayMs: number;
  /** Longest such wait for a session. Units: ms. Range: 10..600000. @defaultValue 5000 */
  readonly maxReopenDelayMs: number;
  /**
   * Longest such wait for a device. Units: ms. Range: 10..600000. A device that is plugged in again is to be heard within a second;
   * once an attempt succeeds that takes 100 to 350 ms more, and one costs 10 to 40 ms of one core. @defaultValue 500
   */
  readonly maxDeviceReopenDelayMs: number;
}

/** @public */
export const defaultPatienceOptions = {
  replyTimeoutMs: 30_000,
  replyStallMs: 20_000,
  transcriptTimeoutMs: 10_000,
  loudspeakerTimeoutMs: 3000,
  captureStallMs: 2000,
  reopenDelayMs: 250,
  maxReopenDelayMs: 5000,
  maxDeviceReopenDelayMs: 500,
} as const satisfies PatienceOptions;

/** Everything about a pipeline that can be set, by concern. @public */
export interface PipelineOptions {
  /** Clock and timers. Devices must use the same one. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
  /** Rumble filter before the detector. */
  readonly highPass: Partial<HighPassOptions>;
  readonly utterances: Partial<UtteranceOptions>;
  /** What follows from two signals, and from a canceller that is not sure of itself. */
  readonly combinedSpeech: Partial<CombinedSpeechOptions>;
  readonly preRoll: Partial<PreRollOptions>;
  readonly endpointing: Partial<EndpointingOptions>;
  /**
   * Speech that starts within this after the turn was sent goes on with that turn. Units: ms. Range: 0..10000.
   * A server in the field that reopens turns uses the same 800 ms. @defaultValue 800
   */
  readonly reopenWindowMs: number;
  readonly bargeIn: Partial<BargeInOptions>;
  readonly filler: Partial<FillerOptions>;
  readonly playout: Partial<PlayoutOptions>;
  readonly patience: Partial<PatienceOptions>;
}

/** Every default of a pipeline in one place. @public */
export const defaultPipelineOptions = {
  scheduler: asyncScheduler,
  highPass: defaultHighPassOptions,
  utterances: defaultUtteranceOptions,
  combinedSpeech: defaultCombinedSpeechOptions,
  preRoll: defaultPreRollOptions,
  endpointing: defaultEndpointingOptions,
  reopenWindowMs: 800,
  bargeIn: defaultBargeInOptions,
  filler: defaultFillerOptions,
  playout: defaultPlayoutOptions,
  patience: defaultPatienceOptions,
} as const satisfies PipelineOptions;

/** The same, resolved and checked. */
export interface PipelineSettings {
  readonly scheduler: SchedulerLike;
  readonly highPass: Partial<HighPassOptions>;
  readonly utterances: UtteranceOptions;
  readonly combinedSpeech: CombinedSpeechOptions;
  readonly preRoll: Partial<PreRollOptions>;
  readonly endpointing: Partial<EndpointingOptions>;
  readonly reopenWindowMs: number;
  readonly bargeIn: BargeInSettings;
  readonly filler: FillerOptions;
  readonly playout: PlayoutOptions;
  readonly patience: PatienceOptions;
}

const resolvePatience = (given: Partial<PatienceOptions> = {}) =>
  resolveOptions<PatienceOptions>('patience', defaultPatienceOptions, given, {
    replyTimeoutMs: integerIn(500, 600_000, 'ms'),
    replyStallMs: integerIn(500, 600_000, 'ms'),
    transcriptTimeoutMs: integerIn(100, 120_000, 'ms'),
    loudspeakerTimeoutMs: integerIn(0, 60_000, 'ms'),
    captureStallMs: integerIn(100, 60_000, 'ms'),
    reopenDelayMs: integerIn(10, 60_000, 'ms'),
    maxReopenDelayMs: integerIn(10, 600_000, 'ms'),
    maxDeviceReopenDelayMs: integerIn(10, 600_000, 'ms'),
  });

/** What each option is by itself; what is in a group is for the group. */
const checks = {
  scheduler: rxjsScheduler,
  highPass: optionGroup,
  utterances: optionGroup,
  combinedSpeech: optionGroup,
  preRoll: optionGroup,
  endpointing: optionGroup,
  reopenWindowMs: integerIn(0, 10_000, 'ms'),
  bargeIn: optionGroup,
  filler: optionGroup,
  playout: optionGroup,
  patience: optionGroup,
};

/** Whatever changes these, it does not fall out with them: to look at the changes where the utterances themselves are wrong. */
const anyUtterances: UtteranceOptions = { ...defaultUtteranceOptions, startThreshold: 1, stopThreshold: 0 };

/**
 * Resolve and check every group, before anything is opened.
 *
 * @param found - what is wrong already with something else, to be told along.
 * @throws OptionError `OPTION_INVALID` that names all that is wrong, each as the caller wrote it, such as `endpointing.minSilenceMs`.
 */
export function resolvePipelineOptions(
  given: Partial<PipelineOptions>,
  found: readonly string[] = [],
): PipelineSettings {
  const problems = [...found];
  const whole = resolvePart<PipelineOptions>(
    problems,
    '',
    () => resolveOptions<PipelineOptions>('pipeline', defaultPipelineOptions, given, checks),
    defaultPipelineOptions,
  );
  /** One group as it was given, resolved by `resolve`. */
  const group = <K extends keyof PipelineOptions, T>(
    name: K,
    resolve: (of: PipelineOptions[K] | undefined) => T,
    instead: NoInfer<T>,
  ): T => resolvePart(problems, name, () => resolve(groupOf(given, name)), instead);

  const utterances = group('utterances', (of) => resolveUtteranceOptions('utterances', of), anyUtterances);
  group('highPass', (of) => void filterHighPass(of), undefined);
  group('preRoll', (of) => void withPreRoll(of), undefined);
  group('endpointing', (of) => void endTurns(of), undefined);
  const settings = {
    ...whole,
    utterances,
    combinedSpeech: group('combinedSpeech', resolveCombinedSpeechOptions, defaultCombinedSpeechOptions),
    bargeIn: group('bargeIn', (of) => resolveBargeInOptions(of, utterances), defaultBargeInOptions),
    filler: group('filler', resolveFillerOptions, defaultFillerOptions),
    playout: group('playout', resolvePlayoutOptions, defaultPlayoutOptions),
    patience: group('patience', resolvePatience, defaultPatienceOptions),
  };
  if (problems.length > 0) throw optionError('pipeline', problems);
  return settings;
}
