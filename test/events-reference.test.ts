import { describe, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from './support/project.js';
import { programOf } from './support/typescript-program.js';

const path = 'src/core/pipeline/pipeline-event.ts';

/** Fields of every member of the union, by its `type`, without those that all of them have. */
function membersOfPipelineEvent(): ReadonlyMap<string, readonly string[]> {
  const program = programOf([path]);
  const checker = program.getTypeChecker();
  const source = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(path));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === 'PipelineEvent');
  const union = symbol && checker.getDeclaredTypeOfSymbol(symbol);
  if (!union?.isUnion()) throw new Error('PipelineEvent is not found, or is no union');
  return new Map(
    union.types.map((member) => {
      const type = member.getProperty('type');
      const literal = type && checker.getTypeOfSymbol(type);
      if (!literal?.isStringLiteral()) throw new Error(`no literal type: ${checker.typeToString(member)}`);
      const fields = member.getProperties().map(({ name }) => name);
      return [literal.value, fields.filter((name) => name !== 'type' && name !== 'atMs').sort()] as const;
    }),
  );
}

/** The same, as the page's tables have it. */
function membersOnThePage(): ReadonlyMap<string, readonly string[]> {
  const rows = [
    ...readProjectFile('docs/reference/events.md').matchAll(/^\| `([a-z-]+)` \|([^|]*)\| (.+) \|$/gm),
  ];
  return new Map(
    rows.map(([, type = '', fields = '', meaning = '']) => {
      expect(meaning.trim()).not.toBe('');
      return [type, [...fields.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).sort()] as const;
    }),
  );
}

describe('docs/reference/events.md', () => {
  it('has every pipeline event with all of its fields, and no other', () => {
    const inCode = membersOfPipelineEvent();
    const onPage = membersOnThePage();

    expect([...onPage.keys()].sort()).toEqual([...inCode.keys()].sort());
    for (const [type, fields] of inCode) expect([type, onPage.get(type)]).toEqual([type, fields]);
  });

  it('names every fact that the core can tell', () => {
    const sources = projectFiles('.ts', 'src/core').filter(
      // What the log makes of a fact is not one.
      (file) => !file.endsWith('.test.ts') && !file.startsWith('src/core/log/'),
    );
    const facts = sources.flatMap((file) => [...readProjectFile(file).matchAll(/\bfact: '([a-z-]+)'/g)]);
    const page = readProjectFile('docs/reference/events.md');

    expect(facts.length).toBeGreaterThan(3);
    for (const [, fact] of facts) expect(page).toContain(`\`${fact}\``);
  });
});
