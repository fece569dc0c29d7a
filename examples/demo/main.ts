import { isVoiceError } from 'earshot';
import { readDemoOptions } from './demo-options.js';
import { report } from './report.js';
import { runDemo } from './run-demo.js';
import { createScreen, noScreen } from './screen.js';
import { usageOf } from './usage.js';

/** One sentence for what the user can mend; undefined for a bug. */
function sentenceFor(error: unknown): string | undefined {
  if (isVoiceError(error)) return error.message;
  const isUsage =
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  return isUsage ? `${error.message.split('. ')[0]}; see --help` : undefined;
}

/** How long what was being opened when Ctrl-C came may take to end by itself. Units: ms. */
const lingerMs = 2000;

const stop = new AbortController();
// The first one stops the conversation, and what there is of it is written; that takes a few seconds at most.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal));

try {
  const options = readDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usageOf('npm run demo'));
  } else {
    const summary = await runDemo(
      options,
      options.json ? noScreen : createScreen(process.stdout, process.stderr),
      stop.signal,
      () => import('./stage/kiosk-stage.js'),
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
  // What was being downloaded goes on from where it is the next time, and an engine that was being loaded ends with its parent.
  if (stopped) setTimeout(() => process.exit(), lingerMs).unref();
}
