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
  const hint = typeof value === 'string' ? hintFor(value, schema) : '';
  return tell(check, node, path, `must be ${allowed}, but is ${shown(value)}${hint}`, allowed);
}

/** What people write who know another YAML, or none. */
function hintFor(value: string, schema: ConfigSchema): string {
  const wantsNumber = schema.type === 'number' || schema.type === 'integer';
  if (wantsNumber && /^-?[\d_]+(?:\.\d+)?$/.test(value)) {
    return value.includes('_') ? `; write ${value.replace(/_/g, '')}` : '; write it without quotes';
  }
  if (wantsNumber && /^\d+(?:\.\d+)?\s*[a-z]+$/i.test(value))
    return '; the unit is in the name, so write the number alone';
  if (schema.type === 'boolean' && /^(?:yes|on|no|off|true|false)$/i.test(value)) {
    return `; write ${/^(?:yes|on|true)$/i.test(value) ? 'true' : 'false'}`;
  }
  const nearest = schema.enum && nearestName(value, schema.enum.map(String));
  return nearest === undefined ? '' : `; is ${nearest} meant?`;
}

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

/** The one group of the config that has such a name; undefined when none has, or several. */
function homeOf(root: ConfigSchema, name: string): string | undefined {
  const homes = new Set<string>();
  const visit = (schema: ConfigSchema, path: string): void => {
    if (Object.hasOwn(schema.properties ?? {}, name)) homes.add(path === '' ? 'the top level' : path);
    for (const [key, inside] of Object.entries(schema.properties ?? {}))
      visit(inside, path === '' ? key : `${path}.${key}`);
    for (const branch of schema.anyOf ?? []) visit(branch, path);
    if (schema.items) visit(schema.items, path);
  };
  visit(root, '');
  return homes.size === 1 ? [...homes][0] : undefined;
}
