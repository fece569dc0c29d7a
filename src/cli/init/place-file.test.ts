import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectPlace, placeFile } from './place-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'place-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');

describe('a file that is placed', () => {
  it('is there whole, for everybody to read, and leaves nothing else behind', async () => {
    const mask = process.umask(0o077);
    try {
      expect(await inspectPlace(at('a.yaml'))).toBe('free');
      expect(await placeFile(at('a.yaml'), 'new', false)).toBeUndefined();
    } finally {
      process.umask(mask);
    }

    expect(read('a.yaml')).toBe('new');
    expect(statSync(at('a.yaml')).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['a.yaml']);
  });

  it('takes no place that was taken meanwhile', async () => {
    writeFileSync(at('a.yaml'), 'of somebody else');

    expect(await inspectPlace(at('a.yaml'))).toBe('taken');
    await expect(placeFile(at('a.yaml'), 'new', false)).rejects.toThrow('made by somebody else meanwhile');
    expect(read('a.yaml')).toBe('of somebody else');
    expect(readdirSync(folder)).toEqual(['a.yaml']);
  });

  it('keeps the old one when it takes its place, however often', async () => {
    writeFileSync(at('a.yaml'), 'first');
    for (const [text, old] of [
      ['second', 'first'],
      ['third', 'second'],
    ] as const) {
      expect(await placeFile(at('a.yaml'), text, true)).toBe(at('a.yaml.bak'));
      expect([read('a.yaml'), read('a.yaml.bak')]).toEqual([text, old]);
    }
    expect(readdirSync(folder)).toEqual(['a.yaml', 'a.yaml.bak']);
    rmSync(at('a.yaml'));
    expect(await placeFile(at('a.yaml'), 'fourth', true)).toBeUndefined();
    expect(read('a.yaml')).toBe('fourth');
  });

  it('is what a link leads to', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real/b.yaml'), 'first');
    symlinkSync(at('real/b.yaml'), at('a.yaml'));

    expect(await placeFile(at('a.yaml'), 'second', true)).toBe(at('real/b.yaml.bak'));
    expect([read('real/b.yaml'), read('real/b.yaml.bak')]).toEqual(['second', 'first']);
    expect(lstatSync(at('a.yaml')).isSymbolicLink()).toBe(true);
  });

  it('is refused beforehand where it cannot be', async () => {
    mkdirSync(at('folder'));
    await expect(inspectPlace(at('folder'))).rejects.toThrow('it is a folder');
    await expect(inspectPlace(at('none/a.yaml'))).rejects.toThrow('it, or its folder, does not exist');
    await expect(inspectPlace('/dev/null')).rejects.toThrow('it is no regular file');
    await expect(placeFile(at('none/a.yaml'), 'new', true)).rejects.toThrow('does not exist');
    if (process.getuid?.() === 0) return;
    chmodSync(at('folder'), 0o500);
    await expect(inspectPlace(at('folder/a.yaml'))).rejects.toThrow('this account may not');
  });
});
