import { type Check, holds } from './check.js';
import type { MeasuredBargeIn } from './check-barge-ins.js';
import { locate } from './signal.js';
import type { Recording } from './wav.js';

/** How far off the time of what was captured may be. Units: ms. A period of capture. */
const toleranceMs = 10;
const searchMs = 100;
const pieceMs = 150;

/** What was captured is what was in the room, and was stamped with the time when it was there. */
export function checkRoom(
  measured: readonly MeasuredBargeIn[],
  room: Recording,
  microphone: Recording,
): readonly Check[] {
  const perMs = room.sampleRateHz / 1000;
  return measured.map(({ name, onsetMs }) => {
    const from = Math.max(0, Math.round(onsetMs * perMs));
    const piece = room.samples.subarray(from, from + pieceMs * perMs);
    const found = locate(piece, microphone.samples, from - searchMs * perMs, from + searchMs * perMs, 2000);
    const offMs = (found.at - from) / perMs;
    return holds(
      name,
      'captured as it was in the room, and when',
      found.likeness >= 0.95 && Math.abs(offMs) <= toleranceMs,
      found.likeness < 0.95 ? `likeness ${found.likeness.toFixed(3)}` : `${offMs.toFixed(1)} ms off`,
      `within ${toleranceMs} ms`,
    );
  });
}
