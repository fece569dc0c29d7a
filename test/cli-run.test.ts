import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { readWav } from '../src/core/audio/wav.js';
import { bindNotifySocket, type Heard, whyNoNotifySocket } from './support/notify-socket.js';
import { projectFolder } from './support/project.js';
import { killCommands, type Running, startEarshot } from './support/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-run-'));
const at = (name: string): string => join(folder, name);
const question = join(projectFolder, 'examples/demo/assets/go-forward');

let server: ReferenceServer;
/** Long enough to be cut. Units: ms. */
const replyMs = 1500;
beforeAll(async () => {
  const tone = Int16Array.from({ length: 48 * replyMs }, (_, n) => 8000 * Math.sin(n / 20));
  server = await startReferenceServer({
    voice: { name: 'a tone', speak: () => Promise.resolve(tone) },
    answers: () => ({ sentences: ['One sentence.'] }),
    timeToFirstByteMs: 100,
    deliveryRate: 100,
  });
});
afterAll(async () => {
  killCommands();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
/** A config whose microphone is a recording of a question; with more sections in YAML. */
function writeConfig(
  more = '',
  { atEnd = 'complete', name = `config-${count++}.yaml`, port = server.port, maxRetries = 4 } = {},
): string {
  const path = at(name);
  const microphone = `${question}.wav`;
  writeFileSync(
    path,
    `upstream: { target: '127.0.0.1:${port}', hardwareId: kiosk-${name.replaceAll('.', '-')}, maxRetries: ${maxRetries} }
transcriber: { engine: scripted, sidecarPath: '${question}.transcript.json' }
devices: { kind: wav-file, microphone: '${microphone}', loudspeaker: '${at(`${name}.wav`)}', atEnd: ${atEnd} }
pipeline: { endpointing: { minSilenceMs: 400 } }
${more}`,
  );
  return path;
}

/** Resolves when the output holds this, from its beginning on. */
function said(running: Running, stream: 'stdout' | 'stderr', text: string | RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const all = running.said[stream];
      if (all.search(text) >= 0) resolve(all);
    };
    running.child[stream].on('data', look);
    look();
    running.finished.then(({ code, stderr }) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
}

const jsonLines = (stdout: string): readonly { readonly type: string; readonly [name: string]: unknown }[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('earshot run --check', () => {
  it('says that a config can be used, or everything that is wrong with it, with lines', async () => {
    const good = writeConfig();
    expect(await startEarshot(['run', '--check', good]).finished).toEqual({
      ...{ code: 0, stdout: `${good} can be used\n`, stderr: '' },
    });

    const bad = writeConfig('bargeIn: 3\nkpis: { maxReplyHeardMs: -1 }\n');
    const refused = await startEarshot(['run', '--check', bad]).finished;
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    const [first, second, last] = refused.stderr.trimEnd().split('\n');
    expect(first).toMatch(`${bad}:5:1: bargeIn is not known here`);
    expect(second).toMatch(`${bad}:6:26: kpis.maxReplyHeardMs must be`);
    expect(last).toBe(`${bad} cannot be used: 2 problems`);

    const json = await startEarshot(['run', '--check', '--json', bad]).finished;
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      file: bad,
      ok: false,
      problems: [{ line: 5 }, { line: 6 }],
    });
  });

  it('notes a secret that only the running unit has, and does not run without it', async () => {
    const path = writeConfig();
    const secret = '/run/credentials/earshot.service/token';
    const text = readFileSync(path, 'utf8').replace(
      'hardwareId:',
      `metadata: { authorization: { file: ${secret} } }, hardwareId:`,
    );
    writeFileSync(path, text);
    const checked = await startEarshot(['run', '--check', path]).finished;
    expect([checked.code, checked.stdout]).toEqual([0, `${path} can be used\n`]);
    expect(checked.stderr).toMatch(`${path}:1:`);
    expect(checked.stderr).toContain(`: note: upstream.metadata.authorization names the file ${secret}`);
    const { code, stderr } = await startEarshot(['run', path]).finished;
    expect(code).toBe(2);
    expect(stderr).toContain(`upstream.metadata.authorization names the file ${secret}`);
    expect(stderr).toMatch(/cannot be used: 1 problem\n$/);
  });

  it('does not run one that cannot be used, or that is not there', async () => {
    const bad = await startEarshot(['run', writeConfig('bargeIn: 3\n')]).finished;
    expect([bad.code, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toContain(':5:1: bargeIn is not known here');
    const none = await startEarshot(['run', at('none.yaml')]).finished;
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(/none\.yaml cannot be read: it, or its folder, does not exist\n$/);
  });
});

// They mostly wait, each for a process of its own.
describe.concurrent('earshot run', () => {
  it('holds the conversation of a config, tells all of it as JSON, and keeps what was said out of its log', async () => {
    const path = writeConfig();
    const { code, stdout, stderr } = await startEarshot(['run', path, '--json']).finished;

    expect(code, stderr).toBe(0);
    const events = jsonLines(stdout);
    const of = (type: string) => events.filter((event) => event.type === type);
    expect(of('turn-sent')).toMatchObject([{ text: 'Go forward ten meters.' }]);
    expect(of('reply-ended')).toMatchObject([{ reason: 'complete' }]);
    expect(of('latency-measured').map((event) => event['of'])).toContain('reply-heard');
    const heard = of('playout-ended').at(-1) as unknown as { reason: string; heardMs: number };
    expect(heard.reason).toBe('heard');
    const { samples, format } = readWav(readFileSync(`${path}.wav`));
    expect((1000 * samples.length) / format.sampleRateHz).toBeGreaterThan(heard.heardMs);
    expect(stderr).toContain('method=turn-sent decision=send');
    expect(stderr).not.toMatch(/forward/i);
    expect(stderr).not.toContain('watchdog');
  });

  it('lets the reply finish at SIGTERM, and cuts it at the second one and at Ctrl-C, which the service is told', async () => {
    const stopped = async (...signals: readonly NodeJS.Signals[]) => {
      const running = startEarshot(['run', writeConfig('', { atEnd: 'go-on' }), '--json']);
      await said(running, 'stdout', '"playout-started"');
      let stops = 0;
      for (const signal of signals) {
        stops += 1;
        running.child.kill(signal);
        await said(running, 'stderr', new RegExp(String.raw`(method=stop[\s\S]*){${stops}}`));
      }
      const { code, stdout, stderr } = await running.finished;
      const ends = jsonLines(stdout).filter(({ type }) => type === 'playout-ended');
      return { code, stderr, ends };
    };
    const [finished, twice, interrupted] = await Promise.all([
      stopped('SIGTERM'),
      stopped('SIGTERM', 'SIGTERM'),
      stopped('SIGINT'),
    ]);
    expect(finished).toMatchObject({ code: 0, ends: [{ reason: 'heard' }] });
    expect(finished.stderr).toMatch(/method=stop decision=finish [\s\S]*method=stop decision=finished/);
    expect(twice.code, twice.stderr).toBe(0);
    expect(twice.stderr).toMatch(/decision=finish [\s\S]*method=stop decision=cut/);
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toContain('method=stop decision=cut');
  }, 30_000);

  it('ends when nobody reads its events any more', async () => {
    const running = startEarshot(['run', writeConfig('', { atEnd: 'go-on' }), '--json']);
    await said(running, 'stdout', '"playout-started"');
    running.child.stdout.destroy();
    const { code, stderr } = await running.finished;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/method=stop decision=finish /);
  });

  it('tells what is missing, with a code of its own, and does not start', async () => {
    const path = writeConfig('detector: { modelPath: nowhere.onnx }\n');
    const { code, stderr } = await startEarshot(['run', path]).finished;
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /level=ERROR scope=run method=start decision=failed ctx=\{"code":"[A-Z_]+".*nowhere\.onnx/,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe.concurrent('earshot run on SIGHUP', () => {
  it('takes a new config on between two turns, and none that cannot be used', async () => {
    const name = 'reloaded.yaml';
    const path = writeConfig('logs: { format: json }\nmetrics: { port: 0 }\n', { atEnd: 'go-on', name });
    const running = startEarshot(['run', path]);
    await said(running, 'stderr', '"decision":"heard"');

    writeConfig('nonsense: 1\n', { name });
    running.child.kill('SIGHUP');
    expect(await said(running, 'stderr', '"method":"reload"')).toContain('nonsense is not known here');

    writeConfig('logs: { format: fields }\nmetrics: { port: 0 }\n', { atEnd: 'go-on', name });
    running.child.kill('SIGHUP');
    // The recording begins anew with the new microphone, and is answered again.
    await said(running, 'stderr', /method=playout-ended decision=heard/);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.finished;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/"method":"reload","decision":"accepted"[\s\S]*method=reload decision=done/);
    expect(stderr).not.toContain('EADDRINUSE');
  }, 60_000);
});

describe.concurrent('earshot run under systemd', () => {
  const missing = whyNoNotifySocket();
  if (missing !== undefined) console.warn(`skipped, because ${missing}`);
  it.skipIf(missing !== undefined)(
    'tells that it is ready, how it is, feeds the watchdog and says that it stops; what it starts cannot speak in its name',
    async () => {
      const socket = await bindNotifySocket(at('notify'));
      const seen = at('environment');
      const hook = `hooks: { inherit: [PATH, NOTIFY_SOCKET, WATCHDOG_USEC], run: [{ on: turn-sent, command: [sh, -c, 'env > ${seen}'] }] }\n`;
      const running = startEarshot(['run', writeConfig(hook, { atEnd: 'go-on' })], undefined, {
        ...process.env,
        NOTIFY_SOCKET: socket.name,
        WATCHDOG_USEC: '3000000',
      });
      const told = (what: string) => (heard: Heard) =>
        heard.type === 'told' && heard.variables.includes(what);
      await socket.waitFor(told('READY=1'));
      await socket.waitFor(told('WATCHDOG=1'));
      await socket.waitFor(told('STATUS=capture, detection and playout work'));
      await said(running, 'stderr', 'decision=heard');
      running.child.kill('SIGTERM');
      await socket.waitFor(told('STOPPING=1'));
      expect(await running.finished).toMatchObject({ code: 0 });
      await socket.close();
      expect(readFileSync(seen, 'utf8')).toContain('PATH=');
      expect(readFileSync(seen, 'utf8')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
    },
    30_000,
  );

  it.skipIf(missing !== undefined)(
    'is taken to live while its service is dead, and to be dead while it stands still',
    async () => {
      const watchdogMs = 1500;
      const socket = await bindNotifySocket(at('watchdog'), watchdogMs);
      const dead = writeConfig('', { atEnd: 'go-on', port: 9, maxRetries: 0 });
      const running = startEarshot(['run', dead], undefined, {
        ...process.env,
        NOTIFY_SOCKET: socket.name,
        WATCHDOG_USEC: String(1000 * watchdogMs),
      });
      const isFed = ({ type, ...heard }: Heard) =>
        type === 'told' && 'variables' in heard && heard.variables.includes('WATCHDOG=1');
      await said(running, 'stderr', 'method=turn-failed');
      // After that, for longer than one period.
      const after = socket.heard.length;
      for (let feeds = 0; feeds < 4; feeds = socket.heard.slice(after).filter(isFed).length) {
        await socket.waitFor(isFed, socket.heard.length);
      }
      expect(socket.heard.filter(({ type }) => type === 'expired')).toEqual([]);

      running.child.kill('SIGSTOP');
      await socket.waitFor(({ type }) => type === 'expired');
      running.child.kill('SIGKILL');
      await running.finished;
      await socket.close();
    },
    60_000,
  );
});
