import { bargeInLimits } from '../timeline/outcome.js';
import type { TimelineBargeIn, TimelineTurn } from '../timeline.js';
import { atMost, type Check, holds } from './check.js';
import type { Ducked, FoundReply } from './check-turns.js';
import { findOnsetMs, levelDbfs, locate, loudestStretch, quartered } from './signal.js';
import type { Recording } from './wav.js';

const silentDbfs = -60;
const windowMs = 10;
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
    const silentMs = silentFrom(loudspeaker, onsetMs);
    measured.push({ bargeIn, name, onsetMs, silentMs });
    checks.push(
      atMost(
        name,
        'down by 12 dB after the onset',
        downFrom(loudspeaker, onsetMs, silentMs),
        bargeInLimits.duckedMs,
      ),
      atMost(
        name,
        'silent after the onset',
        silentMs === null ? null : silentMs - onsetMs,
        bargeInLimits.silentMs,
      ),
      staysSilent(
        name,
        loudspeaker,
        silentMs ?? onsetMs + bargeInLimits.silentMs,
        nextAnswerMs(turns, onsetMs),
      ),
    );
  });
  return { measured, checks };
}

/** When the loudspeaker may be quieter than what it plays. */
export function duckedStretches(measured: readonly MeasuredBargeIn[]): readonly Ducked[] {
  return measured.map(({ bargeIn, onsetMs, silentMs }) =>
    bargeIn.kind === 'cough'
      ? { fromMs: onsetMs, toMs: (bargeIn.restoredMs ?? onsetMs) + 60, cuts: false }
      : { fromMs: onsetMs, toMs: silentMs ?? onsetMs + bargeInLimits.silentMs, cuts: true },
  );
}

/** What a barge-in or a cough did to the reply it fell into: its gain, and whether the rest ever came back. */
export function checkAgainstReplies(
  { bargeIn, name, onsetMs, silentMs }: MeasuredBargeIn,
  replies: readonly FoundReply[],
  loudspeaker: Recording,
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
      atMost(name, 'restored after ducking', lastedMs, bargeInLimits.restoredMs),
    ];
  }
  const loudAgain = after.findLast(({ gain }) => gain > duckedGain * 1.05);
  const downMs = loudAgain === undefined ? 0 : (loudAgain.at + loudAgain.length) / perMs - onsetMs;
  return [
    atMost(name, 'gain of the reply down by 12 dB', Math.max(0, downMs), bargeInLimits.duckedMs),
    neverReturns(name, reply, loudspeaker, (silentMs ?? onsetMs + bargeInLimits.silentMs) * perMs),
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

/** The first moment after the onset from which on it is silent for 100 ms; null within two seconds. */
function silentFrom(loudspeaker: Recording, onsetMs: number): number | null {
  let since = 0;
  for (let ms = 0; ms < 2000; ms += 5) {
    if (levelDbfs(loudspeaker, onsetMs + ms, 5) >= silentDbfs) since = ms + 5;
    else if (ms + 5 - since >= 100) return onsetMs + since;
  }
  return null;
}

/** When the loop may speak again: the user has the floor until the turn ends. */
function nextAnswerMs(turns: readonly TimelineTurn[], onsetMs: number): number {
  return Math.min(...turns.map(({ turnEndedMs }) => turnEndedMs).filter((ms) => ms > onsetMs));
}

function staysSilent(name: string, loudspeaker: Recording, fromMs: number, untilMs: number): Check {
  const endMs = Math.min(untilMs, (loudspeaker.samples.length * 1000) / loudspeaker.sampleRateHz);
  for (let ms = fromMs; ms + windowMs <= endMs; ms += windowMs) {
    if (levelDbfs(loudspeaker, ms, windowMs) >= silentDbfs) {
      return holds(
        name,
        'silent until the turn ends',
        false,
        `sounds at ${Math.round(ms)} ms`,
        `until ${Math.round(endMs)} ms`,
      );
    }
  }
  return holds(name, 'silent until the turn ends', true, 'yes', `until ${Math.round(endMs)} ms`);
}

/** No 300 ms of what was cut off is like anything that the loudspeaker played later. */
function neverReturns(
  name: string,
  { sent, trace }: FoundReply,
  loudspeaker: Recording,
  from: number,
): Check {
  const rest = quartered(sent.samples.subarray(trace.heard));
  const later = quartered(loudspeaker.samples.subarray(Math.round(from)));
  const pieceSamples = (300 * sent.sampleRateHz) / 4000;
  let worst = 0;
  for (let at = 0; at + pieceSamples <= rest.length; at += pieceSamples) {
    const start = loudestStretch(rest, at, at + pieceSamples, Math.floor(pieceSamples / 2));
    const piece = rest.subarray(start, start + Math.floor(pieceSamples / 2));
    if (piece.every((sample) => Math.abs(sample) < 0.01)) continue;
    worst = Math.max(worst, locate(piece, later, 0, later.length, 48).likeness);
  }
  const restMs = Math.round((rest.length * 4000) / sent.sampleRateHz);
  return holds(
    name,
    'nothing of the cut reply comes back',
    worst < 0.9,
    `likeness ${worst.toFixed(2)} of ${restMs} ms`,
    'below 0.90',
  );
}
