import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/cli/config/read-config.js';
import { initOptions } from '../src/cli/init/init-command-line.js';
import { initUsage } from '../src/cli/init/init-usage.js';
import { makeCertificate } from './support/certificates.js';
import { projectFolder, readProjectFile } from './support/project.js';
import { type Pty, startInPty } from './support/pty.js';
import { earshotCommand, killCommands, startEarshot } from './support/run-command.js';
import { type StreamServer, startStreamServer } from './support/stream-server.js';

let folder: string;
let server: StreamServer | undefined;
let pty: Pty | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-init-'));
});
afterEach(async () => {
  killCommands();
  pty?.child.kill('SIGKILL');
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const surroundings = { env: {}, readFile: (path: string) => readFileSync(join(folder, path), 'utf8') };
const command = earshotCommand.map((word) => `'${word}'`).join(' ');

/** A service whose certificate nobody has signed. */
async function startSecured(): Promise<{ readonly target: string; readonly fingerprint: string }> {
  const own = makeCertificate({ commonName: 'voice', names: ['127.0.0.1'] });
  const pair = { cert_chain: Buffer.from(own.pem), private_key: Buffer.from(own.keyPem) };
  server = await startStreamServer(() => {}, { credentials: ServerCredentials.createSsl(null, [pair]) });
  return { target: server.target, fingerprint: own.fingerprint };
}

describe('earshot init in a terminal', () => {
  it('holds a conversation, and writes a config that can be read and gives the terminal back', async () => {
    const { target, fingerprint } = await startSecured();
    writeFileSync(at('earshot.yaml'), 'old: config\n');
    pty = startInPty(`${command} init --no-test --api alsa; echo code=$?; stty -a`, folder);

    for (const [question, answer] of [
      ['Enter takes what is in brackets, Ctrl-C ends it and writes nothing', null],
      ['earshot.yaml is there. Replace it', 'y'],
      ['Where is the service', 'voice.example.com'],
      ['This must be host:port', target],
      [fingerprint, null],
      ['Is it the certificate of the service?', 'yes'],
      ['Does the service want a token?', ''],
      ['Which microphone', 'plughw:CARD=Mic,DEV=0'],
      ['Which loudspeaker', ''],
      ['What is heard with', 'headphones'],
      ['Which language', ''],
      ['Who understands speech', 'moonshine-base'],
      ['Who speaks', ''],
      ['while an answer is awaited', 'off'],
      ['How does it run', ''],
    ] as const) {
      await pty.shows(question);
      if (answer === null) continue;
      await pty.shows(
        question.startsWith('This') ? 'such as voice.example.com:443?' : question.endsWith('?') ? '[' : '?',
      );
      pty.type(`${answer}\r`);
    }
    await pty.shows('earshot run --check earshot.yaml');
    expect(await pty.finished).toBe(0);

    expect(pty.screen).toContain('code=0');
    expect(pty.screen).toMatch(/ icanon /);
    expect(pty.screen).toMatch(/ echo /);
    const text = readFileSync(at('earshot.yaml'), 'utf8');
    const { config, problems } = readConfig(text, surroundings);
    expect(problems).toBeUndefined();
    expect(config).toMatchObject({
      upstream: { target, trust: { fingerprint } },
      devices: { api: 'alsa', capture: { device: 'plughw:CARD=Mic,DEV=0' }, playout: { device: 'default' } },
      echoCancellers: { linear: 'off' },
      transcriber: { recogniser: 'moonshine-base' },
      fillers: 'off',
    });
    expect(text).toMatch(/^# yaml-language-server: \$schema=.*\n(?:.*\n)*# Who answers\.\n/);
    expect(readFileSync(at('earshot.yaml.bak'), 'utf8')).toBe('old: config\n');
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it.each([
    ['Ctrl-C', '\u0003', 130],
    ['Ctrl-D', '\u0004', 1],
  ])('writes nothing after %s, and gives the terminal back', async (_, key, code) => {
    pty = startInPty(`${command} init --no-test --target 127.0.0.1:1; echo code=$?; stty -a`, folder);

    await pty.shows('Take this address all the same?');
    pty.type('y\r');
    await pty.shows('Does the service want a token?');
    pty.type(key);
    await pty.shows('Nothing was written.');
    await pty.shows(`code=${code}`);
    await pty.finished;

    expect(pty.screen).toMatch(/ icanon /);
    expect(pty.screen).toMatch(/ echo /);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('earshot init without a terminal', () => {
  const run = (...args: readonly string[]) =>
    startEarshot(['init', at('a.yaml'), ...args], '', { ...process.env, XDG_CACHE_HOME: at('cache') })
      .finished;

  it('says that it needs one, or --yes', async () => {
    const { code, stderr, stdout } = await run();

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('there is no terminal to ask in; give --yes');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes options and defaults, prints one object, and replaces nothing unless it is told to', async () => {
    server = await startStreamServer(() => {});
    const first = await run('--yes', '--json', '--target', server.target, '--runs-as', 'container');
    const about = JSON.parse(first.stdout) as { readonly config: unknown };
    const text = readFileSync(at('a.yaml'), 'utf8');

    expect([first.code, about]).toEqual([
      0,
      {
        file: at('a.yaml'),
        backup: null,
        certificates: [],
        config: parse(text),
        warnings: [],
        missing: { parts: [], commands: [], downloads: [{ name: 'moonshine-tiny', megabytes: 115 }] },
        next: ['run --check', 'doctor', 'run'].map((what) => `earshot ${what} ${at('a.yaml')}`),
      },
    ]);
    expect(readConfig(text, surroundings).problems).toBeUndefined();

    const second = await run('--yes', '--target', server.target);
    expect([second.code, readFileSync(at('a.yaml'), 'utf8')]).toEqual([2, text]);
    expect(second.stderr).toContain('--force replaces it');
    const third = await run('--yes', '--force', '--target', 'nowhere.invalid:443');
    expect([third.code, readFileSync(at('a.yaml.bak'), 'utf8')]).toEqual([0, text]);
    expect(third.stderr).toContain('Note: nowhere.invalid:443 cannot be reached');
    expect(third.stdout).toContain('The first start downloads moonshine-tiny, some 115 MB.\n\nNext:\n');
  });

  it('replaces the config that ships without a word of --force, and leads to the service', async () => {
    const shipped = readProjectFile('examples/raspberry-pi/earshot.yaml');
    writeFileSync(at('a.yaml'), shipped);
    const { code, stderr, stdout } = await run('--yes', '--target', '127.0.0.1:1', '--runs-as', 'service');

    expect([code, readFileSync(at('a.yaml.bak'), 'utf8')]).toEqual([0, shipped]);
    expect(stderr).toContain('the one that ships with earshot, unchanged');
    expect(stdout).toContain('Next, for a service of the system:');
    expect(stdout).toMatch(/sudo systemctl (?:re)?start earshot\n$/);
    const second = await run('--yes', '--target', '127.0.0.1:1');
    expect([second.code, readFileSync(at('a.yaml.bak'), 'utf8')]).toEqual([2, shipped]);
  });

  it('leaves a whole file, the old one or the new one, when it is killed while it writes', async () => {
    const old = `# ${'the config before '.repeat(50)}\n`;
    const [node, ...script] = earshotCommand;
    let killed = 0;
    for (const waitMs of [0, 1, 3]) {
      writeFileSync(at('a.yaml'), old);
      const args = ['init', at('a.yaml'), '--yes', '--force', '--target', '127.0.0.1:1'];
      const child = spawn(node, [...script, ...args], { stdio: 'ignore' });
      const closed = once(child, 'close');
      const watched = watch(folder, (_, name) => {
        if (name?.endsWith('.part')) setTimeout(() => child.kill('SIGKILL'), waitMs);
      });
      const [, signal] = (await closed) as [number | null, string | null];
      watched.close();

      if (signal === 'SIGKILL') killed += 1;
      const text = readFileSync(at('a.yaml'), 'utf8');
      if (text !== old) expect(parse(text)).toMatchObject({ upstream: { target: '127.0.0.1:1' } });
    }
    expect(killed).toBeGreaterThan(0);
  });
});

describe('the first steps', () => {
  const guide = readProjectFile('docs/guides/first-steps.md');

  it('install what README.md installs, in the same versions', () => {
    const versions = guide.match(/[@\w/-]+@\d+\.\d+\.\d+/g) ?? [];
    expect(versions.length).toBeGreaterThan(2);
    const readme = readProjectFile('README.md');
    for (const version of versions) expect(readme).toContain(version);
    expect(guide).toContain('earshot-0.1.0.tgz');
    expect(guide).not.toMatch(/npm install (?:[\w@/-]+ )*earshot(?:\s|$)/);
  });

  it('name files of the package that are there', () => {
    const { files } = JSON.parse(readProjectFile('package.json')) as { readonly files: readonly string[] };
    const paths = [...guide.matchAll(/node_modules\/earshot\/([\w./-]*[\w/])/g)].map(([, path = '']) => path);
    expect(paths).toContain('examples/raspberry-pi/install.sh');
    for (const path of paths) {
      expect(existsSync(join(projectFolder, path)), path).toBe(true);
      expect(files.some((kept) => path.startsWith(kept))).toBe(true);
    }
  });
});

describe('the help of earshot init', () => {
  it('names every option, and no other', () => {
    const named = new Set([...initUsage.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name));
    expect([...named].sort()).toEqual(Object.keys(initOptions).sort());
  });
});
