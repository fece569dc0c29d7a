import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../examples/reference-server/reference-server.js';
import { readWav } from '../src/index.js';
import { makeCertificate } from './support/certificates.js';
import { readProjectFile } from './support/project.js';
import { earshotCommand, killCommands, start, startEarshot } from './support/run-command.js';
import { type StreamBehaviour, type StreamServer, startStreamServer } from './support/stream-server.js';

/** What a server notices it may notice after the command has ended. */
const soon = { timeout: 5000 };

const folder = mkdtempSync(join(tmpdir(), 'earshot-ask-'));
const at = (name: string): string => join(folder, name);

let reference: ReferenceServer;
let backend: string;
const servers: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  reference = await startReferenceServer({ voice: 'prompts', timeToFirstByteMs: 0, deliveryRate: 1000 });
  backend = `127.0.0.1:${reference.port}`;
});
afterEach(async () => {
  killCommands();
  for (const server of servers.splice(0)) await server.close();
});
afterAll(async () => {
  await reference.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(behaviour: StreamBehaviour): Promise<StreamServer> {
  const server = await startStreamServer(behaviour);
  servers.push(server);
  return server;
}

let devices = 0;

/** Runs `earshot ask` to its end, each time as another device, since one that interrupts is blocked; nothing of what it says may look like a stack. */
async function ask(prompt: string, ...flags: readonly string[]) {
  const args = ['ask', prompt, '--hardware-id', `kiosk-${devices++}`, ...flags];
  const finished = await startEarshot(flags.includes('--target') ? args : [...args, '--target', backend])
    .finished;
  expect(finished.stderr).not.toMatch(/^\s+at /m);
  return finished;
}

const sentences = (stderr: string): readonly string[] => stderr.split('\n').filter((line) => line !== '');

const audio = (audioData: Uint8Array, dtype = 'int16', sampleRate = 48_000, channels = 1) =>
  ({ content: { case: 'audioChunk', value: { audioData, dtype, sampleRate, channels } } }) as const;
const text = (value: string) => ({ content: { case: 'textChunk', value } }) as const;
const end = { content: { case: 'endMessage', value: 'done' } } as const;

describe('earshot ask', () => {
  it.each([
    [
      'a complete answer',
      'Hello',
      0,
      { outcome: 'complete', code: null, grpcStatus: null, retryable: false },
    ],
    ['a truncated answer', 'scenario: ends-after-data', 3, { outcome: 'truncated' }],
    ['an error after data', 'scenario: error-message-after-data', 3, { outcome: 'truncated' }],
    [
      'a connection lost after data',
      'fault: drops-connection',
      3,
      { outcome: 'truncated', code: 'UPSTREAM_UNREACHABLE' },
    ],
    [
      'an empty answer',
      'fault: empty-answer',
      3,
      { outcome: 'empty', code: 'UPSTREAM_NO_RESPONSE', text: '', audioBytes: 0 },
    ],
    [
      'a refusal',
      'fault: refuses',
      4,
      { outcome: 'refused', code: 'UPSTREAM_FORBIDDEN', grpcStatus: 7, retryable: false },
    ],
    [
      'a block after an interrupt',
      'scenario: blocked',
      4,
      { outcome: 'blocked', code: 'UPSTREAM_ABORTED', retryable: true },
    ],
    [
      'a failure',
      'fault: fails',
      5,
      { outcome: 'failed', code: 'UPSTREAM_FAULT', grpcStatus: 13, retryable: true },
    ],
    [
      'a connection lost before data',
      'fault: drops-before-data',
      5,
      { outcome: 'failed', code: 'UPSTREAM_UNREACHABLE', grpcStatus: 14 },
    ],
  ])('ends with a code of its own for %s', async (_, prompt, code, expected) => {
    const finished = await ask(prompt, '--json', '--no-retry');

    const report: Record<string, unknown> = JSON.parse(finished.stdout);
    expect(report).toMatchObject({ ...expected, attempts: 1 });
    expect(report['sessionIds']).toHaveLength(1);
    expect(finished.code).toBe(code);
    expect(finished.stdout.split('\n')).toHaveLength(2);
    expect(sentences(finished.stderr)).toHaveLength(code === 0 ? 0 : 1);
  });

  it('prints the text as it comes, and the rest on stderr', async () => {
    const server = await serve((call) => {
      call.write(text('It is '));
      // The rest only when the beginning was read: text that is kept back would never end this.
      child.stdout.once('data', () => {
        call.write(text('noon.'));
        call.write({
          content: { case: 'actionMessage', value: { actionJson: '{"command":"chime","args":{}}' } },
        });
        call.write(end);
        call.end();
      });
    });
    const { child, finished } = startEarshot(['ask', 'What time is it?', '--target', server.target]);

    expect(await finished).toMatchObject({ code: 0, stdout: 'It is noon.\n' });
    expect((await finished).stderr).toMatch(
      /^action: chime \{\}\ncomplete after \d+\.\d\d s, first text after /,
    );
    expect(server.requests[0]).toMatchObject({ prompt: 'What time is it?' });
    // Derived from this machine, or a random one where it has no id.
    expect(server.requests[0]?.hardwareId).toMatch(/^[0-9a-f-]{32,36}$/);
  });

  it('derives the same hardware id each time where the machine has an id', async () => {
    const server = await serve((call) => {
      call.write(end);
      call.end();
    });
    const notes: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { finished } = startEarshot(['ask', 'x', '--target', server.target, '--no-retry']);
      notes.push((await finished).stderr);
    }
    const [first, second] = server.requests.map(({ hardwareId }) => hardwareId);
    const isRandom = notes.every((note) => note.includes('a random one is used'));

    expect(first === second).toBe(!isRandom);
  });

  it('writes the audio as it was received, and as a WAV file at its rate', async () => {
    // Cut inside samples, as pipes cut them.
    const sent = Uint8Array.from({ length: 9601 * 2 }, (_, i) => (i * 7919) % 251);
    const server = await serve((call) => {
      for (let from = 0; from < sent.length; from += 4095)
        call.write(audio(sent.slice(from, from + 4095), 'short', 24_000));
      call.write(end);
      call.end();
    });
    const { code, stdout } = await ask(
      'x',
      '--target',
      server.target,
      '--json',
      '--wav',
      at('a.wav'),
      '--raw',
      at('a.raw'),
    );

    expect(code).toBe(0);
    expect(Buffer.compare(readFileSync(at('a.raw')), sent)).toBe(0);
    const wav = readWav(readFileSync(at('a.wav')));
    expect(wav).toMatchObject({
      format: { sampleRateHz: 24_000, channels: 1 },
      encoding: 's16',
      warnings: [],
    });
    expect(wav.samples).toHaveLength(9601);
    expect(readFileSync(at('a.wav')).subarray(44)).toEqual(Buffer.from(sent));
    expect(JSON.parse(stdout)).toMatchObject({
      audioBytes: sent.length,
      audioMs: 400.042,
      formats: [{ dtype: 'short', sampleRateHz: 24_000, channels: 1 }],
    });
  });

  it('converts audio that changes in mid-stream for the WAV file, and says so', async () => {
    const { code, stderr } = await ask(
      'scenario: format-changes',
      '--wav',
      at('changes.wav'),
      '--raw',
      at('changes.raw'),
    );

    expect(code).toBe(0);
    expect(stderr).toContain(`in ${at('changes.wav')} it was converted to 48000 Hz mono`);
    const { format, samples } = readWav(readFileSync(at('changes.wav')));
    expect(format).toEqual({ sampleRateHz: 48_000, channels: 1 });
    expect(samples.length / 48).toBe(400);
  });

  it('leaves no WAV file behind when no audio came', async () => {
    const { code, stderr } = await ask('scenario: text-only', '--wav', at('none.wav'));

    expect(code).toBe(0);
    expect(stderr).toContain(`no audio came, so ${at('none.wav')} was not written`);
    expect(existsSync(at('none.wav'))).toBe(false);
  });

  it('takes a long answer as fast as it comes, not as fast as it would be heard', async () => {
    // As fast as it would be heard, this would take longer than any test may.
    const { code, stdout } = await ask('scenario: ten-minutes-at-once', '--json', '--raw', at('long.raw'));

    expect(code).toBe(0);
    const { audioMs, audioBytes } = JSON.parse(stdout);
    expect(audioMs).toBe(600_000);
    expect(readFileSync(at('long.raw'))).toHaveLength(audioBytes);
  });

  it('asks again with a session id of its own, and tells of it', async () => {
    const server = await serve((call, nth) => {
      if (nth === 0) {
        call.emit('error', { code: 14, details: 'restarting' });
        return;
      }
      call.write(text('Back.'));
      call.write(end);
      call.end();
    });
    const { code, stderr } = await ask('x', '--target', server.target);

    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^attempt 1 failed \(UPSTREAM_UNREACHABLE, restarting\); asking again in [01]\.\d\d s$/m,
    );
    expect(new Set(server.requests.map(({ sessionId }) => sessionId)).size).toBe(2);
  });

  it('cancels when told to: the service notices, and that is no failure', async () => {
    const server = await serve((call) => call.write(text('One moment')));
    const { code, stdout, stderr } = await ask(
      'x',
      '--target',
      server.target,
      '--cancel-after-ms',
      '300',
      '--json',
    );

    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'cancelled',
      code: null,
      text: 'One moment',
      attempts: 1,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect.poll(server.cancelledCalls, soon).toBe(1);
  });

  it('interrupts when told to, and shows what that does', async () => {
    const { code, stdout } = await ask('scenario: ten-minutes', '--interrupt-after-ms', '200', '--json');

    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'truncated', attempts: 1 });
    expect(code).toBe(3);
  });

  it.each([
    [['--first-message-ms', '200'], 'fault: never-answers', 5, '--first-message-ms'],
    [['--inactivity-ms', '200'], 'fault: stalls', 3, '--inactivity-ms'],
    [['--deadline-ms', '200'], 'fault: never-answers', 5, '--deadline-ms'],
  ])('is as patient as %j say, and says what to raise', async (flags, prompt, code, named) => {
    const finished = await ask(prompt, '--json', ...flags);

    expect(finished.code).toBe(code);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      retryable: true,
      attempts: 1,
    });
    expect(finished.stderr).toContain(`raise ${named}`);
  });

  it('sends metadata, and writes log lines without it', async () => {
    const seen: unknown[] = [];
    const server = await serve((call) => {
      seen.push(call.metadata.get('authorization')[0], call.metadata.get('x-tenant')[0]);
      call.write(text('Private words.'));
      call.emit('error', { code: 13, details: 'no such tenant: north wing' });
    });
    const flags = [
      '--metadata',
      'authorization=Bearer abc.def',
      '--metadata',
      'x-tenant=north wing',
      '--log',
    ];
    const { code, stderr } = await ask('A private question', '--target', server.target, ...flags);

    expect(code).toBe(3);
    expect(seen).toEqual(['Bearer abc.def', 'north wing']);
    const lines = sentences(stderr).filter((line) => line.startsWith('ts='));
    expect(lines.at(-1)).toMatch(
      /^ts=\S+ level=WARN scope=grpc method=StreamAudio decision=done ctx=\{.*"message":"no such tenant: \*\*\*"\}$/,
    );
    expect(lines.join('\n')).not.toMatch(/abc\.def|north wing|[Pp]rivate/);
  });
});

describe('whoever runs earshot ask', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'stops it with %s: the call is cancelled, files are whole, the code is %i',
    async (signal, code) => {
      const server = await serve((call) => {
        call.write(text('One moment'));
        call.write(audio(new Uint8Array(960)));
      });
      const flags = ['--target', server.target, '--json', '--wav', at(`${signal}.wav`), '--log'];
      const { child, finished } = startEarshot(['ask', 'x', ...flags]);
      // Logged when the audio has come.
      const audioCame = new Promise<void>((resolve) => {
        child.stderr.on('data', (said: string) => said.includes('decision=first-audio') && resolve());
      });
      await audioCame;

      child.kill(signal);

      const { code: exitCode, stdout, stderr } = await finished;
      expect(exitCode).toBe(code);
      expect(JSON.parse(stdout)).toMatchObject({ outcome: 'cancelled', text: 'One moment' });
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(readWav(readFileSync(at(`${signal}.wav`))).samples).toHaveLength(480);
      await expect.poll(server.cancelledCalls, soon).toBe(1);
    },
  );

  it('may read the beginning only: no error, and the service is not kept busy', async () => {
    const server = await serve((call) => {
      const words = setInterval(() => call.write(text('words, ')), 20);
      call.on('cancelled', () => clearInterval(words));
    });
    const [program, ...args] = [...earshotCommand, 'ask', 'x', '--target', server.target];
    const script = '{ "$@"; echo "code $?" >&2; } | head -c 10';
    const { code, stdout, stderr } = await start('sh', ['-c', script, 'sh', program, ...args]).finished;

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'words, wor' });
    expect(stderr).toMatch(/^cancelled after .*\ncode 0\n$/);
    await expect.poll(server.cancelledCalls, soon).toBe(1);
  });

  it('may read the beginning only, and still gets the file', async () => {
    const script = '{ "$@"; echo "code $?" >&2; } | head -c 1';
    const args = ['ask', 'Hello', '--target', backend, '--wav', at('headless.wav')];
    const { stderr } = await start('sh', ['-c', script, 'sh', ...earshotCommand, ...args]).finished;

    expect(stderr).toContain('code 0\n');
    expect(readWav(readFileSync(at('headless.wav'))).samples.length).toBeGreaterThan(48_000);
  });
});

describe('what cannot be used', () => {
  it.each([
    [['ask', 'x'], '--target is missing; give the service as --target HOST:PORT'],
    [
      ['ask', 'x', '--target', 'a'],
      '[OPTION_INVALID] --target must be host:port with a port from 1 to 65535, such as 127.0.0.1:50051, but is "a"',
    ],
    [
      ['ask', 'x', '--target', 'a:1', '--hardware-id', 'unknown'],
      '[OPTION_INVALID] --hardware-id must be a non-empty string that names this device, and not "unknown", but is "unknown"',
    ],
    [
      ['ask', 'x', '--target', 'a:1', '--deadline-ms', '-5'],
      '[OPTION_INVALID] --deadline-ms must be a whole number from 100 to 3600000 ms, but is -5',
    ],
    [['ask', 'x', '--target', 'a:1', '--loud'], 'there is no option --loud; earshot ask --help lists them'],
    [
      ['ask', 'x', '--target', 'a:1', '--wav', 'nowhere/a.wav'],
      '--wav nowhere/a.wav cannot be written: it, or its folder, does not exist',
    ],
    [['fetch-certificate'], 'one HOST:PORT must be given, but there are 0'],
  ])('is one sentence and the code 2: %j', async (args, sentence) => {
    const withId =
      args.includes('ask') && !args.includes('--hardware-id') ? [...args, '--hardware-id', 'k'] : args;
    expect(await startEarshot(withId).finished).toEqual({
      code: 2,
      stdout: '',
      stderr: `earshot ${args[0]}: ${sentence}\n`,
    });
  });
});

describe('earshot', () => {
  it.runIf(existsSync('/dev/full'))('says so when what it prints cannot be written', async () => {
    const script = '"$@" --help > /dev/full';
    const { code, stderr } = await start('sh', ['-c', script, 'sh', ...earshotCommand]).finished;

    expect({ code, stderr }).toEqual({ code: 2, stderr: 'earshot: stdout cannot be written to: ENOSPC\n' });
  });

  it.each([
    [['--help'], 'fetch-certificate HOST:PORT'],
    [['ask', '--help'], '--interrupt-after-ms N'],
    [['fetch-certificate', '--help'], '--timeout-ms N'],
  ])('explains itself: %j', async (args, contained) => {
    const { code, stdout, stderr } = await startEarshot(args).finished;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(contained);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readProjectFile('package.json'));
    expect(await startEarshot(['--version']).finished).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });
});

describe('a service with TLS', () => {
  const own = makeCertificate({ commonName: 'kiosk backend', names: ['127.0.0.1'] });
  const other = makeCertificate({ commonName: 'another', names: ['127.0.0.1'] });
  const pem = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };

  async function secured(clientCa?: string): Promise<string> {
    const tls = { certificate: own.pem, key: own.keyPem, ...(clientCa !== undefined && { clientCa }) };
    const server = await startReferenceServer({
      voice: 'prompts',
      timeToFirstByteMs: 0,
      deliveryRate: 1000,
      tls,
    });
    servers.push(server);
    return `127.0.0.1:${server.port}`;
  }

  it('is asked with its certificate as root, and with its fingerprint', async () => {
    const target = await secured();
    const root = ['--root-cert', pem('own.pem', own.pem)];

    const trusted = await ask('Hello', '--target', target, ...root);
    expect(trusted.code).toBe(0);
    expect(sentences(trusted.stderr)).toHaveLength(1);
    expect((await ask('Hello', '--target', target, ...root, '--fingerprint', own.fingerprint)).code).toBe(0);
    const wrong = await ask(
      'Hello',
      '--target',
      target,
      ...root,
      '--fingerprint',
      other.fingerprint,
      '--no-retry',
      '--json',
    );
    expect(wrong.code).toBe(5);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      outcome: 'failed',
      code: 'UPSTREAM_TLS_WRONG_PIN',
      retryable: false,
    });
    expect(wrong.stderr).toContain('and --fingerprint pins');
    expect(sentences(wrong.stderr)).toHaveLength(1);
  });

  it('is shown a certificate of ours', async () => {
    const authority = makeCertificate({ commonName: 'authority', authority: true });
    const client = makeCertificate({ commonName: 'kiosk', issuer: authority });
    const target = await secured(authority.pem);
    const root = ['--root-cert', pem('own.pem', own.pem)];
    const cert = [
      '--client-cert',
      pem('client.pem', client.pem),
      '--client-key',
      pem('client.key', client.keyPem),
    ];

    expect((await ask('Hello', '--target', target, ...root, ...cert)).code).toBe(0);
    const without = await ask('Hello', '--target', target, ...root, '--no-retry');
    expect(without.code).toBe(5);
    expect(without.stderr).toContain('--client-cert');
  });

  it('has its certificate fetched only when somebody says so', async () => {
    const target = await secured();
    const fetch = (input: string | undefined, ...flags: string[]) =>
      startEarshot(['fetch-certificate', target, '--out', at('fetched.pem'), ...flags], input).finished;

    const refused = await fetch('n\n');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(own.fingerprint);
    expect(refused.stderr).toContain('[y/N]');
    expect(existsSync(at('fetched.pem'))).toBe(false);

    const nobody = await fetch(undefined);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain('there is nobody to ask');

    const another = await fetch(undefined, '--fingerprint', other.fingerprint);
    expect(another.code).toBe(1);
    expect(existsSync(at('fetched.pem'))).toBe(false);

    const told = await fetch(undefined, '--json');
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(JSON.parse(told.stdout)).toMatchObject({
      ...{ target, written: false, file: null, selfSigned: true },
      fingerprint256: own.fingerprint,
    });
    expect(existsSync(at('fetched.pem'))).toBe(false);

    expect((await fetch('y\n')).code).toBe(0);
    expect(readFileSync(at('fetched.pem'), 'utf8').trim()).toBe(own.pem.trim());
    rmSync(at('fetched.pem'));
    const agreed = await fetch(undefined, '--yes');
    expect(agreed.code).toBe(0);
    expect(agreed.stdout).toContain('give it as --root-cert');
    expect((await ask('Hello', '--target', target, '--root-cert', at('fetched.pem'))).code).toBe(0);
  });

  it('is none where plain text is spoken: one sentence, and the code 5', async () => {
    const { code, stderr } = await startEarshot([
      'fetch-certificate',
      backend,
      '--yes',
      '--out',
      at('none.pem'),
    ]).finished;

    expect(code).toBe(5);
    expect(sentences(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^earshot fetch-certificate: \[UPSTREAM_TLS_UNEXPECTED\]/);
  });
});
