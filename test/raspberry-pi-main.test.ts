import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { readWav, rmsDb, writeWav } from '../src/index.js';
import { createFakeGpio, type FakeGpio } from './support/fake-gpio.js';
import { bindNotifySocket, type NotifySocket, whyNoNotifySocket } from './support/notify-socket.js';
import { projectFolder, readProjectFile } from './support/project.js';

const script = 'examples/raspberry-pi/main.ts';
const told = (what: string) => ({ type: 'told', variables: expect.arrayContaining([what]) });

let folder: string;
let server: ReferenceServer;
let gpio: FakeGpio;
let child: ChildProcessWithoutNullStreams | undefined;
let said = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-pi-'));
  for (const name of ['wav', 'transcript.json']) {
    cpSync(`${projectFolder}examples/demo/assets/go-forward.${name}`, join(folder, `question.${name}`));
  }
  // Text alone, so that the voice of the device speaks.
  const answers = () => ({ sentences: ['I am on my way.'] });
  server = await startReferenceServer({ isTextOnly: true, answers, timeToFirstByteMs: 100 });
  gpio = createFakeGpio(2);
  said = '';
});
afterEach(async () => {
  child?.kill('SIGKILL');
  gpio.dispose();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts it on the recording, as its own README says, but for the sound cards. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
  const recording = ['--recording', join(folder, 'question.wav'), '--target', `127.0.0.1:${server.port}`];
  child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), join(projectFolder, script), ...recording, ...args],
    {
      env: {
        ...process.env,
        TSX_TSCONFIG_PATH: join(projectFolder, 'tsconfig.json'),
        PATH: gpio.env.PATH,
        ...env,
      },
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return once(child, 'close');
}
const until = (words: string) => vi.waitFor(() => expect(said).toContain(words), 20_000);

describe('main.ts of the Raspberry Pi', () => {
  it('is a page of code that uses nothing but what is exported', () => {
    const text = readProjectFile(script);
    expect(text.trimEnd().split('\n').length).toBeLessThan(100);
    const imported = [...text.matchAll(/from '(.+)'/g)].map(([, name = '']) => name);
    expect(imported.filter((name) => !/^(node:|rxjs$|earshot($|\/))/.test(name))).toEqual([]);
  });

  it('answers what is said, and lets the reply be heard when it is told to end', async ({ skip }) => {
    const missing = whyNoNotifySocket();
    if (missing !== undefined) return skip(missing);
    const socket: NotifySocket = await bindNotifySocket(join(folder, 'notify'));
    try {
      const env = { NOTIFY_SOCKET: socket.name, WATCHDOG_USEC: '3000000' };
      const ended = start(['--light', 'GPIO27'], env);
      await socket.waitFor((heard) => heard.type === 'told' && heard.variables.includes('READY=1'));
      await until('method=turn-sent');
      // What was asked for is what was said in the recording.
      expect(said).toContain('Go forward ten meters.');
      await until('method=reply-started');
      child?.kill('SIGTERM');

      expect(await ended).toEqual([0, null]);
      expect(said).toMatch(/method=engine-in-use .*"name":"(espeak-ng|earcon)"/);
      expect(said).toMatch(/method=playout-ended decision=heard .*"kind":"reply"/);
      expect(socket.heard).toEqual(expect.arrayContaining([told('WATCHDOG=1'), told('STOPPING=1')]));
      const { samples, format } = readWav(readFileSync(join(folder, 'answer.wav')));
      const lastSecond = samples.subarray(-format.sampleRateHz);
      expect(rmsDb(lastSecond)).toBeGreaterThan(-45);
      // The light was on while somebody was listened to, or answered.
      expect(gpio.sets()).toContainEqual(expect.stringMatching(/=1$/));
      await vi.waitFor(() => expect(gpio.isHeld()).toBe(false), 5000);
    } finally {
      await socket.close();
    }
  }, 60_000);

  it('ends by itself when the recording is over and answered, also without the light that it was given', async () => {
    gpio.fail('gpioset: error: Permission denied');
    expect(await start(['--light', 'GPIO27'])).toEqual([0, null]);
    expect(said).toMatch(/method=playout-ended decision=heard .*"kind":"reply"/);
    const words = said.split('\n').filter((line) => line.includes('GPIO27'));
    expect(words).toEqual([expect.stringMatching(/^\[DEVICE_PERMISSION_DENIED\] .*gpio/)]);
    expect(said).not.toMatch(/^ +at /m);
  }, 60_000);

  it('ends at once at Ctrl-C, in the middle of a reply', async () => {
    const ended = start([]);
    await until('method=reply-started');
    child?.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(said).not.toMatch(/decision=heard .*"kind":"reply"/);
  }, 60_000);

  it('hears nobody before the button is down', async () => {
    // Longer than anybody waits here: at its end it would end by itself.
    const question = join(folder, 'question.wav');
    const { samples, format } = readWav(readFileSync(question));
    const longer = new Float32Array(samples.length + 60 * format.sampleRateHz * format.channels);
    longer.set(samples);
    writeFileSync(question, writeWav(format, longer));
    const ended = start(['--button', 'GPIO17']);
    await vi.waitFor(() => expect(gpio.watchArgs()).toContain('GPIO17'), 20_000);
    await until('method=device-opened');
    gpio.edge('rising');
    await until('method=talk-button');
    gpio.edge('falling');
    child?.kill('SIGTERM');

    expect((await ended)[0]).toBe(0);
    expect(said).not.toContain('speech-confirmed');
  }, 60_000);

  it('says in one sentence what it lacks', async () => {
    rmSync(join(folder, 'question.transcript.json'));
    expect((await start([]))[0]).toBe(1);
    expect(said.trim().split('\n')).toEqual([
      expect.stringMatching(/^\[OPTION_INVALID\] .*question\.transcript/),
    ]);
  }, 30_000);
});
