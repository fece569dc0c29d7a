import { describe, expect, it } from 'vitest';
import { errorCodes } from '../src/core/errors.js';
import { sectionsOf } from './support/markdown.js';
import { projectFiles, readProjectFile } from './support/project.js';

const page = readProjectFile('docs/reference/errors.md');
const sections = sectionsOf(page, 3);

describe('docs/reference/errors.md', () => {
  it('explains every code there is and no other, in the order of the code', () => {
    expect(sections.map(({ title }) => title)).toEqual([...errorCodes]);
  });

  it.each(sections)(
    'says of $title its class, whether to retry, when it comes and what to do',
    ({ body }) => {
      const items = body.split(/^- /m).slice(1);
      expect(items).toHaveLength(3);
      expect(items[0]).toMatch(/^Class `(Voice|Option|AudioFormat|Device|Model|Speech|Upstream)Error`/);
      expect(items[0]).toMatch(/\bretryable\b/i);
    },
  );

  it('gives each code the class that the sources give it', () => {
    const sources = projectFiles('.ts', 'src').filter((path) => !path.endsWith('.test.ts'));
    const thrown = sources.flatMap((path) => [
      ...readProjectFile(path).matchAll(/new (\w+Error)\(\s*'([A-Z_]+)'/g),
    ]);
    expect(thrown.length).toBeGreaterThan(20);
    for (const [, className, code] of thrown) {
      const { body = '' } = sections.find(({ title }) => title === code) ?? {};
      expect(`${code}: ${/^- Class `(\w+)`/m.exec(body)?.[1]}`).toBe(`${code}: ${className}`);
    }
  });
});
