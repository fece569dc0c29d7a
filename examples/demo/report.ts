import type { DemoOptions } from './demo-options.js';
import { tenths } from './summary/fillers.js';
import { speechLines } from './summary/speech.js';
import type { Summary } from './summary.js';

/** What a run came to, a line each. */
export function report(
  { ok, turns, bargeIns, coughs, totals, devices, degraded, listening, speaking, problems }: Summary,
  options: DemoOptions,
): string {
  const { out, place } = options;
  const isScripted = place.type === 'virtual-kiosk' || (place.type === 'files' && place.microphone === null);
  const ms = (value: number) => `${Math.round(value)} ms`;
  return [
    '',
    ...turns.map(({ turnId, outcome, endOfSpeechMs, firstReplyHeardMs }) => {
      const wait =
        firstReplyHeardMs === null
          ? ''
          : `, answer heard ${ms(firstReplyHeardMs - endOfSpeechMs)} after the last word`;
      return `${turnId}: ${outcome}${wait}`;
    }),
    ...bargeIns.map(
      ({ kind, speechOnsetMs, duckedMs, silentMs }) =>
        `barge-in over a ${kind}: ducked ${ms(duckedMs - speechOnsetMs)}, ` +
        (silentMs === null ? 'not silent' : `silent ${ms(silentMs - speechOnsetMs)}`) +
        ' after the first sound',
    ),
    ...coughs.map(
      ({ duckedMs, restoredMs }) => `cough: ducked, and restored ${ms(restoredMs - duckedMs)} later`,
    ),
    ...degraded.map(
      ({ fromMs, toMs }) =>
        `the service could not be reached from ${tenths(fromMs)}${toMs === null ? ' on' : ` to ${tenths(toMs)}`}`,
    ),
    ...speechLines(listening, speaking),
    `${totals.turns} ${totals.turns === 1 ? 'turn' : 'turns'}, ${totals.answered} answered; listen in ${out}/, look at ${out}/timeline.html`,
    ...(devices.xruns > 0
      ? [
          `samples were missing ${devices.xruns} ${devices.xruns === 1 ? 'time' : 'times'}, because this machine was busy; a timer came up to ${ms(devices.loopLagMs)} late`,
        ]
      : []),
    ok
      ? isScripted
        ? 'as the script says'
        : 'every turn was answered'
      : `${isScripted ? 'not as the script says' : 'not as it should be'}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    '',
  ].join('\n');
}
