import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientReadableStream, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScreen } from '../examples/kiosk/screen.js';
import type { View } from '../examples/kiosk/view.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';
import { type StreamResponse, streamingServiceDefinition } from '../src/adapters/streaming-service/index.js';
import { peakDb, readWav } from '../src/index.js';
import { type Finished, killCommands, type Running, start, startEarshot } from './support/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-examples-'));
const open: { close(): unknown }[] = [];
afterAll(async () => {
  killCommands();
  for (const one of open) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts an example from its source, as its page says. */
const example = (name: string, ...args: readonly string[]): Running =>
  start(process.execPath, ['--import', import.meta.resolve('tsx'), `examples/${name}/main.ts`, ...args]);

/** Something that answers, on a real socket; what it was asked is in its calls. */
async function service(timeToFirstByteMs: number) {
  const wheels = { sentences: ['I am a reading lamp, so I have no wheels.'] };
  const server = await startReferenceServer({
    voice: 'prompts',
    timeToFirstByteMs,
    answers: (prompt) => (prompt.startsWith('Go') ? wheels : { sentences: ['That is generous of you.'] }),
  });
  open.push(server);
  return { server, address: `127.0.0.1:${server.port}` };
}

/** What it has printed that matches, as soon as it has; an error when it ends without. */
async function printed({ child, finished }: Running, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text: string) => {
      said += text;
      const found = pattern.exec(said);
      if (found) resolve(found[1] ?? found[0]);
    });
    void finished.then(({ stderr }) => reject(new Error(`it ended before it printed ${pattern}: ${stderr}`)));
  });
}

const answer = join(folder, 'answer.wav');

async function runCart() {
  const { server, address } = await service(50);
  const finished = await example('custom-pipeline', '--target', address, '--out', answer).finished;
  return { finished, asked: server.calls().map(({ method }) => method) };
}

/** Looks at the page, and at every view that it is sent until the visit is over. */
async function runKiosk() {
  const { address } = await service(1200);
  const kiosk = example('kiosk', '--target', address, '--port', '0');
  const url = await printed(kiosk, /look at (http:\S+)/);
  const page = await (await fetch(url)).text();
  const elsewhere = (await fetch(`${url}else`)).status;
  const messages = (await (await fetch(`${url}events`)).text()).split('\n\n').slice(0, -1);
  const views = messages.map((message) => JSON.parse(message.replace(/^data: /, '')) as View);
  return { finished: await kiosk.finished, page, elsewhere, views };
}

const hello = 'You said: Hello That is all that I know. ';

async function runBackend() {
  const running = example('own-backend', '--port', '0');
  const address = await printed(running, /listening on (\S+)/);
  const client = new Client(address, credentials.createInsecure());
  open.push(client);
  const ask = async (prompt: string) => {
    const args = ['ask', prompt, '--target', address, '--hardware-id', 'kiosk-1', '--json', '--no-retry'];
    const { code, stdout } = await startEarshot(args).finished;
    const { outcome, grpcStatus, text, audioMs, formats } = JSON.parse(stdout);
    return { code, outcome, grpcStatus, text, audioMs, formats };
  };
  const [whole, half, secret] = await Promise.all(
    ['Hello', 'Tell me half of it.', 'Tell me a secret.'].map(ask),
  );
  const interrupted = await listen(client, 'kiosk-2', () => interrupt(client, 'kiosk-2'));
  const stopped = printed(running, /hung up.*/);
  const hungUp = await listen(client, 'kiosk-3', (call) => call.cancel());
  const saidOfIt = await stopped;
  const nobody = await listen(client, '', () => {});
  running.child.kill('SIGTERM');
  return { whole, half, secret, interrupted, hungUp, saidOfIt, nobody, finished: await running.finished };
}

/** Asks as a device, does something at the first message, and tells what came and how it ended. */
function listen(
  client: Client,
  hardwareId: string,
  atFirst: (call: ClientReadableStream<StreamResponse>) => unknown,
) {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.streamAudio;
  const request = { hardwareId, sessionId: randomUUID(), prompt: 'Hello' };
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  let text = '';
  let said: unknown;
  return new Promise<{ readonly text: string; readonly said: unknown; readonly code: number }>((resolve) => {
    call
      .on('data', ({ content }: StreamResponse) => {
        if (content.case === 'textChunk') text += content.value;
        said ??= atFirst(call) ?? 'nothing';
      })
      .on('error', () => {})
      .on('status', async ({ code }: { readonly code: number }) => resolve({ text, said: await said, code }));
  });
}

/** @returns what the service said to InterruptSession. */
function interrupt(client: Client, hardwareId: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = streamingServiceDefinition.interruptSession;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { hardwareId },
      (error, response) => {
        if (error) reject(error);
        else resolve(response?.message ?? '');
      },
    );
  });
}

/** The cart, and a service that says no. */
async function runRefusedCart() {
  const server = await startReferenceServer({ voice: 'prompts', timeToFirstByteMs: 50, fault: 'refuses' });
  open.push(server);
  const out = join(folder, 'nothing.wav');
  return example('custom-pipeline', '--target', `127.0.0.1:${server.port}`, '--out', out).finished;
}

/** Command lines that start nothing, by what they are. */
const commandLines = {
  help: [
    ['custom-pipeline', '--help'],
    ['kiosk', '--help'],
    ['own-backend', '--help'],
  ],
  unusable: [
    ['custom-pipeline', '--prot', '1'],
    ['custom-pipeline', '--target', 'abc'],
    ['kiosk', '--port', 'abc'],
    ['own-backend', '--port', '99999'],
  ],
} as const;
async function runCommandLines(lines: readonly (readonly [string, ...string[]])[]) {
  return Promise.all(lines.map(([name, ...args]) => example(name, ...args).finished));
}

let cart: Awaited<ReturnType<typeof runCart>>;
let kiosk: Awaited<ReturnType<typeof runKiosk>>;
let backend: Awaited<ReturnType<typeof runBackend>>;
let refused: Finished;
let helped: readonly Finished[];
let unusable: readonly Finished[];
// In real time, and mostly waiting: all at once.
beforeAll(async () => {
  [cart, kiosk, backend, refused] = await Promise.all([
    runCart(),
    runKiosk(),
    runBackend(),
    runRefusedCart(),
  ]);
  helped = await runCommandLines(commandLines.help);
  unusable = await runCommandLines(commandLines.unusable);
}, 60_000);

const ended: Finished = { code: 0, stdout: '', stderr: '' };

describe('every example', () => {
  it('says how it is called', () => {
    for (const [n, [name]] of commandLines.help.entries()) {
      expect(helped[n]).toMatchObject({ code: 0, stderr: '' });
      expect(helped[n]?.stdout).toMatch(new RegExp(`^npx tsx examples/${name}/main\\.ts \\[--.*\n$`));
    }
  });

  it('says in one line what cannot be used, and starts nothing', () => {
    expect(unusable.map(({ code, stdout }) => [code, stdout])).toEqual(unusable.map(() => [2, '']));
    const wrong = [/'--prot'/, /target must be .* "abc"/, /--port must be .* abc/, /--port must be .* 99999/];
    for (const [n, what] of wrong.entries()) {
      expect(unusable[n]?.stderr.trim()).toMatch(what);
      expect(unusable[n]?.stderr.trim()).not.toContain('\n');
    }
  });
});

describe('examples/custom-pipeline', () => {
  it('fails, and says why, where it is not answered', () => {
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[UPSTREAM_FORBIDDEN]') });
  });

  it('forgets what is no command, and obeys what is one', () => {
    const lines = [
      'not for us, and forgotten',
      'obeyed: Go forward ten meters.',
      'it: I am a reading lamp, so I have no wheels.',
      '',
    ];
    expect(cart.finished).toEqual({ ...ended, stdout: lines.join('\n') });
    expect(cart.asked).toEqual(['StreamAudio']);
    expect(peakDb(readWav(readFileSync(answer)).samples)).toBeGreaterThan(-20);
  });
});

describe('examples/kiosk', () => {
  it('serves its page, and nothing else', () => {
    expect(kiosk.finished).toMatchObject({ code: 0, stderr: '' });
    expect(kiosk.page).toContain("new EventSource('/events')");
    expect(kiosk.elsewhere).toBe(404);
  });

  it('shows who speaks', () => {
    const states = kiosk.views.map(({ state }) => state).filter((state, n, all) => state !== all[n - 1]);

    expect(states.join(' ')).toMatch(
      /^idle listening awaiting-reply (filling (awaiting-reply )?)?replying (ducking )?listening awaiting-reply (filling (awaiting-reply )?)?replying idle closed$/,
    );
  });

  it('shows what is said while it is said, and both answers', () => {
    const spoken = kiosk.views.flatMap(({ lines: [first] }) => (first ? [first.text] : []));
    const { lines } = kiosk.views.at(-1) as View;

    expect(spoken[0]).toMatch(/^Go( forward)?$/);
    expect(lines.filter(({ by }) => by !== 'filler').map(({ by, text }) => `${by}: ${text}`)).toEqual([
      'you: Go forward ten meters.',
      'it: I am a reading lamp, so I have no wheels.',
      'you: He was not an ill-disposed young man.',
      'it: That is generous of you.',
    ]);
  });

  it('shows what was heard of an answer: growing, whole, or cut off where it was', () => {
    const [cut, whole] = (kiosk.views.at(-1) as View).lines.filter(({ by }) => by === 'it');
    const known = kiosk.views.flatMap(({ lines }) => lines.filter(({ id }) => id === whole?.id));

    expect(cut?.isOver).toBe(true);
    expect(cut?.heard).toBeGreaterThan(0);
    expect(cut?.heard).toBeLessThan(cut?.text.length as number);
    expect(whole?.heard).toBe(whole?.text.length);
    expect(new Set(known.map(({ heard }) => heard)).size).toBeGreaterThan(2);
  });

  it('shows nothing to a site that pretends to be this machine', async () => {
    const screen = await openScreen(0, { state: 'idle', lines: [] });
    open.push(screen);

    const statusCode = await new Promise((resolve, reject) => {
      request(`${screen.url}events`, { headers: { host: 'example.com' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });

    expect(statusCode).toBe(403);
  });
});

describe('examples/own-backend', () => {
  it('gives a whole answer', () => {
    expect(backend.whole).toEqual({
      code: 0,
      outcome: 'complete',
      grpcStatus: null,
      text: hello,
      // 60 ms a letter, without the spaces behind the two sentences.
      audioMs: 60 * (hello.length - 2),
      formats: [{ dtype: 'int16', sampleRateHz: 24_000, channels: 1 }],
    });
  });

  it('stops when it is told to', () => {
    expect(backend.interrupted).toEqual({
      text: 'You said: Hello ',
      said: '1 stopped',
      code: status.CANCELLED,
    });
  });

  it('stops when the device hangs up', () => {
    expect(backend.hungUp).toMatchObject({ text: 'You said: Hello ', code: status.CANCELLED });
    expect(backend.saidOfIt).toBe('hung up; model and voice have stopped');
  });

  it('says what failed: as a status before data, as a message after it', () => {
    expect(backend.secret).toMatchObject({
      code: 5,
      outcome: 'failed',
      grpcStatus: status.INTERNAL,
      text: '',
    });
    expect(backend.half).toMatchObject({
      code: 3,
      outcome: 'truncated',
      text: 'You said: Tell me half of it. ',
    });
  });

  it('refuses who does not say who asks, and ends when it is told to', () => {
    expect(backend.nobody.code).toBe(status.INVALID_ARGUMENT);
    expect(backend.finished).toMatchObject({ code: 0, stderr: '' });
  });
});
