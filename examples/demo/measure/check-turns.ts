import type { TimelineTurn } from '../timeline/data.js';
import { type Check, holds } from './check.js';
import { type ReplyTrace, traceReply } from './reply-trace.js';
import { levelDbfs } from './signal.js';
import type { Recording } from './wav.js';

const fillerToleranceMs = 150;
const reportToleranceMs = 60;
const audibleDbfs = -50;

/** A reply, where it was found, and when something ducked or cut it. */
export interface FoundReply {
  readonly turn: TimelineTurn;
  readonly sent: Recording;
  readonly trace: ReplyTrace;
}

/** When the loudspeaker was allowed to be quieter than the reply. */
export interface Ducked {
  readonly fromMs: number;
  readonly toMs: number;
  /** True when this ended the reply. */
  readonly cuts: boolean;
}

/** Each filler begins in time, measured where it is heard. */
export function checkFillers(
  turns: readonly TimelineTurn[],
  loudspeaker: Recording,
  fillerDelayMs: number,
): readonly Check[] {
  return turns.flatMap(({ turnId, turnEndedMs, fillerHeardMs }) => {
    if (fillerHeardMs === null) return [];
    const what = 'filler begins after its delay';
    const limit = `0..${fillerToleranceMs} ms late`;
    if (fillerHeardMs < turnEndedMs) {
      return [holds(turnId, what, false, 'reported before the turn ended', limit)];
    }
    const dueMs = turnEndedMs + fillerDelayMs;
    const steps = Math.ceil((fillerDelayMs + 2000) / 5);
    const step = Array.from({ length: steps }, (_, i) => i).find(
      (i) => levelDbfs(loudspeaker, turnEndedMs + i * 5, 5) > audibleDbfs,
    );
    if (step === undefined) return [holds(turnId, what, false, 'no sound', limit)];
    const lateMs = turnEndedMs + step * 5 - dueMs;
    // A frame of 10 ms that was already on its way to the loudspeaker may round the delay down.
    const ok = lateMs <= fillerToleranceMs && lateMs >= -15;
    const agrees = Math.abs(dueMs + lateMs - fillerHeardMs) <= fillerToleranceMs;
    return [
      holds(turnId, what, ok, `${Math.round(lateMs)} ms late`, limit),
      holds(
        turnId,
        'filler heard when reported',
        agrees,
        `${Math.round(dueMs + lateMs)} ms`,
        `${Math.round(fillerHeardMs)} ms`,
      ),
    ];
  });
}

/** Find each reply that was heard. */
export function findReplies(
  turns: readonly TimelineTurn[],
  loudspeaker: Recording,
  readSent: (turnId: string) => Recording,
): { readonly found: readonly FoundReply[]; readonly checks: readonly Check[] } {
  const found: FoundReply[] = [];
  const checks: Check[] = [];
  for (const turn of turns) {
    if (turn.firstReplyHeardMs === null) continue;
    const sent = readSent(turn.turnId);
    if (sent.sampleRateHz !== loudspeaker.sampleRateHz) {
      throw new Error(
        `the reply of ${turn.turnId} is at ${sent.sampleRateHz} Hz and the loudspeaker at ${loudspeaker.sampleRateHz} Hz; they must be the same`,
      );
    }
    const perMs = loudspeaker.sampleRateHz / 1000;
    const likelyHeard = Math.max(1, Math.round(turn.replyHeardMs * perMs));
    const trace = traceReply(
      sent.samples,
      loudspeaker.samples,
      Math.round(turn.turnEndedMs * perMs),
      likelyHeard,
    );
    if (trace === null) {
      checks.push(holds(turn.turnId, 'reply is in the recording', false, 'not found', 'found'));
      continue;
    }
    const startMs = trace.startAt / perMs;
    const previous = found.at(-1)?.trace.startAt ?? -1;
    checks.push(
      holds(
        turn.turnId,
        'reply heard when reported',
        Math.abs(startMs - turn.firstReplyHeardMs) <= reportToleranceMs,
        `${Math.round(startMs)} ms`,
        `${Math.round(turn.firstReplyHeardMs)} ms`,
      ),
      holds(
        turn.turnId,
        'replies in the order of the turns',
        trace.startAt > previous,
        `${Math.round(startMs)} ms`,
        `after ${Math.round(Math.max(0, previous / perMs))} ms`,
      ),
    );
    found.push({ turn, sent, trace });
  }
  return { found, checks };
}

/** Each reply is there sample by sample, but for what a barge-in ducked or cut. */
export function checkReply({ turn, sent, trace }: FoundReply, ducked: readonly Ducked[]): readonly Check[] {
  const perMs = sent.sampleRateHz / 1000;
  const lastSound = trace.blocks.findLast(({ kind }) => kind !== 'quiet');
  const soundsUntil = lastSound === undefined ? 0 : lastSound.sentAt + lastSound.length;
  const endMs = lastSound === undefined ? 0 : (lastSound.at + lastSound.length) / perMs;
  const isCut = ducked.some(({ cuts, fromMs, toMs }) => cuts && endMs >= fromMs - 20 && endMs <= toMs + 50);
  const heardMs = trace.heard / perMs;
  const sentMs = sent.samples.length / perMs;
  const strays = trace.blocks.filter(
    ({ kind, at }) =>
      kind === 'scaled' &&
      !ducked.some(({ fromMs, toMs }) => (at + 480) / perMs >= fromMs && at / perMs <= toMs) &&
      at - trace.startAt > 3840,
  );
  const equal = trace.blocks.reduce(
    (sum, { kind, length }) => sum + (kind === 'equal' || kind === 'quiet' ? length : 0),
    0,
  );
  const scaled = trace.blocks.reduce((sum, { kind, length }) => sum + (kind === 'scaled' ? length : 0), 0);
  const mixed = trace.blocks.reduce((sum, { kind, length }) => sum + (kind === 'mixed' ? length : 0), 0);
  const gapMs = trace.gaps.reduce((sum, { length }) => sum + length, 0) / perMs;
  const parts = [
    `${Math.round(equal / perMs)} ms equal`,
    ...(scaled > 0 ? [`${Math.round(scaled / perMs)} ms scaled`] : []),
    ...(mixed > 0 ? [`${Math.round(mixed / perMs)} ms under a filler`] : []),
    ...(gapMs > 0 ? [`${Math.round(gapMs)} ms of gaps`] : []),
  ].join(', ');
  const complete = trace.heard >= sent.samples.length;
  const reportIsTrue =
    turn.replyHeardMs >= soundsUntil / perMs - reportToleranceMs &&
    turn.replyHeardMs <= heardMs + reportToleranceMs;
  return [
    isCut
      ? holds(
          turn.turnId,
          'reply heard up to the cut',
          !complete,
          `${Math.round(heardMs)} of ${Math.round(sentMs)} ms: ${parts}`,
          'a part',
        )
      : holds(
          turn.turnId,
          'reply complete and in order',
          complete,
          `${Math.round(heardMs)} of ${Math.round(sentMs)} ms: ${parts}`,
          'all',
        ),
    holds(
      turn.turnId,
      'equal but where a barge-in ducks',
      strays.length === 0,
      strays.length === 0
        ? 'yes'
        : `${strays.length * 10} ms from ${Math.round((strays[0]?.at ?? 0) / perMs)} ms on`,
      'yes',
    ),
    holds(
      turn.turnId,
      'heard as much as reported',
      reportIsTrue,
      `${Math.round(heardMs)} ms`,
      `${Math.round(turn.replyHeardMs)} ms`,
    ),
  ];
}
