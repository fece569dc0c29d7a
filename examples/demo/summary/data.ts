import type { Transcript } from 'earshot';
import type { PartialCounts } from 'earshot/adapters/moonshine';
import type { Place, TimelineTurn } from '../timeline/data.js';
import type { DegradedSummary } from './degraded.js';
import type { WordCount } from './words-understood.js';

/** One turn of the user and what came of it. Times in ms, 0 is the first sample of both recordings. */
export interface TurnSummary extends Omit<Required<TimelineTurn>, 'outcome' | 'earlierRevisions'> {
  readonly revision: number;
  readonly outcome: 'answered' | 'interrupted' | 'reopened' | 'unanswered';
  /** The turn as it was sent before the user went on with it. */
  readonly earlierRevisions: readonly TurnSummary[];
}

export interface BargeInSummary {
  readonly kind: 'filler' | 'reply';
  readonly turnId: string;
  readonly speechOnsetMs: number;
  /** When the loudspeaker had reached its ducked volume. */
  readonly duckedMs: number;
  /** Null when it ended before that. */
  readonly silentMs: number | null;
  readonly heardMs: number;
  readonly heardText: string;
}

/** Something that sounded like speech and was none. */
export interface CoughSummary {
  readonly kind: 'cough';
  readonly turnId: string;
  readonly speechOnsetMs: number;
  readonly duckedMs: number;
  readonly restoredMs: number;
}

export interface Summary {
  readonly ok: boolean;
  /** What is not as the script says, one sentence each. */
  readonly problems: readonly string[];
  readonly place: Place;
  /** How much less of the loudspeaker the microphone hears; null: nothing to speak of. Units: dB. */
  readonly echoDb: number | null;
  readonly turns: readonly TurnSummary[];
  readonly bargeIns: readonly BargeInSummary[];
  readonly coughs: readonly CoughSummary[];
  /** Times in which the service could not be reached. */
  readonly degraded: readonly DegradedSummary[];
  /** Null where the script says what was said, or nobody knows. */
  readonly listening: ListeningSummary | null;
  /** Null where the service spoke. */
  readonly speaking: SpeakingSummary | null;
  /** What had to be known before the conversation began, one sentence each. */
  readonly notices: readonly string[];
  readonly totals: {
    readonly turns: number;
    readonly answered: number;
    readonly bargeIns: number;
    readonly coughs: number;
    readonly fillers: number;
    readonly durationMs: number;
    readonly fillerDelayMs: number;
  };
  /** How the devices fared. All of it is zero where there are none. */
  readonly devices: {
    /** How often samples were lost, or there were none to play. */
    readonly xruns: number;
    readonly lost: number;
    /** How late a timer of this process came, at most. */
    readonly loopLagMs: number;
  };
}

/** What listened on this machine. */
export interface ListeningSummary {
  readonly engine: Transcript['engine'];
  readonly partials: PartialCounts;
  /** What was said by the script and what of it was understood; null where nobody knows what was said. */
  readonly words: WordCount | null;
}

/** What spoke on this machine. */
export interface SpeakingSummary {
  /** The voices that spoke, one after the other. */
  readonly voices: readonly {
    readonly fromMs: number;
    readonly rung: string;
    readonly engine: string;
    readonly voice: string;
  }[];
  /** Clauses that another voice said, since the first one could not. */
  readonly passedOn: number;
  /** Clauses that nobody could say. */
  readonly failed: number;
}
