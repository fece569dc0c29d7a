import { allowedBy, type ConfigSchema, tagOf } from '../../../src/cli/config/config-schema.js';

/** The page of every name that a config may have, written from its schema. */
export function configPage(schema: ConfigSchema): string {
  const groups = Object.entries(schema.properties ?? {}).filter(([name]) => name !== '$schema');
  const required = new Set(schema.required);
  const parts = groups.flatMap(([name, group]) => [
    `## ${name}`,
    '',
    `${group.description ?? ''}${required.has(name) ? ' Required.' : ''}`,
    '',
    ...branchesOf(group).flatMap((branch) => tableOf(branch, name)),
  ]);
  return `${[
    '# The config, name by name',
    '',
    'Written from [the schema](../../assets/earshot.schema.json), and that from the types of the options, by the test of the schema, which fails when one of them',
    'and the code differ. Refresh it with `npx vitest run test/config-schema.test.ts -u`, and read the difference.',
    '[Configure](../guides/configure.md) is the guide. Units are in the names; times are milliseconds.',
    '',
    ...parts,
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** The objects among what may be written. */
function branchesOf(schema: ConfigSchema): readonly ConfigSchema[] {
  const all = schema.anyOf?.flatMap(branchesOf) ?? (schema.items ? branchesOf(schema.items) : [schema]);
  return all.filter(({ properties }) => properties !== undefined);
}

function tableOf(branch: ConfigSchema, where: string): readonly string[] {
  const tag = tagOf(branch);
  const seen = new Map<string, string>();
  const rows = Object.entries(branch.properties ?? {}).flatMap(([name, option]) =>
    rowsOf(option, name, branch.required?.includes(name) ?? false, seen),
  );
  const title = tag
    ? [`### ${where}: ${tag.name} \`${tag.values.join('` or `')}\``, '', branch.description ?? '', '']
    : [];
  return [...title, '| name | allowed | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''];
}

function rowsOf(
  option: ConfigSchema,
  name: string,
  isRequired: boolean,
  seen: Map<string, string>,
): readonly string[] {
  const cell = (words: string): string => words.replaceAll('|', '\\|');
  const branches = branchesOf(option);
  const isGroup = branches.length > 0;
  const count = option.items ? `${name}[]` : name;
  const fallback =
    option.default === undefined ? (isRequired ? 'required' : '') : `\`${JSON.stringify(option.default)}\``;
  const own = `| \`${name}\` | ${cell(isGroup ? groupWords(option) : allowedBy(option))} | ${fallback} | ${cell(option.description ?? '')} |`;
  // The same group a second time is not written out again.
  const shape = JSON.stringify(branches);
  const first = isGroup ? seen.get(shape) : undefined;
  if (first !== undefined) {
    return [`| \`${name}\` | as \`${first}\` | ${fallback} | ${cell(option.description ?? '')} |`];
  }
  if (isGroup) seen.set(shape, name);
  const inside = branches.flatMap((branch) => {
    const tag = branches.length > 1 ? tagOf(branch) : undefined;
    const where = tag ? `${count}(${tag.values.join()})` : count;
    return Object.entries(branch.properties ?? {})
      .filter(([key]) => key !== tag?.name)
      .flatMap(([key, of]) => rowsOf(of, `${where}.${key}`, branch.required?.includes(key) ?? false, seen));
  });
  return [own, ...inside];
}

function groupWords(option: ConfigSchema): string {
  const others = option.anyOf?.filter(({ enum: literals }) => literals).map(allowedBy) ?? [];
  if (option.items)
    return `a list${option.maxItems ? ` of ${option.minItems ?? 0} to ${option.maxItems}` : ''}`;
  return ['a group', ...others].join(', or ');
}
