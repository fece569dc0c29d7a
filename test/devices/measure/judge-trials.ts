import { type CountedRun, nearestNumber } from './counted-audio.js';
import type { Claim, PlayedTrial } from './play-trials.js';
import type { RecordedTimeLine } from './time-line.js';

/** What a recording says about one trial. Numbers are sample frames of the audio, times ms of `performance.now()`. */
export interface HeardTrial {
  readonly played: PlayedTrial;
  /** From the call of `write` to its first sample. Undefined where nothing of it was heard. */
  readonly startMs: number | undefined;
  /** How far its first sample is from where it was to begin. */
  readonly startsOff: number;
  /** From the call of `flush` to its last sample; undefined where there was none. */
  readonly tailMs: number | undefined;
  /** By how much the sink said that more was heard than was, once it was silent. */
  readonly cutOffMs: number;
  /** Silence, or a jump, in the middle of it; or it ended before its end, or before it was flushed. */
  readonly gaps: number;
  /** From its last sample to the first one of the next. Undefined for the last trial. */
  readonly silenceMs: number | undefined;
}

/** How far a claim was from what was heard. */
export interface JudgedClaim {
  readonly atMs: number;
  /** Positive: it claims more than was heard. */
  readonly errorMs: number;
  /** What went on: play, or the rest after it, by how the trial ended; and how long that had lasted. */
  readonly phase: 'play' | 'hard' | 'soft' | 'end';
  readonly sinceMs: number;
  readonly trial: number;
}

export interface Judgement {
  readonly trials: readonly HeardTrial[];
  readonly claims: readonly JudgedClaim[];
  /** Sounds that no trial can have made when they were heard: what was flushed long ago, or what nobody wrote. */
  readonly strangers: readonly CountedRun[];
}

/** Beyond what it may take, so that a slow one is measured and not taken for a stranger. Units: ms. */
const longestTailMs = 250;
/** Recordings are not more exact than this. Units: ms. */
const instantMs = 2;
/** A sample may be one number off, see `countedAudio`. */
const tolerance = 2;

interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  /** Number of its first sample, counted on. */
  readonly from: number;
  readonly to: number;
  readonly run: CountedRun;
}

function countGaps(trial: PlayedTrial, pieces: readonly Piece[]): number {
  const last = pieces.at(-1);
  const inside = pieces.slice(1).filter((piece, i) => {
    const before = pieces[i] as Piece;
    const silentFrames = piece.run.fromFrame - before.run.fromFrame - before.run.frames;
    return silentFrames > tolerance || Math.abs(piece.from - before.to) > tolerance;
  });
  const isShort = trial.flush
    ? last !== undefined && last.toMs < trial.flush.calledAtMs - instantMs
    : (last?.to ?? trial.from) < trial.next - tolerance;
  return inside.length + (isShort ? 1 : 0);
}

/** Compares what was done, and what the sink said of it, with what was heard. */
export function judgeTrials(
  played: readonly PlayedTrial[],
  claims: readonly Claim[],
  runs: readonly CountedRun[],
  line: RecordedTimeLine,
  rateHz: number,
): Judgement {
  const perMs = rateHz / 1000;
  const pieces: Piece[][] = played.map(() => []);
  const strangers: CountedRun[] = [];
  let current = 0;
  for (const run of runs) {
    const fromMs = line.msAt(run.fromFrame);
    const toMs = fromMs + run.frames / perMs;
    const owner = [0, 1, 2, 3]
      .map((ahead) => current + ahead)
      .find((index) => {
        const trial = played[index];
        if (!trial || trial.take !== run.take || trial.writtenAtMs > toMs) return false;
        const endsMs = trial.flush ? trial.flush.calledAtMs + longestTailMs : Infinity;
        return fromMs <= endsMs;
      });
    if (owner === undefined) {
      strangers.push(run);
      continue;
    }
    current = owner;
    const mine = pieces[owner] as Piece[];
    const trial = played[owner] as PlayedTrial;
    const from = nearestNumber(run.number, mine.at(-1)?.to ?? trial.from);
    mine.push({ fromMs, toMs, from, to: from + run.frames, run });
  }

  const trials = played.map((trial, i): HeardTrial => {
    const mine = pieces[i] as Piece[];
    const first = mine[0];
    const last = mine.at(-1);
    const following = pieces[i + 1]?.[0];
    return {
      played: trial,
      startMs: first && first.fromMs - trial.writtenAtMs,
      startsOff: first ? first.from - trial.from : 0,
      tailMs: last && trial.flush && last.toMs - trial.flush.calledAtMs,
      cutOffMs: (trial.next - (last?.to ?? trial.from)) / perMs,
      gaps: countGaps(trial, mine),
      silenceMs: last && following && following.fromMs - last.toMs,
    };
  });

  /** A hard flush counts what is under way as heard; so it is held against all that was heard until it was silent. */
  const heardAt = ({ fromMs, from, to }: Piece, { endsBy, flush }: PlayedTrial, atMs: number): number =>
    endsBy === 'hard' && flush && atMs >= flush.backAtMs ? to : Math.min(to, from + (atMs - fromMs) * perMs);
  const all = pieces.flatMap((mine, i) => mine.map((piece) => ({ piece, trial: played[i] as PlayedTrial })));
  const judged = claims.flatMap(({ atMs, heardMs }): JudgedClaim[] => {
    const trial = played.findIndex(({ overAtMs }) => atMs <= overAtMs);
    const now = played[trial];
    if (!now) return [];
    const latest = all.findLast(({ piece }) => piece.fromMs <= atMs);
    const heard = latest ? heardAt(latest.piece, latest.trial, atMs) : (played[0] as PlayedTrial).from;
    const restsFromMs = now.flush?.backAtMs ?? now.writtenAtMs + now.playMs;
    const isResting = atMs >= restsFromMs;
    return [
      {
        atMs,
        errorMs: heardMs - heard / perMs,
        phase: isResting ? now.endsBy : 'play',
        sinceMs: atMs - (isResting ? restsFromMs : now.writtenAtMs),
        trial,
      },
    ];
  });
  return { trials, claims: judged, strangers };
}
