import type { TimelineBargeIn, TimelineTurn } from '../timeline/data.js';
import type { BargeInLimits } from '../timeline/outcome.js';
import { atMost, type Check, holds } from './check.js';
import type { Ducked, FoundReply } from './check-turns.js';
import { findOnsetMs, levelDbfs, locate, loudestStretch, quartered } from './signal.js';
import type { Recording } from './wav.js';

const silentDbfs = -60;
const windowMs = 10;
/** Two sounds are one: what 16 bits leave of it when it is turned down by 40 dB. */
const sameSound = 0.998;
/** The end of a fade, which is below that level where what fades is soft. Units: ms. */
const fadeTailMs = 20;
const duckedGain = 10 ** (-12 / 20);

/** A barge-in with the onset that the microphone shows. */
export interface MeasuredBargeIn {
  readonly bargeIn: TimelineBargeIn;
  readonly name: string;
  readonly onsetMs: number;
  /** Null for a cough, or when silence never came. */
  readonly silentMs: number | null;
}

/** Measure the onsets in the microphone and the silences in the loudspeaker. */
export function measureBargeIns(
  bargeIns: readonly TimelineBargeIn[],
  turns: readonly TimelineTurn[],
  microphone: Recording,
  loudspeaker: Recording,
  limits: BargeInLimits,
): { readonly measured: readonly MeasuredBargeIn[]; readonly checks: readonly Check[] } {
  const measured: MeasuredBargeIn[] = [];
  const checks: Check[] = [];
  bargeIns.forEach((bargeIn, i) => {
    const name = `${bargeIn.kind === 'cough' ? 'cough' : `barge-in (${bargeIn.kind})`} ${i + 1}`;
    const onsetMs = findOnsetMs(microphone, bargeIn.speechOnsetMs);
    if (onsetMs === null) {
      checks.push(
        holds(name, 'onset in the microphone', false, 'none', `near ${Math.round(bargeIn.speechOnsetMs)} ms`),
      );
      return;
    }
    if (bargeIn.kind === 'cough') {
      measured.push({ bargeIn, name, onsetMs, silentMs: null });
      return;
    }
    const silentMs = silentFrom(loudspeaker, onsetMs, nextAnswerMs(turns, onsetMs));
    measured.push({ bargeIn, name, onsetMs, silentMs });
    checks.push(
      atMost(
        name,
        'down by 12 dB after the onset',
        downFrom(loudspeaker, onsetMs, silentMs),
        limits.duckedMs,
      ),
      atMost(
        name,
        'silent after the onset, until the turn ends',
        silentMs === null ? null : silentMs - onsetMs,
        limits.silentMs,
      ),
    );
  });
  return { measured, checks };
}

/** When the loudspeaker may be quieter than what it plays. */
export function duckedStretches(
  measured: readonly MeasuredBargeIn[],
  limits: BargeInLimits,
): readonly Ducked[] {
  return measured.map(({ bargeIn, onsetMs, silentMs }) =>
    bargeIn.kind === 'cough'
      ? { fromMs: onsetMs, toMs: (bargeIn.restoredMs ?? onsetMs) + 60, cuts: false }
      : { fromMs: onsetMs, toMs: (silentMs ?? onsetMs + limits.silentMs) + fadeTailMs, cuts: true },
  );
}

/** What a barge-in or a cough did to the reply it fell into: its gain, and whether the rest ever came back. */
export function checkAgainstReplies(
  { bargeIn, name, onsetMs, silentMs }: MeasuredBargeIn,
  replies: readonly FoundReply[],
  loudspeaker: Recording,
  limits: BargeInLimits,
): readonly Check[] {
  if (bargeIn.kind === 'filler') return [];
  const perMs = loudspeaker.sampleRateHz / 1000;
  const reply = replies.findLast(({ trace }) => trace.startAt / perMs <= onsetMs);
  if (reply === undefined)
    return [holds(name, 'falls into a reply', false, 'no reply was heard before it', 'a reply')];
  const after = reply.trace.blocks.filter(
    ({ at, kind }) => at / perMs >= onsetMs - windowMs && kind !== 'quiet',
  );
  const ducked = after.find(({ gain, kind }) => kind === 'scaled' && gain <= duckedGain);
  if (bargeIn.kind === 'cough') {
    const back =
      ducked === undefined ? undefined : after.find(({ at, gain }) => at > ducked.at && gain >= 0.95);
    const down = after.find(
      ({ at, gain, kind }) => kind === 'scaled' && gain < 0.95 && at / perMs >= onsetMs - windowMs,
    );
    const lastedMs = back === undefined || down === undefined ? null : (back.at - down.at) / perMs;
    return [
      holds(
        name,
        'ducks the reply by 12 dB',
        ducked !== undefined,
        ducked === undefined ? 'no' : `${Math.round(ducked.at / perMs - onsetMs)} ms after the onset`,
        'yes',
      ),
      atMost(name, 'restored after ducking', lastedMs, limits.restoredMs),
    ];
  }
  const loudAgain = after.findLast(({ gain }) => gain > duckedGain * 1.05);
  const downMs = loudAgain === undefined ? 0 : (loudAgain.at + loudAgain.length) / perMs - onsetMs;
  return [
    atMost(name, 'gain of the reply down by 12 dB', Math.max(0, downMs), limits.duckedMs),
    neverReturns(name, reply, loudspeaker, (silentMs ?? onsetMs + limits.silentMs) * perMs),
  ];
}

/** From when on nothing is louder than 12 dB below the loudest 20 ms of the 400 ms before the onset. In ms from the onset. */
function downFrom(loudspeaker: Recording, onsetMs: number, silentMs: number | null): number {
  let loudest = -120;
  for (let ms = -400; ms <= -20; ms += windowMs)
    loudest = Math.max(loudest, levelDbfs(loudspeaker, onsetMs + ms, 20));
  const untilMs = (silentMs ?? onsetMs + 1000) - onsetMs;
  let down = 0;
  for (let ms = 0; ms <= untilMs; ms += windowMs) {
    if (levelDbfs(loudspeaker, onsetMs + ms, windowMs) > loudest - 12) down = ms + windowMs;
  }
  return down;
}

/** From when on it is silent until the loop may speak again; null when it is not. */
function silentFrom(loudspeaker: Recording, onsetMs: number, untilMs: number): number | null {
  const endMs = Math.min(untilMs, (loudspeaker.samples.length * 1000) / loudspeaker.sampleRateHz);
  let since = onsetMs;
  for (let ms = onsetMs; ms + 5 <= endMs; ms += 5) {
    if (levelDbfs(loudspeaker, ms, 5) >= silentDbfs) since = ms + 5;
  }
  return endMs - since >= 50 ? since : null;
}

/** When the loop may speak again: the user has the floor until the turn ends. */
function nextAnswerMs(turns: readonly TimelineTurn[], onsetMs: number): number {
  return Math.min(...turns.map(({ turnEndedMs }) => turnEndedMs).filter((ms) => ms > onsetMs));
}

/**
 * No 150 ms of what was cut off were played later. A synthesizer repeats itself, so that one vowel is much like another:
 * only what is the same sample by sample, at any gain, counts.
 */
function neverReturns(
  name: string,
  { sent, trace }: FoundReply,
  loudspeaker: Recording,
  from: number,
): Check {
  const rest = sent.samples.subarray(trace.heard);
  const later = loudspeaker.samples.subarray(Math.round(from));
  const roughLater = quartered(later);
  const second = sent.sampleRateHz / 4;
  const hop = (150 * sent.sampleRateHz) / 1000;
  const length = (100 * sent.sampleRateHz) / 1000;
  let worst = 0;
  for (let at = 0; at + hop <= rest.length; at += hop) {
    const start = loudestStretch(rest, at, at + hop, length);
    const piece = rest.subarray(start, start + length);
    if (piece.every((sample) => Math.abs(sample) < 0.01)) continue;
    const roughPiece = quartered(piece);
    for (let place = 0; place < roughLater.length; place += second) {
      const rough = locate(roughPiece, roughLater, place, place + second, 30);
      if (rough.likeness < 0.85) continue;
      worst = Math.max(worst, locate(piece, later, rough.at * 4 - 16, rough.at * 4 + 16, length).likeness);
    }
  }
  const restMs = Math.round((rest.length * 1000) / sent.sampleRateHz);
  const measured = `likeness of ${restMs} ms ${worst.toFixed(3)}`;
  return holds(
    name,
    'nothing of the cut reply comes back',
    worst < sameSound,
    measured,
    `below ${sameSound}`,
  );
}
