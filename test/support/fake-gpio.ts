import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createFakePrograms } from './fake-programs.js';

/** Programs of libgpiod that only pretend, and the chip they pretend to drive. */
export interface FakeGpio {
  readonly env: { readonly PATH: string };
  /** An edge of the line that is watched, as the real program prints it. */
  edge(edge: 'rising' | 'falling'): void;
  /** Rubbish, or several edges at once. */
  print(text: string): void;
  /** Where the line stands, for whoever reads it. */
  level(value: 0 | 1): void;
  /** Whether `gpiomon` or `gpioset` runs and holds lines. */
  isHeld(): boolean;
  /** The arguments of every `gpioset` so far. */
  sets(): readonly string[];
  /** The arguments of the latest `gpiomon` that watches. */
  watchArgs(): readonly string[];
  /** Unplugs the chip: what holds lines ends, and what starts says so. */
  vanish(): void;
  comeBack(): void;
  /** What programs say from now on instead of starting; null for as usual. */
  fail(words: string | null): void;
  /** Resolves when no program runs any more that set lines and left. Bounded. */
  idle(): Promise<void>;
  dispose(): void;
}

const texts = {
  1: { version: 'gpiomon (libgpiod) v1.6.3', rising: 'event:  RISING EDGE offset: 17 timestamp: [    7.25]' },
  2: { version: 'gpiomon v2.2.1 (libgpiod v2.2.1)', rising: '7.250000000\trising\tgpiochip0 17 "GPIO17"' },
} as const;

/** Whether a process runs; one that ended and that nobody has asked about yet does not. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** @param version - of libgpiod: as Debian 12 has it, or as Debian 13. */
export function createFakeGpio(version: 1 | 2): FakeGpio {
  const programs = createFakePrograms();
  const at = (name: string) => join(programs.folder, name);
  const read = (name: string) => {
    try {
      return readFileSync(at(name), 'utf8');
    } catch {
      return '';
    }
  };
  execFileSync('mkfifo', [at('edges')]);
  const edges = openSync(at('edges'), 'r+');
  const here = programs.folder;
  writeFileSync(at('level'), '0\n');
  writeFileSync(at('sets'), '');
  const failing = `if [ -f ${here}/fail ]; then cat ${here}/fail >&2; exit 1; fi`;
  const busy = `if [ -f ${here}/held ] && kill -0 "$(cat ${here}/held)" 2>/dev/null; then echo "$0: Device or resource busy" >&2; exit 1; fi`;

  programs.add(
    'gpiomon',
    `if [ "$1" = --version ]; then echo '${texts[version].version}'; exit 0; fi
${failing}
${busy}
echo $$ > ${here}/held
printf '%s\\n' "$@" > ${here}/watching
${version === 2 ? `echo "Monitoring line 'GPIO17'..."` : ''}
exec cat ${here}/edges`,
  );
  programs.add('gpiofind', `${failing}\n[ "$1" = NOWHERE ] && exit 1\necho "gpiochip0 17"`);
  programs.add('gpioget', `${failing}\ncat ${here}/level`);
  programs.add(
    'gpioset',
    `${failing}
${busy}
echo "$@" >> ${here}/sets
case "$*" in *--mode=exit*|*--toggle*) exit 0;; esac
echo $$ > ${here}/held
exec sleep 1000`,
  );
  const isHeld = () => {
    const pid = Number(read('held'));
    return pid > 0 && runs(pid);
  };
  const fail = (words: string | null) => {
    if (words === null) rmSync(at('fail'), { force: true });
    else writeFileSync(at('fail'), `${words}\n`);
  };

  return {
    env: programs.env,
    print: (text) => void writeSync(edges, text),
    edge: (edge) => {
      const text = texts[version].rising;
      const falling = version === 1 ? text.replace('RISING', 'FALLING') : text.replace('rising', 'falling');
      writeSync(edges, `${edge === 'rising' ? text : falling}\n`);
    },
    level: (value) => writeFileSync(at('level'), `${value}\n`),
    isHeld,
    sets: () => read('sets').split('\n').slice(0, -1),
    watchArgs: () => read('watching').split('\n').slice(0, -1),
    vanish() {
      fail('gpio: error: No such device');
      if (isHeld()) process.kill(Number(read('held')), 'SIGKILL');
    },
    comeBack: () => fail(null),
    fail,
    idle: async () => {
      if (read('gpioset.pid') !== '') await programs.gone('gpioset');
    },
    dispose() {
      if (isHeld()) process.kill(Number(read('held')), 'SIGKILL');
      closeSync(edges);
      programs.dispose();
    },
  };
}
