import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import type { ConfigProblem } from './config-problem.js';
import { readConfig } from './read-config.js';

const example = readFileSync(new URL('../../../examples/raspberry-pi/earshot.yaml', import.meta.url), 'utf8');
const surroundings = { env: { HOME: '/root' }, readFile: () => 'a-token\n' };

const odd = [
  ...[
    '',
    '[',
    ']',
    '{',
    '}',
    ':',
    '- ',
    '\t',
    '\n',
    '"',
    "'",
    '&a',
    '*a',
    '!x',
    '|',
    '>',
    '#',
    '%',
    '@',
    '`',
    '\\',
    '\r',
  ],
  ...[
    '\u0000',
    '\u2028',
    '\ud800',
    '\u001b[31m',
    '~',
    'null',
    'true',
    '-1',
    '1e999',
    '.inf',
    '.nan',
    '0x1F',
    '99999999999999999999',
  ],
  ...[
    '<<: *a',
    '? ',
    '--- ',
    '...',
    '__proto__: 1',
    'constructor',
    'a: '.repeat(50),
    '['.repeat(500),
    'x'.repeat(3000),
  ],
];

/** One to four things that happen to files: keys slip, lines get lost, moved, doubled or indented, values change. */
function mutate(text: string, random: () => number): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T;
  const inLine = (change: (line: string) => string) => (lines: string[]) => {
    const at = below(lines.length);
    lines[at] = change(lines[at] ?? '');
  };
  const changes: readonly ((lines: string[]) => void)[] = [
    inLine((line) => {
      const at = below(line.length + 1);
      return line.slice(0, at) + pick(odd) + line.slice(at);
    }),
    inLine((line) => {
      const at = below(line.length + 1);
      return line.slice(0, at) + line.slice(at + 1 + below(4));
    }),
    inLine((line) => line.replace(/: .*/, `: ${pick(odd)}`)),
    inLine((line) => line.replace(/-?\d+/, String(Math.round((random() - 0.3) * 10 ** below(9))))),
    inLine((line) => ' '.repeat(below(6)) + line.trimStart()),
    inLine((line) => line.replace(/^( *)# /, '$1')),
    inLine((line) => line.replace(/[a-z]/i, (letter) => (letter === 'e' ? 'a' : 'e'))),
    (lines) => lines.splice(below(lines.length), 1 + below(5)),
    (lines) => lines.splice(below(lines.length), 0, ...lines.slice(below(lines.length), below(lines.length))),
    (lines) => lines.splice(below(lines.length), 0, pick(odd)),
    (lines) => lines.splice(below(lines.length)),
  ];
  const lines = text.split('\n');
  for (let left = 1 + below(4); left > 0; left--) pick(changes)(lines);
  return lines.join('\n');
}

/** What is wrong with a refusal; nothing when it names lines of the file, says something, and nothing that a terminal would obey. */
function faultsOf(text: string, problems: readonly ConfigProblem[]): readonly string[] {
  const lines = text.split(/\r\n?|\n/).length;
  if (problems.length === 0) return ['refused for nothing'];
  return problems.flatMap(({ line, column, message, path }) => [
    ...(line >= 1 && line <= lines + 1 && column >= 1 ? [] : [`${line}:${column} of ${lines} lines`]),
    ...(message === '' ? ['no message'] : []),
    ...(/\p{Cc}/u.test(path + message) ? [`control characters: ${JSON.stringify(path + message)}`] : []),
  ]);
}

describe('a config that something happened to', () => {
  it('is read, or refused with a line of its own: 1,000 of them', () => {
    const random = randomNumbers(20_260_312);
    const faults: string[] = [];
    let read = 0;
    for (let nth = 0; nth < 1000; nth++) {
      const text = mutate(example, random);
      const { config, problems } = readConfig(text, surroundings);
      if (problems) faults.push(...faultsOf(text, problems).map((fault) => `file ${nth}: ${fault}`));
      else if (!/:\d+$/.test(config.upstream.target)) faults.push(`file ${nth}: read without a target`);
      else read += 1;
    }
    expect(faults).toEqual([]);
    // Both happen, so that neither is only promised.
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(700);
  }, 180_000);
});
