import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAskCommandLine } from './ask-command-line.js';
import { explain } from './command-error.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-flags-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `PEM ${name}`);
  return path;
};

const minimal = ['hello', '--target', 'a:1'];

function sentence(args: readonly string[]): string | undefined {
  try {
    readAskCommandLine(args);
    return undefined;
  } catch (error) {
    const told = explain(error);
    expect(told?.exitCode).toBe(2);
    return told?.sentence;
  }
}

describe('the command line of earshot ask', () => {
  it('needs a prompt and a backend, and leaves the rest to the library', () => {
    expect(readAskCommandLine(minimal)).toEqual({
      prompt: 'hello',
      service: { target: 'a:1', insecure: false, trust: {}, metadata: {} },
      hardwareId: undefined,
      interruptAfterMs: undefined,
      cancelAfterMs: undefined,
      wav: undefined,
      raw: undefined,
      json: false,
      log: false,
    });
  });

  it('sets everything there is to set', () => {
    const root = ['--root-cert', file('root'), '--client-cert', file('cert'), '--client-key', file('key')];
    expect(
      readAskCommandLine([
        ...[
          '--target=[::1]:443',
          '--insecure',
          '--fingerprint',
          'AB',
          '--server-name',
          'voice.test',
          ...root,
        ],
        ...['--hardware-id', 'kiosk', '--interrupt-after-ms', '100', '--cancel-after-ms', '0'],
        ...['--first-message-ms', '1', '--inactivity-ms', '2', '--deadline-ms', '3', '--no-retry'],
        ...['--metadata', 'a=1=2', '--metadata', 'b=', '--wav', 'a.wav', '--raw', 'a.raw', '--json', '--log'],
        ...['--', '-5 degrees'],
      ]),
    ).toEqual({
      prompt: '-5 degrees',
      service: {
        target: '[::1]:443',
        insecure: true,
        trust: {
          rootCertificates: 'PEM root',
          fingerprint: 'AB',
          serverName: 'voice.test',
          clientCertificate: 'PEM cert',
          clientKey: 'PEM key',
        },
        metadata: { a: '1=2', b: '' },
        firstMessageMs: 1,
        betweenMessagesMs: 2,
        deadlineMs: 3,
        maxRetries: 0,
      },
      hardwareId: 'kiosk',
      interruptAfterMs: 100,
      cancelAfterMs: 0,
      wav: 'a.wav',
      raw: 'a.raw',
      json: true,
      log: true,
    });
  });

  it.each([
    [['hello'], '--target is missing; give the service as --target HOST:PORT'],
    [['--target', 'a:1'], 'the prompt is missing; give what to ask in quotes, such as "What time is it?"'],
    [
      ['  ', '--target', 'a:1'],
      'the prompt is missing; give what to ask in quotes, such as "What time is it?"',
    ],
    [['what', 'time', '--target', 'a:1'], '2 prompts were given; put one prompt in quotes'],
    [[...minimal, '--loud'], "Unknown option '--loud'; see --help"],
    [[...minimal, '--wav'], "Option '--wav <value>' argument missing; see --help"],
    [[...minimal, '--wav', '--json'], "Option '--wav' argument is ambiguous; see --help"],
    [[...minimal, '--wav='], '--wav must be the path of a file, but is empty'],
    [[...minimal, '--deadline-ms', 'soon'], '--deadline-ms must be a number of milliseconds, but is "soon"'],
    [[...minimal, '--inactivity-ms='], '--inactivity-ms must be a number of milliseconds, but is ""'],
    [
      [...minimal, '--cancel-after-ms', '-1'],
      '--cancel-after-ms must be a number from 0 to 3600000 ms, but is -1',
    ],
    [
      [...minimal, '--interrupt-after-ms', '1e9'],
      '--interrupt-after-ms must be a number from 0 to 3600000 ms, but is 1000000000',
    ],
    [
      [...minimal, '--metadata', 'authorization: secret'],
      '--metadata must be K=V, but has no = after authorization',
    ],
    [
      [...minimal, '--root-cert', 'no.pem'],
      '--root-cert no.pem cannot be read: it, or its folder, does not exist',
    ],
    [[...minimal, '--client-key', '.'], '--client-key . cannot be read: it is a folder'],
  ])('says what is wrong with %j', (args, expected) => {
    expect(sentence(args)).toBe(expected);
  });
});
