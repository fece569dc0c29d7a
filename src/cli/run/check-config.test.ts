import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { checkConfig } from './check-config.js';
import { readConfigFile } from './config-file.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const unit = '/run/credentials/earshot.service/token';
function check(more: string, json = false) {
  const path = join(folder, 'earshot.yaml');
  writeFileSync(
    path,
    `upstream:
  target: 127.0.0.1:50051
  metadata: { authorization: { file: ${unit} } }
transcriber: { engine: moonshine }
${more}`,
  );
  const printed: string[] = [];
  const said: string[] = [];
  const code = checkConfig(path, readConfigFile(path, {}, 'note'), json, {
    print: (text) => printed.push(text),
    printWords: (text) => printed.push(text),
    endWords: () => {},
    say: (line) => said.push(line.replaceAll(path, 'FILE')),
    isTerminal: false,
    stop$: NEVER,
  });
  return { code, said, printed: printed.join('').replaceAll(path, 'FILE') };
}
const note = `FILE:3:30: note: upstream.metadata.authorization names the file ${unit}, which cannot be read (it does not exist)`;

describe('earshot run --check', () => {
  it('notes a secret that is only where the loop will run, and finds the config usable', () => {
    const { code, said, printed } = check('');
    expect([code, printed]).toEqual([0, 'FILE can be used\n']);
    expect(said).toEqual([expect.stringContaining(note)]);
    expect(JSON.parse(check('', true).printed)).toMatchObject({
      ok: true,
      problems: [],
      notes: [{ line: 3, column: 30, path: 'upstream.metadata.authorization' }],
    });
  });

  it('tells everything else that is wrong', () => {
    const { code, said } = check('bargeIn: 3\n');
    expect(code).toBe(2);
    expect(said).toEqual([
      expect.stringContaining(note),
      expect.stringContaining('FILE:5:1: bargeIn is not known here'),
      'FILE cannot be used: 1 problem',
    ]);
    expect(JSON.parse(check('bargeIn: 3\n', true).printed)).toMatchObject({
      ok: false,
      problems: [{ line: 5 }],
      notes: [{ line: 3 }],
    });
  });

  it('refuses it where it is to run', () => {
    check('');
    expect(readConfigFile(join(folder, 'earshot.yaml'), {}).problems).toMatchObject([{ line: 3 }]);
  });
});
