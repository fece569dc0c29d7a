/**
 * Measures a finished demo in its recordings alone: nothing of earshot is used here.
 *
 *   npx tsx examples/demo/measure-demo.ts demo-out [--filler-delay-ms 400] [--json]
 *
 * Reads microphone.wav, loudspeaker.wav, room.wav and person.wav where there are any, summary.json and server-audio/<turnId>.wav of the folder. Exit code 0 when
 * every check holds, 1 when one does not, 2 when there is nothing to measure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Check } from './measure/check.js';
import { checkAgainstReplies, duckedStretches, measureBargeIns } from './measure/check-barge-ins.js';
import { checkRoom } from './measure/check-room.js';
import { checkFillers, checkReply, findReplies } from './measure/check-turns.js';
import { type Recording, readRecording } from './measure/wav.js';
import type { Place, TimelineBargeIn, TimelineTotals, TimelineTurn } from './timeline/data.js';
import { limitsOn } from './timeline/outcome.js';

/** What is needed of summary.json. All times in ms from the first sample of the recordings. */
export interface DemoSummary {
  readonly turns: readonly SummaryTurn[];
  readonly bargeIns: readonly Noticed[];
  /** Coughs, when they are not among the barge-ins. */
  readonly coughs?: readonly Noticed[];
  readonly totals: TimelineTotals;
  /** Files, when it is not said. */
  readonly place?: Place;
  /** How much less of the loudspeaker the microphone hears. Nothing, when it is null or not said. */
  readonly echoDb?: number | null;
}

/** A turn, with what it was before the user went on with it. */
export interface SummaryTurn extends TimelineTurn {
  readonly earlierRevisions?: readonly TimelineTurn[];
}

/** A barge-in or a cough; what does not apply to it may be left out. */
export type Noticed = Pick<TimelineBargeIn, 'kind' | 'speechOnsetMs' | 'duckedMs'> & Partial<TimelineBargeIn>;

/** A finished demo. */
export interface DemoRecordings {
  readonly microphone: Recording;
  /** What was really to be heard at the microphone, where somebody else recorded that. */
  readonly room?: Recording;
  /** What was said alone, where the microphone hears the loudspeaker, too. */
  readonly person?: Recording;
  readonly loudspeaker: Recording;
  readonly summary: DemoSummary;
  /** What the server sent as the reply of a turn, at the loudspeaker's rate. */
  readonly readSent: (turnId: string) => Recording;
}

/** Measure a demo. */
export function measureDemo({
  microphone,
  room,
  person,
  loudspeaker,
  summary,
  readSent,
}: DemoRecordings): readonly Check[] {
  const { turns, totals } = summary;
  const limits = limitsOn(summary.place, summary.echoDb);
  const sentTurns = turns.flatMap(({ earlierRevisions = [], ...turn }) => [...earlierRevisions, turn]);
  const bargeIns = [...summary.bargeIns, ...(summary.coughs ?? [])]
    .map((one): TimelineBargeIn => ({ silentMs: null, restoredMs: null, ...one }))
    .toSorted((a, b) => a.speechOnsetMs - b.speechOnsetMs);
  const replies = findReplies(turns, loudspeaker, readSent);
  const barge = measureBargeIns(bargeIns, sentTurns, person ?? room ?? microphone, loudspeaker, limits);
  const ducked = duckedStretches(barge.measured, limits);
  return [
    ...checkFillers(sentTurns, loudspeaker, totals.fillerDelayMs),
    ...replies.checks,
    ...replies.found.flatMap((reply) => checkReply(reply, ducked)),
    ...barge.checks,
    ...barge.measured.flatMap((one) => checkAgainstReplies(one, replies.found, loudspeaker, limits)),
    ...(room ? checkRoom(barge.measured, room, microphone) : []),
  ];
}

/** Read what a demo left in its folder. */
export function readDemo(folder: string): DemoRecordings {
  const path = (name: string): string => {
    const full = join(folder, name);
    if (!existsSync(full)) throw new Error(`${full} is missing; run the demo first, or name its folder`);
    return full;
  };
  const optional = (name: 'room' | 'person') =>
    existsSync(join(folder, `${name}.wav`)) && { [name]: readRecording(join(folder, `${name}.wav`)) };
  return {
    microphone: readRecording(path('microphone.wav')),
    ...optional('room'),
    ...optional('person'),
    loudspeaker: readRecording(path('loudspeaker.wav')),
    summary: readSummary(path('summary.json')),
    readSent: (turnId) => readRecording(path(join('server-audio', `${turnId}.wav`))),
  };
}

function readSummary(path: string): DemoSummary {
  const summary = JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoSummary>;
  if (!Array.isArray(summary.turns) || !Array.isArray(summary.bargeIns) || summary.totals === undefined) {
    throw new Error(`${path} must hold turns, bargeIns and totals; run the demo again`);
  }
  return summary as DemoSummary;
}

/** The checks as a table for people. */
export function formatChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ ok, subject, what, measured, limit }) => [
    ok ? 'ok' : 'FAILED',
    subject,
    what,
    measured,
    limit,
  ]);
  const head = ['', 'of', 'check', 'measured', 'limit'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function main(args: readonly string[]): number {
  const option = args.indexOf('--filler-delay-ms');
  const json = args.includes('--json');
  const folder = args.find((arg, i) => !arg.startsWith('--') && (option < 0 || i !== option + 1));
  const given = option < 0 ? undefined : Number(args[option + 1]);
  if (folder === undefined || (given !== undefined && !(given >= 0))) {
    console.error('Usage: measure-demo.ts <folder of the demo> [--filler-delay-ms <0 or more>] [--json]');
    return 2;
  }
  try {
    const demo = readDemo(folder);
    const fillerDelayMs = given ?? demo.summary.totals.fillerDelayMs;
    if (!(fillerDelayMs >= 0)) {
      throw new Error('summary.json names no totals.fillerDelayMs; give it as --filler-delay-ms');
    }
    const checks = measureDemo({
      ...demo,
      summary: { ...demo.summary, totals: { ...demo.summary.totals, fillerDelayMs } },
    });
    const failed = checks.filter(({ ok }) => !ok).length;
    if (json) console.log(JSON.stringify({ ok: failed === 0, checks }, null, 2));
    else console.log(`${formatChecks(checks)}\n\n${checks.length - failed} of ${checks.length} checks hold.`);
    return failed === 0 && checks.length > 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = main(process.argv.slice(2));
}
