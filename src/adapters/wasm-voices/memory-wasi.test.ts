import { describe, expect, it } from 'vitest';
import { wasiProgram } from '../../../test/support/wasi-program.js';
import { runInMemory } from './memory-wasi.js';
import { webAssembly } from './web-assembly.js';

const run = async (program: Uint8Array, args: readonly string[] = ['program'], mostBytes?: number) =>
  runInMemory(await webAssembly.compile(program), args, mostBytes);

describe('runInMemory', () => {
  it('gives a program its arguments and takes what it says', async () => {
    const { said, exitCode, files } = await run(wasiProgram([{ bytes: 'and more' }]), [
      'flite',
      '-t',
      'héllo, you',
    ]);
    expect(said).toBe('flite\0-t\0héllo, you\0and more');
    expect(exitCode).toBe(0);
    expect(files.size).toBe(0);
  });

  it('keeps what it writes to files, the last of each', async () => {
    const large = new Uint8Array(100_000).map((_, index) => index % 251);
    const { files } = await run(
      wasiProgram([
        { file: 'a.wav', bytes: 'first, and longer' },
        { file: 'b.wav', bytes: large },
        { file: 'a.wav', bytes: 'second' },
      ]),
    );
    expect([...files.keys()]).toEqual(['a.wav', 'b.wav']);
    expect(new TextDecoder().decode(files.get('a.wav'))).toBe('second');
    expect(files.get('b.wav')).toEqual(large);
  });

  it('tells how it ended', async () => {
    expect((await run(wasiProgram([], 7))).exitCode).toBe(7);
  });

  it('bounds what is kept of its words and of its files', async () => {
    const words = 'x'.repeat(30_000);
    expect((await run(wasiProgram([{ bytes: words }, { bytes: words }]))).said.length).toBeLessThan(60_000);
    const writes = [
      { file: 'fits', bytes: new Uint8Array(1000) },
      { file: 'huge', bytes: new Uint8Array(1001) },
    ];
    const { files } = await run(wasiProgram(writes), [], 1000);
    expect([...files.values()].map(({ length }) => length)).toEqual([1000, 0]);
  });
});
