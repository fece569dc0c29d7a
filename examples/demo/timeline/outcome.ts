import type { Place, TimelineBargeIn, TimelineData } from './data.js';
import { milliseconds } from './html.js';

/** In ms from the onset of the user's sound; a cough's from the duck to the restore. */
export interface BargeInLimits {
  readonly duckedMs: number;
  readonly silentMs: number;
  readonly restoredMs: number;
}

/**
 * What a real device adds to the time of a duck. Units: ms. A period of capture, and the 40 ms that a sound server has of what is to be
 * heard, which a soft flush does not take back, would come to 50. In fact 80 to 139 ms were measured from the sound in the room of a virtual
 * kiosk to the quieter loudspeaker, where files take 85 to 100.
 */
const deviceMs = 30;

/**
 * With the loudspeaker in the microphone: what nine of ten barge-ins keep to, at echoes as loud as the speaker and louder. A canceller takes 10 to 20 ms,
 * and what is heard over an echo is to be surer than what is heard in silence before it cuts. Units: ms.
 */
const overEcho = { duckedMs: 320, silentMs: 480, restoredMs: 500 };

/** On devices, whose clocks are still being found while the first replies are heard, one in ten takes longer than in the bench. Units: ms. */
const silentOverEchoMs = 600;

/** What the loop promises. A cut is a hard flush, which takes back what a device has, so that it needs no more than in files. */
export function limitsOn(place: Place = 'files', echoDb: number | null = null): BargeInLimits {
  if (echoDb !== null) return place === 'files' ? overEcho : { ...overEcho, silentMs: silentOverEchoMs };
  return { duckedMs: place === 'files' ? 120 : 120 + deviceMs, silentMs: 350, restoredMs: 500 };
}

/** How long one barge-in took; null where that did not happen. */
export function bargeInLatencies(bargeIn: TimelineBargeIn): {
  readonly ducked: number;
  readonly silent: number | null;
  readonly restored: number | null;
} {
  const { speechOnsetMs, duckedMs, silentMs, restoredMs } = bargeIn;
  return {
    ducked: duckedMs - speechOnsetMs,
    silent: silentMs === null ? null : silentMs - speechOnsetMs,
    restored: restoredMs === null ? null : restoredMs - duckedMs,
  };
}

/** One sentence for each promise that was not kept. */
export function findProblems(data: TimelineData): readonly string[] {
  const found = [...(data.problems ?? [])];
  const { answered, turns } = data.totals;
  const bargeInLimits = limitsOn(data.place, data.echoDb);
  if (answered < turns) found.push(`${turns - answered} of ${turns} turns had no answer.`);
  for (const bargeIn of data.bargeIns) {
    const at = `at ${milliseconds(bargeIn.speechOnsetMs)}`;
    const { ducked, silent, restored } = bargeInLatencies(bargeIn);
    if (bargeIn.kind === 'cough') {
      if (silent !== null) found.push(`The cough ${at} cut the reply.`);
      if (restored === null) found.push(`After the cough ${at} the reply stayed ducked.`);
      else if (restored > bargeInLimits.restoredMs) {
        found.push(`The cough ${at} kept the reply down for ${milliseconds(restored)}.`);
      }
      continue;
    }
    if (ducked > bargeInLimits.duckedMs)
      found.push(`The barge-in ${at} ducked after ${milliseconds(ducked)}.`);
    if (silent === null) found.push(`The barge-in ${at} never silenced the loudspeaker.`);
    else if (silent > bargeInLimits.silentMs)
      found.push(`The barge-in ${at} was silent after ${milliseconds(silent)}.`);
  }
  return found;
}

/** The figures at the head of the page. */
export function summaryTiles(
  data: TimelineData,
): readonly { readonly value: string; readonly label: string; readonly note: string }[] {
  const { totals } = data;
  const cuts = data.bargeIns.filter((one) => one.kind !== 'cough').map(bargeInLatencies);
  const coughs = data.bargeIns.filter((one) => one.kind === 'cough').map(bargeInLatencies);
  const firstSounds = data.turns.flatMap((turn) => {
    const heard = turn.fillerHeardMs ?? turn.firstReplyHeardMs;
    return heard === null ? [] : [heard - turn.endOfSpeechMs];
  });
  const firstWords = data.turns.flatMap((turn) =>
    turn.firstReplyHeardMs === null ? [] : [turn.firstReplyHeardMs - turn.endOfSpeechMs],
  );
  return [
    {
      value: `${totals.answered} of ${totals.turns}`,
      label: 'turns answered',
      note: `longest wait for a word ${longest(firstWords)}`,
    },
    { value: median(firstSounds), label: 'to the first sound', note: 'median, from the end of speech' },
    { value: median(firstWords), label: 'to the first word', note: 'median, from the end of speech' },
    {
      value: longest(cuts.map(({ silent }) => silent)),
      label: `to silence, ${count(totals.bargeIns, 'barge-in')}`,
      note: `longest; ducked in ${longest(cuts.map(({ ducked }) => ducked))}`,
    },
    {
      value: longest(coughs.map(({ restored }) => restored)),
      label: `ducked by ${count(totals.coughs, 'cough')}`,
      note: 'then restored, nothing cut',
    },
  ];
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? 'none' : milliseconds(middle);
}

function longest(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? 'none' : milliseconds(Math.max(...known));
}
