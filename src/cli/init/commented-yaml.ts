import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ConfigSchema } from '../config/config-schema.js';
import type { WrittenConfig } from './written-config.js';

/** Width of a comment. Units: characters. */
const commentWidth = 100;

/**
 * A config as YAML, with what each name means above it.
 *
 * @param schema - where the meanings come from; undefined where it is not there, and then nothing is explained.
 * @param place - where editors find it, to complete names and show what each means.
 */
export function commentedYaml(
  config: WrittenConfig,
  schema: ConfigSchema | undefined,
  place: string,
): string {
  const document = new Document(config);
  if (schema) explain(document.contents, schema, 0);
  const head = [
    `# yaml-language-server: $schema=${place}`,
    '#',
    '# Written by `earshot init`. What is left out keeps its default; docs/guides/configure.md has the rest.',
    '# Names of files are meant from the folder of this one.',
  ];
  return `${head.join('\n')}\n\n${document.toString({ lineWidth: 0 })}`;
}

function explain(node: unknown, schema: ConfigSchema, depth: number): void {
  if (isSeq(node)) {
    for (const item of node.items) explain(item, branchFor(schema.items ?? {}, item as Node), depth + 1);
    return;
  }
  if (!isMap(node)) return;
  const { properties = {}, additionalProperties } = branchFor(schema, node);
  for (const [at, { key, value }] of node.items.entries()) {
    if (!isScalar(key)) continue;
    const about = properties[String(key.value)] ?? (additionalProperties || undefined);
    const isTag = key.value === 'kind' || key.value === 'engine';
    const words = isTag ? '' : withoutTypes(about?.description ?? '');
    if (words !== '') key.commentBefore = commentOf(words, 2 * depth);
    if (depth === 0 && at > 0) key.spaceBefore = true;
    if (about) explain(value, about, depth + 1);
  }
}

/** The one of several schemas that a value was written for: the one that knows its tag, or else one of its kind. */
function branchFor(schema: ConfigSchema, node: Node): ConfigSchema {
  const { anyOf } = schema;
  if (!anyOf || !isMap(node)) return schema;
  const objects = anyOf.filter(({ type }) => type === 'object');
  const tagged = objects.find(({ properties = {} }) =>
    ['kind', 'engine'].some((tag) => properties[tag]?.enum?.includes(node.get(tag) as string)),
  );
  return tagged ?? objects[0] ?? schema;
}

/** Names of types are for programs: a file has no use for them. What names one goes, a part of a sentence or all of it. */
const withoutTypes = (description: string): string =>
  description
    .replace(/,? and `\w+Options`/g, '')
    .split(/(?<=[.!?]) (?=[A-Z0-9])/)
    .filter((sentence) => !/\b\w+Options\b/.test(sentence))
    .join(' ');

function commentOf(description: string, indent: number): string {
  const width = commentWidth - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of description.split(/\s+/)) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
