import { dirname, join } from 'node:path';
import { shellWord } from './shell-word.js';

/** Whose service of systemd it is. */
export type ServiceKind = 'system' | 'user';

/** What was written, and where it is to run. */
export interface WrittenFile {
  /** As it was given, and where that is. */
  readonly file: string;
  readonly path: string;
  /** Certificates beside it, by name. */
  readonly beside: readonly string[];
  /** Undefined where it runs in a terminal, or in a container. */
  readonly service: ServiceKind | undefined;
  /** What it needs that install.sh brings only when it is told to. */
  readonly extras?: readonly ('kokoro' | 'prometheus')[];
}

/** What the steps depend on. */
export interface StepsSite {
  readonly home: string;
  /** The folder of earshot, and its version. */
  readonly packageFolder: string;
  readonly version: string;
  /** Whether there is such a file. */
  has(path: string): boolean;
}

/** Commands that lead from a config to a loop that runs. */
export function nextSteps(written: WrittenFile, site: StepsSite): readonly string[] {
  const word = shellWord(written.file);
  const trials = [`earshot run --check ${word}`, `earshot doctor ${word}`, `earshot run ${word}`];
  return written.service === undefined
    ? trials
    : [...trials, ...serviceSteps(written, written.service, site)];
}

function serviceSteps(
  { file, path, beside, extras = [] }: WrittenFile,
  service: ServiceKind,
  { home, packageFolder, version, has }: StepsSite,
): readonly string[] {
  const isUser = service === 'user';
  const sudo = isUser ? '' : 'sudo ';
  const control = isUser ? 'systemctl --user' : 'sudo systemctl';
  const config = isUser ? userConfig(path, home) : '/etc/earshot/earshot.yaml';
  const folder = dirname(config);
  const unit = isUser
    ? join(folder, '../systemd/user/earshot.service')
    : '/etc/systemd/system/earshot.service';
  const certificates = beside.map((name) => shellWord(join(dirname(file), name)));
  const copies =
    path === config
      ? []
      : [
          `${sudo}install -D -m 644 ${shellWord(file)} ${shellWord(config)}`,
          ...(certificates.length > 0
            ? [`${sudo}install -m 644 -t ${shellWord(folder)} ${certificates.join(' ')}`]
            : []),
        ];
  if (has(unit)) return [...copies, `${control} restart earshot`];
  const more = extras.length > 0 ? ` --with=${extras.join(',')}` : '';
  const script = shellWord(join(packageFolder, 'examples/raspberry-pi/install.sh'));
  return [
    ...copies,
    `sudo sh ${script} earshot-${version}.tgz${isUser ? ' --user' : ''}${more}`,
    `${control} start earshot`,
  ];
}

/** Where the unit of a user looks; with sudo that is not our own home. */
const userConfig = (path: string, home: string): string =>
  path.endsWith(userPlace) ? path : join(home, userPlace);

const userPlace = '/.config/earshot/earshot.yaml';

/** Whose service a config in this folder is for; undefined where that is open. */
export function serviceOfFolder(folder: string): ServiceKind | undefined {
  if (folder.endsWith(dirname(userPlace))) return 'user';
  return folder === '/etc/earshot' ? 'system' : undefined;
}
