import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, fromEvent, takeUntil, tap, toArray } from 'rxjs';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { listDevices, openDevices } from '../../devices/index.js';
import { readWav } from '../../index.js';
import { pathFrom } from '../config/config-files.js';
import type { ConfigSchema } from '../config/config-schema.js';
import { whyNot } from '../config/referenced-text.js';
import { packageFolder } from '../package-folder.js';
import { beginTrial, stepTrial, trialReport } from '../trial-report.js';
import { tryDevices } from '../try-devices.js';
import { lookAtService } from './look-at-service.js';
import type { Machine } from './machine.js';
import { serviceOfFolder } from './next-steps.js';
import { unlessEnded } from './prompt.js';

/** How long a pair of devices is listened to. Units: ms. */
const listenMs = 5000;

/** The largest recording that is looked into. Units: bytes. */
const maxWavBytes = 2 ** 28;

/**
 * The machine that this runs on.
 *
 * @param folder - of the config.
 * @param signal - ends what is under way.
 */
export function thisMachine(folder: string, signal: AbortSignal): Machine {
  const at = (path: string) => pathFrom(folder, path);
  return {
    surroundings: { env: process.env, readFile: (path) => readFileSync(at(path), 'utf8') },
    has: (path) => existsSync(at(path)),
    serviceOfFolder: serviceOfFolder(folder),
    hasPins: () => existsSync('/dev') && readdirSync('/dev').some((name) => /^gpiochip\d+$/.test(name)),
    wavProblem(path) {
      try {
        const about = statSync(at(path));
        if (!about.isFile()) return 'is no file';
        if (about.size > maxWavBytes) return `has ${about.size} bytes, and at most ${maxWavBytes} are loaded`;
        readWav(readFileSync(at(path)));
        return undefined;
      } catch (cause) {
        return `cannot be played: ${whyNot(cause).replace(/^\[\w+\] /, '')}`;
      }
    },
    lookAt: (target, trust) => unlessEnded(lookAtService(target, trust), signal),
    listDevices: (way) => unlessEnded(listDevices(way), signal),
    async tryDevices({ capture, playout, ...way }, onLevel) {
      const scheduler = monotonicScheduler();
      const { microphone, loudspeaker } = openDevices({
        ...way,
        scheduler,
        capture: { device: capture },
        playout: { device: playout },
      });
      let trial = beginTrial;
      const trial$ = tryDevices({ microphone, loudspeaker, scheduler, listenMs }).pipe(
        tap((event) => {
          trial = stepTrial(trial, event);
          if (event.type === 'level') onLevel(event.level, trial.quiet);
        }),
        takeUntil(fromEvent(signal, 'abort')),
        toArray(),
      );
      await unlessEnded(firstValueFrom(trial$), signal);
      return trialReport(trial, { name: playout, capture, playout });
    },
  };
}

/** The schema with its descriptions, which comes with earshot; undefined where somebody has taken it away. */
export function describedSchema(): ConfigSchema | undefined {
  try {
    return JSON.parse(readFileSync(join(packageFolder(), 'assets', 'earshot.schema.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
