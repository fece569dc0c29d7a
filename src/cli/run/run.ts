import { filter, map, merge, type Observable } from 'rxjs';
import { systemdNotifier } from '../../adapters/systemd/index.js';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { openKeyboard } from '../../devices/keyboard/index.js';
import type { KpiEvent, PipelineEvent } from '../../index.js';
import { exitCodes } from '../command-error.js';
import type { Console } from '../console.js';
import { checkConfig, tellProblems } from './check-config.js';
import { readConfigFile } from './config-file.js';
import { createEventLines } from './event-lines.js';
import { followLive, liveLine, liveStart } from './live-line.js';
import { readRunCommandLine } from './run-command-line.js';
import { runLoop } from './run-loop.js';
import { runUsage } from './run-usage.js';
import { createScreen } from './screen.js';
import { type Wish, wishesOf } from './signals.js';

/** What systemd hands to a service. Whatever the loop starts must not be able to speak in its name. */
const ofSystemd = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/** Whoever read the events went away, as `head` does. */
const readerGone = ({ stop$ }: Console): Observable<Wish> =>
  stop$.pipe(
    filter((reason) => reason === 'reader-gone'),
    map(() => 'finish' as const),
  );

/** `earshot run`. */
export async function run(args: readonly string[], console: Console): Promise<number> {
  const commandLine = readRunCommandLine(args);
  if (commandLine === 'help') {
    console.print(runUsage);
    return exitCodes.done;
  }
  const { path, check, json, live, log } = commandLine;
  if (check) return checkConfig(path, readConfigFile(path, process.env, 'note'), json, console);
  const read = () => readConfigFile(path, process.env);
  const first = read();
  if (first.problems) {
    tellProblems(path, first, console.say);
    return exitCodes.usage;
  }

  const notifier = systemdNotifier({ env: { ...process.env }, pid: process.pid });
  for (const name of ofSystemd) delete process.env[name];
  const screen = createScreen(process.stderr, live && !json);
  const lines = json ? createEventLines(process.stdout) : undefined;
  let state = liveStart;
  const onEvent = (event: PipelineEvent | KpiEvent) => {
    lines?.write(event);
    if (!screen.isLive) return;
    state = followLive(state, event);
    screen.live(liveLine(state, screen.columns));
  };
  try {
    return await runLoop(first, {
      ...{ path, read, notifier, onEvent },
      scheduler: monotonicScheduler(),
      keyboard: openKeyboard(process.stdin),
      wishes$: merge(wishesOf(process), readerGone(console)),
      writeLog: screen.line,
      onSecrets: (secrets) => lines?.keepOut(secrets),
      isWatched: screen.isLive && !log,
    });
  } finally {
    screen.end();
  }
}
