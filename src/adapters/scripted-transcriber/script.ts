/** What is said in one stretch of a recording. @public */
export interface ScriptedSegment {
  /** Units: milliseconds from the beginning of the recording. */
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/**
 * An utterance that touches a segment by less does not hear it: it begins up to half a second early (pre-roll), and the
 * edges of segments are set by hand. Units: milliseconds. A segment shorter than twice this counts when half is covered.
 */
const minOverlapMs = 50;

/** What is wrong with a list of segments, or nothing. `undefined` reads as a missing field. */
export function segmentProblems(segments: unknown): readonly string[] {
  if (!Array.isArray(segments)) return [`"segments" must be a list, but is ${show(segments)}`];
  return segments.flatMap((segment: unknown, index) => {
    const at = `segments[${index}]`;
    if (typeof segment !== 'object' || segment === null)
      return [`${at} must be an object, but is ${show(segment)}`];
    const { startMs, endMs, text } = segment as Partial<Record<keyof ScriptedSegment, unknown>>;
    const problems: string[] = [];
    const isTime = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
    if (!isTime(startMs))
      problems.push(`${at}.startMs must be a number of 0 or more, but is ${show(startMs)}`);
    if (!isTime(endMs)) problems.push(`${at}.endMs must be a number of 0 or more, but is ${show(endMs)}`);
    else if (isTime(startMs) && (endMs as number) <= (startMs as number)) {
      problems.push(`${at}.endMs must be after its startMs ${show(startMs)}, but is ${show(endMs)}`);
    }
    if (typeof text !== 'string' || text.trim() === '') {
      problems.push(`${at}.text must be a non-empty string, but is ${show(text)}`);
    }
    return problems;
  });
}

/**
 * What is said between two instants: the text of each segment that reaches into them by at least 50 ms (or by half of
 * it, if it is shorter than 100 ms), whole and in order.
 *
 * @remarks
 * Units: milliseconds, on the axis of the segments.
 * @public
 */
export function textBetween(segments: readonly ScriptedSegment[], startMs: number, endMs: number): string {
  return overlapping(segments, startMs, endMs)
    .map(({ text }) => text.trim())
    .join(' ');
}

/** As `textBetween`, but of a segment that goes on at `nowMs` only the words that fit into the part that is over. */
export function textSoFar(segments: readonly ScriptedSegment[], startMs: number, nowMs: number): string {
  return overlapping(segments, startMs, nowMs)
    .map((segment) => {
      const words = segment.text.trim().split(/\s+/);
      const over = (nowMs - segment.startMs) / (segment.endMs - segment.startMs);
      return words.slice(0, Math.floor(words.length * Math.min(1, over))).join(' ');
    })
    .filter((text) => text !== '')
    .join(' ');
}

function overlapping(
  segments: readonly ScriptedSegment[],
  startMs: number,
  endMs: number,
): readonly ScriptedSegment[] {
  return segments
    .filter((segment) => {
      const overlapMs = Math.min(endMs, segment.endMs) - Math.max(startMs, segment.startMs);
      return overlapMs >= Math.min(minOverlapMs, (segment.endMs - segment.startMs) / 2);
    })
    .sort((a, b) => a.startMs - b.startMs);
}

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
