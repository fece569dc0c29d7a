import { isVoiceError } from 'earshot';
import { type DemoOptions, readDemoOptions } from './demo-options.js';
import { runDemo } from './run-demo.js';
import { createScreen, noScreen } from './screen.js';
import type { Summary } from './summary.js';
import { usage } from './usage.js';

function report(
  { ok, turns, bargeIns, coughs, totals, devices, problems }: Summary,
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

/** One sentence for what the user can mend; undefined for a bug. */
function sentenceFor(error: unknown): string | undefined {
  if (isVoiceError(error)) return error.message;
  const isUsage =
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  return isUsage ? `${error.message.split('. ')[0]}; see --help` : undefined;
}

const stop = new AbortController();
// The first one stops the conversation, and what there is of it is written; that takes a few seconds at most.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal));

try {
  const options = readDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
  } else {
    const summary = await runDemo(
      options,
      options.json ? noScreen : createScreen(process.stdout),
      stop.signal,
    );
    process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : report(summary, options));
    process.exitCode = stop.signal.aborted ? 130 : summary.ok ? 0 : 1;
  }
} catch (error) {
  const stopped = stop.signal.aborted && error === stop.signal.reason;
  const sentence = stopped
    ? `stopped by ${String(stop.signal.reason)} before the conversation began`
    : sentenceFor(error);
  if (sentence === undefined) throw error;
  process.stderr.write(`${sentence}\n`);
  process.exitCode = stopped ? 130 : 2;
}
