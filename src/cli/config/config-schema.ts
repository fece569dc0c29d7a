/** What JSON Schema calls the kinds of values that a config has. */
export type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';

/** What a union of such kinds, or one, may be. */
export type Literal = string | number | boolean;

/** The part of JSON Schema that the schema of the config is written in; editors know it, and `checkValue` does. */
export interface ConfigSchema {
  readonly type?: SchemaType;
  readonly enum?: readonly Literal[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: ConfigSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: { readonly [name: string]: ConfigSchema };
  readonly required?: readonly string[];
  /** Of an object with names of the user's own; false for any other. */
  readonly additionalProperties?: ConfigSchema | false;
  readonly anyOf?: readonly ConfigSchema[];
  /** Only `#/definitions/referencedText`. */
  readonly $ref?: string;
  readonly default?: unknown;
  readonly description?: string;
}

/** Where a text that is not written in the config stands. */
export const referencedTextRef = '#/definitions/referencedText';

/** What a schema allows, in words that fit behind "must be". */
export function allowedBy(schema: ConfigSchema): string {
  if (schema.$ref !== undefined) return '{ env: NAME } or { file: PATH }';
  if (schema.enum) return one(schema.enum.map(String));
  if (schema.anyOf) {
    return schema.anyOf
      .map(allowedBy)
      .filter((words, at, all) => all.indexOf(words) === at)
      .join(', or ');
  }
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema.minimum, schema.maximum)}`;
    case 'number':
      return `a number${bounds(schema.minimum, schema.maximum)}`;
    case 'string':
      return schema.minLength ? 'a text with something in it' : 'a text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${countOf(schema)} of ${plural(allowedBy(schema.items ?? {}))}`;
    case 'object':
      return objectWords(schema);
    case 'null':
      return 'null';
    default:
      return 'a value';
  }
}

function objectWords(schema: ConfigSchema): string {
  const { properties, additionalProperties } = schema;
  if (!properties)
    return additionalProperties ? `names with ${plural(allowedBy(additionalProperties))}` : 'a group';
  const tag = tagOf(schema);
  if (tag?.isRequired) return `a group with ${tag.name}: ${tag.values.join(' or ')}`;
  const names = Object.keys(properties).filter((name) => !name.startsWith('$') && name !== tag?.name);
  return `a group of ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' and more' : ''}`;
}

/** The property that tells one kind of object from the others. */
export function tagOf(
  schema: ConfigSchema,
):
  | { readonly name: 'kind' | 'engine'; readonly values: readonly string[]; readonly isRequired: boolean }
  | undefined {
  for (const name of ['kind', 'engine'] as const) {
    const values = schema.properties?.[name]?.enum;
    if (values)
      return { name, values: values.map(String), isRequired: schema.required?.includes(name) ?? false };
  }
  return undefined;
}

const one = (all: readonly string[]): string =>
  all.length < 2 ? (all[0] ?? 'nothing') : `one of ${all.join(', ')}`;

function bounds(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? '' : ` of ${max} or less`;
}

function countOf({ minItems = 0, maxItems }: ConfigSchema): string {
  if (maxItems === undefined) return minItems > 0 ? ` (${minItems} or more)` : '';
  return ` (${minItems} to ${maxItems})`;
}

const plural = (words: string): string =>
  words.replace(/^an? (text|number|whole number|group)\b/, (_, noun: string) => `${noun}s`);
