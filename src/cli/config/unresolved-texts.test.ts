import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { problemLine } from './config-problem.js';
import { readConfig } from './read-config.js';
import type { ConfigSurroundings } from './referenced-text.js';
import { serviceInit, withoutMissingTexts } from './service-init.js';

const kiosk = makeCertificate({ commonName: 'kiosk', authority: true });
const files: Readonly<Record<string, string>> = {
  'root.pem': kiosk.pem,
  'kiosk.pem': kiosk.pem,
  empty: '\n',
};
const here: ConfigSurroundings = {
  env: { EMPTY: '' },
  readFile(path) {
    const text = files[path];
    if (text !== undefined) return text;
    throw Object.assign(new Error('no'), { code: path === 'folder' ? 'EISDIR' : 'ENOENT' });
  },
};
const config = (lines: string): string => `upstream:
  target: voice.example.com:443
${lines}
transcriber:
  engine: moonshine
`;
const unit = '/run/credentials/earshot.service/token';
const told = (text: string, unresolved: 'problem' | 'note') => {
  const { problems = [], notes = [] } = readConfig(text, here, { unresolved });
  return {
    problems: problems.map((problem) => problemLine('f', problem)),
    notes: notes.map((note) => problemLine('f', note)),
  };
};

describe('a text that is only where the loop will run', () => {
  const text = config(`  metadata:
    authorization: { file: ${unit}, prefix: 'Bearer ' }
    tenant: { env: TENANT }`);

  it('is a problem for who runs the config', () => {
    expect(told(text, 'problem')).toEqual({
      notes: [],
      problems: [
        `f:4:20: upstream.metadata.authorization names the file ${unit}, which cannot be read (it does not exist)`,
        'f:5:13: upstream.metadata.tenant names the environment variable TENANT, which is not set; set it where the program is started',
      ],
    });
  });

  it('is a note with its line for who only looks at it', () => {
    const { problems, notes } = told(text, 'note');
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      expect.stringContaining(`f:4:20: upstream.metadata.authorization names the file ${unit}`),
      expect.stringContaining('f:5:13: upstream.metadata.tenant names the environment variable TENANT'),
    ]);
  });

  it('does not hide what is wrong with the rest', () => {
    const rest = config(`  insecure: true
  trust: { rootCertificates: { file: there } }
  metadata: { UPPER: { env: TENANT } }`);
    const { problems, notes } = told(rest, 'note');
    expect(notes).toHaveLength(2);
    expect(problems).toEqual([
      expect.stringContaining('f:3:13: upstream.insecure cannot be true together with trust'),
      expect.stringContaining('f:5:'),
    ]);
    const half = config(`  trust: { clientCertificate: { file: kiosk.pem } }`);
    expect(told(half, 'note').problems).toEqual([expect.stringMatching(/^f:3:\d+: upstream\.trust/)]);
  });

  it('is no half of a pair: a certificate whose key is there alone can be used', () => {
    const pair = config(`  trust:
    rootCertificates: { file: root.pem }
    clientCertificate: { file: kiosk.pem }
    clientKey: { file: /run/credentials/earshot.service/key }`);
    expect(told(pair, 'note')).toEqual({
      problems: [],
      notes: [expect.stringContaining('f:6:16: upstream.trust.clientKey')],
    });
    const { config: read } = readConfig(pair, here, { unresolved: 'note' });
    if (!read) throw new Error('it is to be read');
    const { known, missing } = withoutMissingTexts(read.upstream);
    expect(missing).toEqual(['upstream.trust.clientKey']);
    expect(Object.keys(serviceInit(known, 'kiosk').trust ?? {})).toEqual(['rootCertificates']);
    // Nothing can be sent in its place.
    expect(() => read.upstream.trust?.clientKey?.reveal()).toThrow('is not there');
    expect(JSON.stringify(read)).toContain('(from the file /run/credentials/earshot.service/key)');
  });

  it.each([
    ['an empty variable', '{ env: EMPTY }', 'which is empty'],
    ['an empty file', '{ file: empty }', 'which is empty'],
    ['a folder', '{ file: folder }', 'it is a folder'],
  ])('is not %s, which is wrong everywhere', (_, value, expected) => {
    const { problems, notes } = told(config(`  metadata: { authorization: ${value} }`), 'note');
    expect(notes).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });
});
