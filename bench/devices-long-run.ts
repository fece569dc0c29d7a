import { parseArgs } from 'node:util';
import { problemsOfLongRun, tabulateLongRun } from '../test/devices/measure/judge-long-run.js';
import { type LongRunOptions, longRun } from '../test/devices/measure/long-run.js';
import { takePrecedence } from '../test/devices/measure/take-precedence.js';

// Plays and captures at once on a virtual kiosk, for ten minutes, and exits with 1 when something was lost, drifted or grew.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    backend: { type: 'string', default: 'process' },
    api: { type: 'string', default: 'pulse' },
    server: { type: 'string', default: 'pulseaudio' },
  },
});

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`--${name} ${value}: must be one of ${allowed.join(', ')}`);
  return found;
}

const minutes = Number(values.minutes);
if (!(minutes >= 0.1 && minutes <= 10_000)) {
  throw new Error(`--minutes ${values.minutes}: must be a number from 0.1 to 10000`);
}
const options: LongRunOptions = {
  backend: oneOf('backend', values.backend, ['process', 'audify']),
  api: oneOf('api', values.api, ['pulse', 'alsa']),
  server: oneOf('server', values.server, ['pulseaudio', 'pipewire']),
  durationMs: minutes * 60_000,
};
takePrecedence();
console.log(`${options.backend} on ${options.api}, on ${options.server}, for ${minutes} min`);
const figures = await longRun(options);
for (const line of tabulateLongRun(figures)) console.log(line);
for (const { atMs, what } of figures.events)
  console.log(`${(atMs / 1000).toFixed(3).padStart(10)} s  ${what}`);
const problems = problemsOfLongRun(figures, options.durationMs);
for (const problem of problems) console.log(`wrong: ${problem}`);
// The audio host would keep the program for a while.
process.exit(problems.length > 0 ? 1 : 0);
