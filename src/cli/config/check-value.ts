import { chooseBranch } from './choose-branch.js';
import { type ConfigCheck, type ConfigPath, tell } from './config-check.js';
import { allowedBy, type ConfigSchema, referencedTextRef } from './config-schema.js';
import { looksSecret } from './looks-secret.js';
import { nearestName } from './nearest-name.js';
import type { ConfigNode } from './parse-yaml.js';
import { lookUpText, missingText, type TextReference } from './referenced-text.js';
import { refuse, refuseName, refuseSecret } from './refusals.js';

/** One value against what the schema allows there; problems are collected. @returns the value, of use when there were none. */
export function checkValue(
  check: ConfigCheck,
  schema: ConfigSchema,
  node: ConfigNode,
  path: ConfigPath,
): unknown {
  if (schema.$ref === referencedTextRef) return checkReference(check, node, path);
  if (schema.anyOf) {
    const branch = chooseBranch(schema.anyOf, node);
    return branch ? checkValue(check, branch, node, path) : refuse(check, schema, node, path);
  }
  if (schema.type === undefined && !schema.enum) return passOver(check, node, path);
  switch (node.kind) {
    case 'map':
      return schema.type === 'object'
        ? checkMap(check, schema, node, path)
        : refuse(check, schema, node, path);
    case 'list':
      return schema.type === 'array'
        ? checkList(check, schema, node, path)
        : refuse(check, schema, node, path);
    case 'scalar':
      return checkScalar(check, schema, node, path);
  }
}

type NodeOf<Kind extends ConfigNode['kind']> = Extract<ConfigNode, { readonly kind: Kind }>;

function checkScalar(
  check: ConfigCheck,
  schema: ConfigSchema,
  node: NodeOf<'scalar'>,
  path: ConfigPath,
): unknown {
  const { value } = node;
  if (typeof value === 'string' && looksSecret(value)) return refuseSecret(check, node, path);
  if (schema.enum) return schema.enum.includes(value as string) ? value : refuse(check, schema, node, path);
  const { minimum = -Infinity, maximum = Infinity } = schema;
  switch (schema.type) {
    case 'integer':
    case 'number': {
      const isNumber = typeof value === 'number' && (schema.type === 'number' || Number.isInteger(value));
      return isNumber && value >= minimum && value <= maximum ? value : refuse(check, schema, node, path);
    }
    case 'string': {
      const isText = typeof value === 'string' && (!schema.minLength || value.trim() !== '');
      return isText ? value : refuse(check, schema, node, path);
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(check, schema, node, path);
    case 'null':
      return value === null ? null : refuse(check, schema, node, path);
    case 'object':
      // A group of which every line is commented out.
      if (value === null && node.source === '')
        return checkMap(check, schema, { ...node, kind: 'map', entries: new Map() }, path);
      return refuse(check, schema, node, path);
    default:
      return refuse(check, schema, node, path);
  }
}

function checkList(
  check: ConfigCheck,
  schema: ConfigSchema,
  node: NodeOf<'list'>,
  path: ConfigPath,
): unknown {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  const { length } = node.items;
  if (length < minItems || length > maxItems) {
    const allowed = allowedBy(schema);
    return tell(check, node, path, `has ${length} entries, but must be ${allowed}`, allowed);
  }
  return node.items.map((item, index) => checkValue(check, items ?? {}, item, [...path, index]));
}

function checkMap(check: ConfigCheck, schema: ConfigSchema, node: NodeOf<'map'>, path: ConfigPath): unknown {
  const { properties = {}, required = [], additionalProperties = false } = schema;
  const entries: [string, unknown][] = [];
  for (const [name, { name: place, value }] of node.entries) {
    const inside = [...path, name];
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) entries.push([name, checkValue(check, known, value, inside)]);
    else if (additionalProperties)
      entries.push([name, checkValue(check, additionalProperties, value, inside)]);
    else refuseName(check, schema, { name: place, value }, inside);
  }
  const missing = required.filter((name) => !node.entries.has(name));
  for (const name of missing) {
    if (isMisspelt(name, node, properties)) continue;
    const allowed = allowedBy(properties[name] ?? {});
    tell(check, node, [...path, name], `is missing; give ${allowed}`, allowed);
  }
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Names that nobody knows are looked through so far: a file of thousands is told of all the same. */
const mostLookedThrough = 50;

/** Whether one of the names that are there is told to be a misspelt one of this. */
function isMisspelt(
  name: string,
  { entries }: NodeOf<'map'>,
  properties: NonNullable<ConfigSchema['properties']>,
): boolean {
  const known = Object.keys(properties);
  const unknown = [...entries.keys()].filter((each) => !Object.hasOwn(properties, each));
  return unknown.slice(0, mostLookedThrough).some((each) => nearestName(each, known) === name);
}

/** What the schema says nothing about: only that there is no secret in it. */
function passOver(check: ConfigCheck, node: ConfigNode, path: ConfigPath): undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string' && looksSecret(node.value)) {
    return refuseSecret(check, node, path);
  }
  if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) passOver(check, item, [...path, index]);
  if (node.kind === 'map')
    for (const [name, { value }] of node.entries) passOver(check, value, [...path, name]);
  return undefined;
}

function checkReference(check: ConfigCheck, node: ConfigNode, path: ConfigPath): unknown {
  const allowed = allowedBy({ $ref: referencedTextRef });
  if (node.kind !== 'map') {
    // The value is not shown: it may be the secret itself.
    const message =
      'is written in the config, which gets copied; give { env: NAME } or { file: PATH }, or { public: TEXT } for what anybody may read';
    return tell(check, node, path, message, allowed);
  }
  const names = ['env', 'file', 'public'].filter((name) => node.entries.has(name));
  if (names.length !== 1) {
    return tell(check, node, path, `must be ${allowed}: exactly one of env, file and public`, allowed);
  }
  const before = check.problems.length;
  const reference = checkMap(check, referenceSchema, node, path) as TextReference;
  if (check.problems.length > before) return undefined;
  const found = lookUpText(reference, check.surroundings);
  if (!('why' in found)) return found;
  const { why, origin, mayBeElsewhere } = found;
  if (check.unresolved === 'problem' || !mayBeElsewhere) return tell(check, node, path, why);
  tell({ problems: check.notes }, node, path, `${why}; earshot run needs it`);
  return missingText(origin);
}

const text = { type: 'string', minLength: 1 } as const satisfies ConfigSchema;
/** How a text that is not written in the config is written. */
export const referenceSchema = {
  type: 'object',
  properties: {
    env: { ...text, description: 'Name of the environment variable that holds the text.' },
    file: { ...text, description: 'File that holds the text, relative to the folder of the config.' },
    public: { type: 'string', description: 'The text itself, for what anybody may read.' },
    prefix: { type: 'string', description: 'Put in front of the text, such as "Bearer " before a token.' },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;
