import type { SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../core/audio/audio-frame.js';
import { numberIn, oneOf, resolveOptions } from '../core/options.js';
import type { Script, ScriptedTurn } from './script.js';

/** @public */
export interface ScriptedUpstreamOptions {
  /** Gives the time; a virtual one makes a conversation of minutes take milliseconds. */
  readonly scheduler: SchedulerLike;
  /** What the service does in answer to a turn. */
  readonly answer: (turn: ScriptedTurn) => Script;
  /** What a turn is made of on its way up. @defaultValue 'text' */
  readonly accepts: 'audio' | 'text';
  /** Layout of `turn-audio` frames. @defaultValue 16 kHz, mono */
  readonly format: PcmFormat;
  /** Longest wait for the first step of an answer, in milliseconds. Range: 1..600000. @defaultValue 15000, as the StreamingService adapter */
  readonly firstMessageMs: number;
  /** Longest silence between two steps, in milliseconds. Range: 1..600000. @defaultValue 15000, as the StreamingService adapter */
  readonly betweenMessagesMs: number;
}

/** @public */
export const defaultScriptedUpstreamOptions = {
  accepts: 'text',
  format: { sampleRateHz: 16_000, channels: 1 },
  firstMessageMs: 15_000,
  betweenMessagesMs: 15_000,
} as const satisfies Partial<ScriptedUpstreamOptions>;

/** What `scriptedUpstream` takes. @public */
export type ScriptedUpstreamInit = Pick<ScriptedUpstreamOptions, 'scheduler' | 'answer'> &
  Partial<ScriptedUpstreamOptions>;

/** @throws OptionError `OPTION_INVALID` */
export function resolveScriptedUpstreamOptions(given: ScriptedUpstreamInit): ScriptedUpstreamOptions {
  const { scheduler, answer } = given;
  return resolveOptions<ScriptedUpstreamOptions>(
    'scriptedUpstream',
    { ...defaultScriptedUpstreamOptions, scheduler, answer },
    given,
    {
      accepts: oneOf('audio', 'text'),
      firstMessageMs: numberIn(1, 600_000, 'ms'),
      betweenMessagesMs: numberIn(1, 600_000, 'ms'),
    },
  );
}
