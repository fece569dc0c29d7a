import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFakePrograms } from './fake-programs.js';
import { projectFolder } from './project.js';

/** The script that it is for. */
export const installScript = `${projectFolder}examples/raspberry-pi/install.sh`;

/** What such a machine is. */
interface MachineFacts {
  /** What Node says of itself once it is installed. */
  readonly node?: string;
  /** The version that its packages have; the same where left out. */
  readonly offered?: string;
  readonly architecture?: string;
  /** Whether systemd runs. */
  readonly systemd?: boolean;
  /** Those that it has. */
  readonly groups?: string;
  /** What a shell does in place of asking the registry. */
  readonly registry?: string;
  /** How long npm installs. Units: seconds. */
  readonly npmSeconds?: number;
}

/** A file as `npm pack` makes it, with nothing in it but a command. */
export function packInto(tarball: string, command: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-packed-'));
  mkdirSync(join(folder, 'package/dist/cli'), { recursive: true });
  writeFileSync(join(folder, 'package/dist/cli/main.js'), command);
  const { status } = spawnSync('tar', ['-czf', tarball, '-C', folder, 'package']);
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) throw new Error('tar could not pack');
}

/** A machine that has nothing yet: a root of its own, and package commands that only write down what they were asked. */
export function bareMachine(facts: MachineFacts = {}) {
  const { node = '20.19.2', architecture = 'arm64', systemd = true, groups = 'audio gpio' } = facts;
  const { offered = node, registry = 'echo 0.9.0', npmSeconds = 0 } = facts;
  const scratch = mkdtempSync(join(tmpdir(), 'earshot-install-'));
  const root = join(scratch, 'root');
  const at = (path: string) => join(root, path);
  const calls = join(scratch, 'calls');
  const programs = createFakePrograms();
  const add = (name: string, body: string) => programs.add(name, `echo "${name} $*" >> ${calls}\n${body}`);
  writeFileSync(calls, '');
  mkdirSync(root);
  for (const path of systemd ? ['run/systemd/system', 'run/user/1000'] : [])
    mkdirSync(at(path), { recursive: true });
  // A package that is installed is a file that says so.
  add(
    'apt-get',
    `case $1 in install) for name in "$@"; do touch ${scratch}/has-"$name"; done; mkdir -p ${root}/usr/bin
  printf '#!/bin/sh\\necho v${node}\\n' > ${root}/usr/bin/node; chmod +x ${root}/usr/bin/node;; esac`,
  );
  programs.add('apt-cache', `echo "  Candidate: ${offered}+dfsg-1"`);
  programs.add('dpkg', `echo ${architecture}`);
  programs.add('dpkg-query', `for name; do :; done; [ -e ${scratch}/has-"$name" ] && printf 'ii '`);
  programs.add(
    'id',
    'case $1 in -nG) echo pi audio;; *) if [ $# = 1 ]; then echo 0; else echo 1000; fi;; esac',
  );
  programs.add(
    'getent',
    `case $1 in passwd) [ "${'$'}{2:-pi}" = pi ] && echo pi:x:1000:1000::/home/pi:/bin/sh;; group) case " ${groups} " in *" $2 "*) echo "$2:x:44:";; esac;; esac`,
  );
  programs.add('chown', '');
  programs.add('curl', 'echo a key');
  programs.add('gpg', `for file; do :; done; cat > "$file"`);
  for (const name of ['usermod', 'loginctl']) add(name, `touch ${scratch}/${name}`);
  add(
    'systemctl',
    `case $1 in is-enabled) [ -e ${scratch}/enabled ] && echo enabled;; enable) touch ${scratch}/enabled;; disable) rm -f ${scratch}/enabled;; esac; true`,
  );
  programs.add('runuser', 'shift 5; exec "$@"');
  // What takes ten seconds takes none here, and what would wait for half a minute gives up soon.
  programs.add('sleep', 'exec /bin/sleep 0.1');
  add('timeout', 'shift 2; exec /usr/bin/timeout 2 "$@"');
  // npm of this machine would look for a network.
  add(
    'npm',
    `case $1 in config) exit;; view) ${registry};; install) ${npmSeconds > 0 ? `/bin/sleep ${npmSeconds}` : ''}
  mkdir -p "$3/node_modules/earshot/dist/cli"; cd "$3/node_modules/earshot"; echo '{}' > package.json; touch dist/cli/main.js;; esac`,
  );
  programs.add('node', 'exit 127');
  const tarball = join(scratch, 'earshot-0.1.0.tgz');
  packInto(tarball, 'a package');
  onTestFinished(() => {
    programs.dispose();
    rmSync(scratch, { recursive: true, force: true });
  });
  return {
    at,
    tarball,
    scratch,
    read: (path: string) => readFileSync(at(path), 'utf8'),
    write: (path: string, text: string) => writeFileSync(at(path), text),
    calls: () => readFileSync(calls, 'utf8').split('\n').slice(0, -1),
    install(...args: readonly string[]) {
      const { status, stdout, stderr } = spawnSync('sh', [installScript, ...args], {
        encoding: 'utf8',
        timeout: 20_000,
        env: { PATH: programs.env.PATH, DESTDIR: root, HOME: scratch, SUDO_USER: 'pi' },
      });
      return { status, stdout, stderr };
    },
    /** Every file with what is in it, and when it was last written. */
    files: () =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((path) => [path, lstatSync(at(path)).mtimeMs] as const),
  };
}
export type BareMachine = ReturnType<typeof bareMachine>;
