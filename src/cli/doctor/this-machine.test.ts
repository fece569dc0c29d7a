import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listen } from '../../../test/support/listener.js';
import { thisMachine } from './this-machine.js';

const root = mkdtempSync(join(tmpdir(), 'earshot-this-machine-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const machine = thisMachine(root);
const never = new AbortController().signal;

describe('this machine', () => {
  it('has its files below its root, as much of them as a file of the kernel has', async () => {
    mkdirSync(join(root, 'sys'));
    writeFileSync(join(root, 'sys/model'), 'a board\0');
    writeFileSync(join(root, 'sys/long'), 'x'.repeat(200_000));
    expect(await machine.readText('/sys/model')).toBe('a board\0');
    expect((await machine.readText('/sys/long'))?.length).toBe(65_536);
    expect(await machine.readText('/sys')).toBeNull();
    expect(await machine.readText('/sys/gone')).toBeNull();
    expect((await machine.list('/sys')).toSorted()).toEqual(['long', 'model']);
    expect(await machine.list('/gone')).toEqual([]);
  });

  it('runs programs, and tells how they ended', async () => {
    const { run } = machine;
    const node = process.execPath;
    expect(await run(node, ['-e', 'console.log(process.env.LC_ALL)'], never)).toEqual({
      type: 'exited',
      code: 0,
      output: 'C\n',
    });
    expect(await run(node, ['-e', 'process.exit(3)'], never)).toMatchObject({ type: 'exited', code: 3 });
    expect(await run('/not/there', [], never)).toEqual({ type: 'missing' });
    const stop = new AbortController();
    const hanging = run(node, ['-e', 'setInterval(() => {}, 1000)'], stop.signal);
    stop.abort();
    expect(await hanging).toMatchObject({ type: 'failed' });
    expect(await run(node, ['-e', ''], stop.signal)).toMatchObject({ type: 'failed' });
  });

  it('finds programs by their name or their path, and only what can be run', async () => {
    const program = join(root, 'tell-operator');
    writeFileSync(program, '');
    expect(await machine.findProgram(program)).toBeNull();
    chmodSync(program, 0o755);
    expect(await machine.findProgram(program)).toBe(program);
    expect(await machine.findProgram(root)).toBeNull();
    expect(await machine.findProgram('sh')).toMatch(/\/sh$/);
    expect(await machine.findProgram('no-such-program')).toBeNull();
  });

  it('finds packages also where they hide their package.json', async () => {
    expect(await machine.findPackage('rxjs')).toMatch(/^7\./);
    expect(await machine.findPackage('kokoro-js')).toMatch(/^1\./);
    expect(await machine.findPackage('no-such-package')).toBeNull();
  });

  it('asks a hub for no more than whether it would answer, and says why it did not', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.method);
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end();
    });
    const { target, close } = await listen(server);
    expect(await machine.askHub(`http://${target}/owner/model`, never)).toEqual({ status: 302 });
    expect(asked).toEqual(['HEAD']);
    await close();
    expect(await machine.askHub(`http://${target}/`, never)).toEqual({ why: 'ECONNREFUSED' });
    const stopped = AbortSignal.abort();
    expect(await machine.askHub(`http://${target}/`, stopped)).toMatchObject({ why: expect.any(String) });
  });

  it('tells the space of a folder that is not made yet by that of its nearest parent', async () => {
    const [there, notYet] = await Promise.all([root, join(root, 'a/b/c')].map(machine.diskSpace));
    expect(there?.freeBytes).toBeGreaterThan(0);
    expect(notYet?.totalBytes).toBe(there?.totalBytes);
    expect(notYet?.isWritable).toBe(true);
  });
});
