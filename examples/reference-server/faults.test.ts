import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultInPrompt, faults } from './faults.js';

describe('faults', () => {
  it('are all explained in the README', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const rows = Object.entries(faults).map(([name, what]) => `| \`${name}\` | ${what} |`);

    expect(readme.match(/^\| `.*$/gm)).toEqual(rows);
  });

  it.each([
    ['fault: stalls', 'stalls'],
    [' Fault:never-answers ', 'never-answers'],
    ['fault: boredom', undefined],
    ['it is my fault: stalls', undefined],
    ['stalls', undefined],
    ['fault: toString', undefined],
  ])('%j asks for %s', (prompt, expected) => {
    expect(faultInPrompt(prompt)).toBe(expected);
  });
});
