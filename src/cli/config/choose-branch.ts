import { type ConfigSchema, tagOf } from './config-schema.js';
import type { ConfigNode } from './parse-yaml.js';

/**
 * The one of several schemas that a value was probably written for, so that its problems are told and not those of all.
 *
 * @returns undefined when none fits its kind.
 */
export function chooseBranch(branches: readonly ConfigSchema[], node: ConfigNode): ConfigSchema | undefined {
  const fitting = branches.filter((branch) => fits(branch, node));
  if (fitting.length < 2 || node.kind !== 'map') return fitting[0];
  const tagged = fitting.filter((branch) => {
    const tag = tagOf(branch);
    const value = tag && node.entries.get(tag.name)?.value;
    if (!tag || (value === undefined && !tag.isRequired)) return value === undefined;
    return value?.kind === 'scalar' && tag.values.includes(String(value.value));
  });
  if (tagged.length > 0) return tagged[0];
  // None has this tag: one schema that says which there are.
  return unionOfTags(fitting);
}

/** Names alone, so that nothing but the tag is told: which other names are right depends on it. */
function unionOfTags(branches: readonly ConfigSchema[]): ConfigSchema {
  const tags = branches.flatMap((branch) => tagOf(branch) ?? []);
  const [first] = tags;
  if (!first) return branches[0] ?? {};
  return {
    type: 'object',
    properties: { [first.name]: { enum: tags.flatMap(({ values }) => values) } },
    required: [first.name],
    additionalProperties: {},
  };
}

function fits(schema: ConfigSchema, node: ConfigNode): boolean {
  if (schema.anyOf) return schema.anyOf.some((branch) => fits(branch, node));
  if (schema.$ref !== undefined) return node.kind === 'map';
  if (node.kind === 'map') return schema.type === 'object';
  if (node.kind === 'list') return schema.type === 'array';
  const { value } = node;
  if (schema.enum) return schema.enum.includes(value as string);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof value === 'number';
    case 'object':
      return value === null && node.source === '';
    case 'array':
    case undefined:
      return false;
    default:
      return schema.type === (value === null ? 'null' : typeof value);
  }
}
