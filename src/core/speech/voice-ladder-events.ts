import { mergeMap, type OperatorFunction } from 'rxjs';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { Synthesizer } from '../ports/synthesizer.js';

/** What a ladder of voices tells. @public */
export type VoiceLadderEvent =
  /** Another voice than before speaks, from this text on. */
  | {
      readonly type: 'rung-in-use';
      readonly rung: string;
      readonly engine: string;
      readonly voice: string;
      /** True for an earcon: it is heard, and nothing of the text is. */
      readonly saysNothing: boolean;
      /** The rung before; undefined for the first. */
      readonly before: string | undefined;
    }
  /** It can speak, for the first time or again. */
  | { readonly type: 'rung-ready'; readonly rung: string }
  /** It cannot be opened, or it failed at its work. `retryInMs`: when it is tried again; undefined when it will not be. */
  | {
      readonly type: 'rung-unavailable';
      readonly rung: string;
      readonly error: unknown;
      readonly retryInMs: number | undefined;
    }
  /** The top rung was asked for a text, and another one said it. */
  | {
      readonly type: 'text-passed-on';
      readonly rung: string;
      readonly error: unknown;
      /** Texts that were said so far, and how many of them not by the top rung. */
      readonly texts: number;
      readonly passedOn: number;
    };

/** Reports as a ladder tells them. @param voiceOf - of a rung that is open. */
export function asLadderEvent(
  voiceOf: (index: number) => Synthesizer | undefined,
): OperatorFunction<FallbackReport, VoiceLadderEvent> {
  return mergeMap((report): readonly VoiceLadderEvent[] => {
    switch (report.type) {
      case 'in-use': {
        const { index, name: rung, saysNothing } = report;
        const { engine = '', voice = '' } = voiceOf(index) ?? {};
        const before = report.before ?? undefined;
        return [{ type: 'rung-in-use', rung, engine, voice, saysNothing, before }];
      }
      case 'opened':
      case 'recovered':
        return [{ type: 'rung-ready', rung: report.name }];
      case 'down': {
        const { name: rung, error, probeInMs } = report;
        return [{ type: 'rung-unavailable', rung, error, retryInMs: probeInMs ?? undefined }];
      }
      case 'fell-back': {
        const { from: rung, error, answered: texts, fallbacks: passedOn } = report;
        return report.reason === 'down' ? [] : [{ type: 'text-passed-on', rung, error, texts, passedOn }];
      }
      case 'all-failed':
        return [];
    }
  });
}
