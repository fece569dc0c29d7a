import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts the command with an IPC channel, and collects what it says. */
function run(...args: string[]) {
  const child = fork(main, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (bytes: Buffer) => {
      said[stream] += bytes;
    });
  }
  return { child, said, closed: once(child, 'close') as Promise<[number | null, string | null]> };
}

describe('the reference server as a command', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says its port when it is ready, and ends cleanly on %s',
    async (signal) => {
      const { child, said, closed } = run('--port', '0', '--voice', 'prompts');
      const [message] = (await once(child, 'message')) as [{ port: number }];
      while (!said.stdout.includes('\n')) await once(child.stdout as NodeJS.ReadableStream, 'data');

      child.kill(signal);

      expect(await closed).toEqual([0, null]);
      expect(said).toEqual({ stdout: `listening on 127.0.0.1:${message.port}\n`, stderr: '' });
    },
  );

  it('ends cleanly when its parent lets go of it', async () => {
    const { child } = run('--port', '0', '--voice', 'prompts');
    await once(child, 'message');
    // Not 'close', which Node does not emit after a disconnect.
    const exited = once(child, 'exit');

    child.disconnect();

    expect(await exited).toEqual([0, null]);
  });

  it.each([
    [['--port', 'many'], '--port must be a number, but is "many"'],
    [
      ['--port', '99999'],
      '[OPTION_INVALID] reference server: port must be a whole number from 0 to 65535, but is 99999',
    ],
    [['--loud'], "Unknown option '--loud'; see --help"],
    [
      ['--answers', 'nowhere.json'],
      '[OPTION_INVALID] answers: nowhere.json cannot be read as JSON (ENOENT: ',
    ],
  ])('says what is wrong with %j in one line, and ends with 2', async (args, sentence) => {
    const { said, closed } = run(...args);

    expect((await closed)[0]).toBe(2);
    expect(said.stderr.startsWith(sentence)).toBe(true);
    expect(said.stderr.trim().split('\n')).toHaveLength(1);
    expect(said.stdout).toBe('');
  });

  it('explains itself', async () => {
    const { said, closed } = run('--help');

    expect((await closed)[0]).toBe(0);
    expect(said.stdout).toContain('--time-to-first-byte MS');
    expect(said.stdout).toContain('never-answers');
  });
});
