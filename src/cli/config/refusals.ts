import { type ConfigCheck, type ConfigPath, tell } from './config-check.js';
import { shown } from './config-problem.js';
import { allowedBy, type ConfigSchema } from './config-schema.js';
import { nearestName } from './nearest-name.js';
import { type ConfigEntry, type ConfigNode, maxProblems, type Place } from './parse-yaml.js';

/** A secret where none may stand; it is not shown. */
export function refuseSecret(check: ConfigCheck, place: Place, path: ConfigPath): undefined {
  const message =
    'looks like a secret, and a config gets copied; give { env: NAME } or { file: PATH } where it takes one';
  return tell(check, place, path, message);
}

/** A value that is not allowed there. */
export function refuse(
  check: ConfigCheck,
  schema: ConfigSchema,
  node: ConfigNode,
  path: ConfigPath,
): undefined {
  const allowed = allowedBy(schema);
  if (node.kind !== 'scalar') {
    const what = node.kind === 'map' ? 'is a group' : 'is a list';
    return tell(check, node, path, `${what}, but must be ${allowed}`, allowed);
  }
  const { value, source } = node;
  if (value === null && source === '') {
    return tell(check, node, path, `has no value; give ${allowed}, or leave the line out`, allowed);
  }
  const name = typeof path.at(-1) === 'string' ? String(path.at(-1)) : 'it';
  const hint = switchHint(value, schema, name) ?? textHint(value, source, schema) ?? hintFor(value, schema);
  return tell(check, node, path, `must be ${allowed}, but is ${shown(value)}${hint}`, allowed);
}

/** What people write who know another YAML, or none. */
function hintFor(value: unknown, schema: ConfigSchema): string {
  if (typeof value !== 'string') return '';
  const wantsNumber = schema.type === 'number' || schema.type === 'integer';
  if (wantsNumber && /^-?[\d_]+(?:\.\d+)?$/.test(value)) {
    return value.includes('_') ? `; write ${value.replace(/_/g, '')}` : '; write it without quotes';
  }
  if (wantsNumber && /^\d+(?:\.\d+)?\s*[a-z]+$/i.test(value))
    return '; the unit is in the name, so write the number alone';
  if (schema.type === 'boolean' && /^(?:yes|on|no|off|true|false)$/i.test(value)) {
    return `; write ${/^(?:yes|on|true)$/i.test(value) ? 'true' : 'false'}`;
  }
  const names = schema.enum?.map(String) ?? [];
  const nearest = nearestName(value, names) ?? longerOrShorter(value, names);
  return nearest === undefined ? '' : `; is ${nearest} meant?`;
}

/** Where a part is there or not there by its group, people write a switch. */
function switchHint(value: unknown, schema: ConfigSchema, name: string): string | undefined {
  const branches = schema.anyOf ?? [schema];
  if (!branches.some(({ properties, required = [] }) => properties && required.length === 0))
    return undefined;
  const word = String(value).toLowerCase();
  if (['yes', 'on', 'true'].includes(word)) return `; write ${name}: {} to have it as it is by default`;
  if (!['no', 'off', 'false', 'none'].includes(word)) return undefined;
  return branches.some((branch) => branch.enum?.includes('off')) ? '; write off' : '; leave the line out';
}

/** What YAML takes for a number or a switch, and is a name. */
function textHint(value: unknown, source: string, schema: ConfigSchema): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const isText = (schema.anyOf ?? [schema]).some(({ type, enum: names }) => type === 'string' && !names);
  return isText ? `; write it in quotes: ${shown(source)}` : undefined;
}

/** What is meant by `warning` and `err`, where only one name begins like it, or is how it begins. */
function longerOrShorter(value: string, names: readonly string[]): string | undefined {
  const given = value.toLowerCase();
  if (given.length < leastBeginning) return undefined;
  const found = names.filter((name) => name.startsWith(given) || given.startsWith(name));
  return found.length === 1 ? found[0] : undefined;
}

/** Units: letters. */
const leastBeginning = 3;

/** A name that nobody knows. */
export function refuseName(
  check: ConfigCheck,
  schema: ConfigSchema,
  { name: place }: ConfigEntry,
  path: ConfigPath,
): void {
  // A file of names that are none is told once, and not compared for ever.
  if (check.problems.length >= maxProblems) return;
  const name = String(path.at(-1));
  const known = Object.keys(schema.properties ?? {});
  const nearest = nearestName(name, known);
  const elsewhere = nearest === undefined ? homeOf(check.schema, name) : undefined;
  const cure =
    nearest !== undefined
      ? `; is ${nearest} meant?`
      : elsewhere !== undefined
        ? `; it belongs into ${elsewhere}`
        : `; known are ${known.filter((each) => !each.startsWith('$')).join(', ') || 'none'}`;
  tell(check, place, path, `is not known here${cure}`, known.join(', '));
}

/** The groups of the config that have such a name, the outer ones first; undefined when none has, or so many that it tells nothing. */
function homeOf(root: ConfigSchema, name: string): string | undefined {
  const homes = new Map<string, number>();
  const visit = (schema: ConfigSchema, path: string, depth: number): void => {
    if (Object.hasOwn(schema.properties ?? {}, name)) homes.set(path === '' ? 'the top level' : path, depth);
    for (const [key, inside] of Object.entries(schema.properties ?? {}))
      visit(inside, path === '' ? key : `${path}.${key}`, depth + 1);
    for (const branch of schema.anyOf ?? []) visit(branch, path, depth);
    if (schema.items) visit(schema.items, path, depth);
  };
  visit(root, '', 0);
  if (homes.size === 0 || homes.size > mostHomes) return undefined;
  const names = [...homes].sort(([, one], [, other]) => one - other).map(([path]) => path);
  const told = names.length > mostTold ? [...names.slice(0, mostTold), 'others'] : names;
  return told.length === 1 ? told[0] : `${told.slice(0, -1).join(', ')} or ${told.at(-1)}`;
}

/** What more groups have, such as `kind`, tells nothing. */
const mostHomes = 5;
const mostTold = 3;
