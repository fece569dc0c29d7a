import type { Observable } from 'rxjs';
import { monotonicScheduler } from '../devices/clock/index.js';
import { type DeviceListing, listDevices, openDevices } from '../devices/index.js';
import { CommandError, exitCodes } from './command-error.js';
import type { Console } from './console.js';
import { type DevicesCommandLine, readDevicesCommandLine } from './devices-command-line.js';
import { devicesTable } from './devices-table.js';
import { countSeconds, createProgressLine } from './progress-line.js';
import { beginTrial, meter, stepTrial, trialReport, trialWords } from './trial-report.js';
import { type TrialEvent, tryDevices } from './try-devices.js';

/**
 * `earshot devices`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function devices(args: readonly string[], console: Console): Promise<number> {
  const line = readDevicesCommandLine(args);
  const { backend, api, test, json } = line;
  if (test === 'default') return tryOne(test, { capture: test, playout: test }, line, console);
  const looked = countSeconds(createProgressLine(), 'looking at the devices');
  const survey = await listDevices({ backend, api }).finally(looked);
  if (test !== undefined) return tryOne(test, rolesOf(test, survey.devices, line), line, console);
  console.print(json ? `${JSON.stringify(survey, null, 2)}\n` : devicesTable(survey));
  if (survey.devices.some(({ problem }) => problem === null)) return exitCodes.done;
  throw new CommandError('there is no device that can be used; connect one, or see what is said above', {
    exitCode: exitCodes.transport,
  });
}

/** Which devices take part in a test: the named one, and the default for the other side. */
function rolesOf(
  name: string,
  found: readonly DeviceListing[],
  { api }: DevicesCommandLine,
): { readonly capture: string; readonly playout: string } {
  const directions = new Set(
    found.filter((device) => device.name === name).map(({ direction }) => direction),
  );
  // ALSA has more names than it lists.
  if (directions.size === 0 && api !== 'alsa') {
    throw new CommandError(
      `there is no device ${JSON.stringify(name)}; earshot devices lists what is there, and with --api alsa any name of ALSA can be tried`,
      { exitCode: exitCodes.transport },
    );
  }
  const isBoth = directions.size !== 1;
  return {
    capture: isBoth || directions.has('capture') ? name : 'default',
    playout: isBoth || directions.has('playout') ? name : 'default',
  };
}

async function tryOne(
  name: string,
  { capture, playout }: { readonly capture: string; readonly playout: string },
  { backend, api, listenMs, json }: DevicesCommandLine,
  console: Console,
): Promise<number> {
  const scheduler = monotonicScheduler();
  const { microphone, loudspeaker } = openDevices({
    scheduler,
    backend,
    api,
    capture: { device: capture },
    playout: { device: playout },
  });
  const progress = createProgressLine();
  let trial = beginTrial;
  await follow(tryDevices({ microphone, loudspeaker, scheduler, listenMs }), console, (event) => {
    trial = stepTrial(trial, event);
    if (event.type === 'level') {
      progress.show(meter(event.level, trial.quiet));
    } else if (!json) {
      progress.clear();
      for (const words of trialWords(event)) console.print(`${words}\n`);
    }
  }).finally(progress.clear);
  const report = trialReport(trial, { name, capture, playout });
  console.print(json ? `${JSON.stringify(report, null, 2)}\n` : `${report.verdict}\n`);
  return report.ok ? exitCodes.done : exitCodes.transport;
}

/** Rejects with what `take` throws; ends early when the console says so. */
function follow(
  events$: Observable<TrialEvent>,
  { stop$ }: Console,
  take: (event: TrialEvent) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = events$.subscribe({ next: take, error: reject, complete: resolve });
    subscription.add(
      stop$.subscribe(() => {
        subscription.unsubscribe();
        resolve();
      }),
    );
  });
}
