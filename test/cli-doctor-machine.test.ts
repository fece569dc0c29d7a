import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { checkGroups } from '../src/cli/doctor/finding.js';
import type { MachineReport } from '../src/cli/doctor/machine-report.js';
import { listen } from './support/listener.js';
import { codeBlocks } from './support/markdown.js';
import { projectFolder, readProjectFile } from './support/project.js';
import { killCommands, startEarshot } from './support/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-doctor-'));
const question = join(projectFolder, 'examples/demo/assets/go-forward');

let server: ReferenceServer;
beforeAll(async () => {
  server = await startReferenceServer({ voice: 'prompts' });
});
afterEach(killCommands);
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A config that needs no sound card. */
function writeConfig(name: string, target: string, more = ''): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `upstream: { target: '${target}', hardwareId: doctor-kiosk }
transcriber: { engine: scripted, sidecarPath: '${question}.transcript.json' }
devices: { kind: wav-file, microphone: '${question}.wav', loudspeaker: 'answer.wav' }
${more}`,
  );
  return path;
}

const ratingsOf = ({ checks }: MachineReport): Readonly<Record<string, string>> =>
  Object.fromEntries(checks.map(({ id, rating }) => [id, rating]));

describe('earshot doctor CONFIG', () => {
  it('examines all that the config needs, over a real socket, and asks the service for nothing', async () => {
    const path = writeConfig('good.yaml', `127.0.0.1:${server.port}`);
    const { code, stdout, stderr } = await startEarshot(['doctor', path, '--json']).finished;

    expect(stderr).toBe('');
    const report: MachineReport = JSON.parse(stdout);
    expect(report).toMatchObject({ config: path, ok: true, counts: { red: 0 } });
    expect(code).toBe(0);
    expect(ratingsOf(report)).toMatchObject({
      node: 'green',
      config: 'green',
      model: 'green',
      'hardware-id': 'green',
      microphone: 'green',
      'backend-connect': 'green',
      'backend-tls': 'green',
    });
    const latency = report.checks.find(({ id }) => id === 'backend-latency');
    expect(latency).toMatchObject({ group: 'backend', figures: { calls: 7, isKnown: true } });
    const detector = report.checks.find(({ id }) => id === 'detector-speed');
    expect(detector?.figures['medianMs']).toBeGreaterThan(0);
    expect(new Set(server.calls().map(({ method }) => method))).toEqual(new Set(['ReportUsage']));
    expect(server.calls().every((call) => call.hardwareId === 'doctor-kiosk')).toBe(true);
    for (const { rating, cure } of report.checks) expect(cure === null).toBe(rating === 'green');
  });

  it('ends with 1 where the service is not there and a package of a program is missing, with the cures', async () => {
    const closed = await listen(createServer());
    await closed.close();
    const hooks = 'hooks: { run: [{ on: device-lost, command: [/not/there/tell-operator] }] }\n';
    const path = writeConfig('bad.yaml', closed.target, hooks);
    const { code, stdout, stderr } = await startEarshot(['doctor', path]).finished;

    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^versions\n {2}green {2}node /);
    expect(stdout).toMatch(
      /^ {2}red +backend-connect +127\.0\.0\.1:\d+ cannot be connected to: nobody listens there\n +start the service/m,
    );
    expect(stdout).toMatch(
      /^ {2}red +\/not\/there\/tell-operator +.* is not installed, and needed by the hook on device-lost/m,
    );
    expect(stdout).toMatch(/\nred: program \/not\/there\/tell-operator, backend-connect, backend-latency\n$/);
  });

  it('examines the rest where a secret is only in the running unit', async () => {
    const path = writeConfig('secret.yaml', `127.0.0.1:${server.port}`);
    const text = readFileSync(path, 'utf8').replace(
      'hardwareId:',
      'metadata: { authorization: { env: NO_SUCH_TOKEN } }, hardwareId:',
    );
    writeFileSync(path, text);
    const { code, stdout } = await startEarshot(['doctor', path, '--json']).finished;
    const report: MachineReport = JSON.parse(stdout);
    expect([code, report.ok]).toEqual([0, true]);
    const ofConfig = report.checks.filter(({ id }) => id === 'config');
    expect(ofConfig.map(({ about, rating }) => [about, rating])).toEqual([
      ['config', 'green'],
      ['upstream.metadata.authorization', 'amber'],
    ]);
    expect(ofConfig[1]?.finding).toContain('line 1 names the environment variable NO_SUCH_TOKEN');
    expect(ratingsOf(report)).toMatchObject({ 'backend-connect': 'green', 'backend-latency': 'amber' });
  });

  it('refuses a config that cannot be used with its lines, and with 2', async () => {
    const path = writeConfig('refused.yaml', '127.0.0.1:1', 'bargeIn: 3\n');
    const refused = await startEarshot(['doctor', path]).finished;
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(`${path}:4:1: bargeIn is not known here`);
    expect(refused.stderr).toMatch(/refused\.yaml cannot be used: 1 problem\n$/);
  });

  it('ends at once when it is interrupted, with 130', async () => {
    const called: unknown[] = [];
    let connected = (): void => {};
    const connection = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const mute = createServer((socket) => {
      called.push(socket);
      // The first is the check of the connection; what comes then waits for an answer.
      if (called.length === 2) connected();
    });
    const listener = await listen(mute);
    try {
      const running = startEarshot(['doctor', writeConfig('mute.yaml', listener.target)]);
      await connection;
      running.child.kill('SIGINT');
      const { code, stdout } = await running.finished;
      expect(code).toBe(130);
      expect(stdout).not.toMatch(/backend-latency|red:/);
    } finally {
      await listener.close();
    }
  });
});

describe('the guide of earshot doctor', () => {
  const guide = readProjectFile('docs/guides/doctor.md');

  it('explains every check, once in a table', () => {
    for (const id of Object.values(checkGroups).flat()) {
      expect(guide.match(new RegExp(`^\\| \`${id}\` \\|`, 'gm')), id).toHaveLength(1);
    }
  });

  it('has an object of --json with the names that there are', () => {
    const [shown] = codeBlocks(guide).filter(({ language }) => language === 'json');
    const report: MachineReport = JSON.parse(shown?.code ?? '');
    expect(Object.keys(report)).toEqual(['ok', 'verdict', 'config', 'counts', 'checks']);
    for (const { group, id } of report.checks) expect(checkGroups[group]).toContain(id);
  });
});
