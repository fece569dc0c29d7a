import { isVoiceError } from 'earshot';
import { readDemoOptions, usage } from './demo-options.js';
import { runDemo } from './run-demo.js';
import { createScreen, noScreen } from './screen.js';
import type { Summary } from './summary.js';

function report({ ok, turns, bargeIns, coughs, totals, problems }: Summary, out: string): string {
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
        `barge-in over a ${kind}: ducked ${ms(duckedMs - speechOnsetMs)}, silent ${ms(silentMs - speechOnsetMs)} after the first sound`,
    ),
    ...coughs.map(
      ({ duckedMs, restoredMs }) => `cough: ducked, and restored ${ms(restoredMs - duckedMs)} later`,
    ),
    `${totals.turns} turns, ${totals.answered} answered; listen in ${out}/, look at ${out}/timeline.html`,
    ok
      ? 'as the script says'
      : `not as the script says:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
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

try {
  const options = readDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
  } else {
    const summary = await runDemo(options, options.json ? noScreen : createScreen(process.stdout));
    process.stdout.write(
      options.json ? `${JSON.stringify(summary, null, 2)}\n` : report(summary, options.out),
    );
    process.exitCode = summary.ok ? 0 : 1;
  }
} catch (error) {
  const sentence = sentenceFor(error);
  if (sentence === undefined) throw error;
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}
