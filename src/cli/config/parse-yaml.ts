import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { type ConfigProblem, pathText, shown } from './config-problem.js';

/** Where something begins. Both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a YAML file holds, each value with its place. */
export type ConfigNode = Place &
  (
    | { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly source: string }
    | { readonly kind: 'list'; readonly items: readonly ConfigNode[] }
    | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, ConfigEntry> }
  );

/** One name of a map, and its value. */
export interface ConfigEntry {
  readonly name: Place;
  readonly value: ConfigNode;
}

/** Longest file. A config with every option there is has 20,000. Units: characters. */
export const longestConfig = 131_072;
/** Deepest nesting; a config needs six. */
const deepest = 32;
/** Most problems that are told; more only hide the first. */
export const maxProblems = 50;

/** A file that was read, as far as it could be. */
export interface ParsedYaml {
  /** Undefined when it is no YAML. */
  readonly root: ConfigNode | undefined;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Read YAML 1.2 of one document, with what makes a config hard to read or a parser run for ever left out: aliases, tags, names that
 * are no text, names that come twice.
 *
 * @remarks
 * Never throws. Time grows with the length of the text, which is bounded.
 */
export function parseYaml(text: string): ParsedYaml {
  if (text.length > longestConfig) {
    const message = `the file has ${text.length} characters, but a config has at most ${longestConfig}; is this the right file?`;
    return { root: undefined, problems: [{ line: 1, column: 1, path: '', message }] };
  }
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // Compares each name with each; `convert` finds them in one pass.
      uniqueKeys: false,
      merge: false,
      // Anything less, and a second document is no error.
      logLevel: 'error',
    });
    const placeAt = (offset: number): Place => {
      const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
      return { line: Math.max(1, line), column: Math.max(1, col) };
    };
    const problems: ConfigProblem[] = document.errors.slice(0, maxProblems).map(({ pos, code, message }) => {
      return { ...placeAt(pos[0]), path: '', message: syntaxMessage(code, message) };
    });
    if (problems.length > 0) return { root: undefined, problems };
    const root = convert(document.contents as ParsedNode | null, [], { placeAt, problems });
    return { root, problems };
  } catch (cause) {
    // Nested so deep that the stack of the parser does not hold it, or a bug of the parser.
    const why = cause instanceof RangeError ? 'it is nested too deep' : 'its parser fails at it';
    return {
      root: undefined,
      problems: [{ line: 1, column: 1, path: '', message: `the file is no YAML: ${why}` }],
    };
  }
}

interface Conversion {
  placeAt(offset: number): Place;
  readonly problems: ConfigProblem[];
}

function tell({ problems }: Conversion, { line, column }: Place, path: Path, message: string): void {
  if (problems.length < maxProblems) problems.push({ line, column, path: pathText(path), message });
}

type Path = readonly (string | number)[];

function convert(node: ParsedNode | null, path: Path, conversion: Conversion, at = 0): ConfigNode {
  const { placeAt } = conversion;
  const place = placeAt(node?.range?.[0] ?? at);
  const empty: ConfigNode = { ...place, kind: 'scalar', value: null, source: '' };
  const refuse = (message: string): ConfigNode => {
    tell(conversion, place, path, message);
    return empty;
  };
  if (node === null) return empty;
  if (path.length > deepest) return refuse(`is nested deeper than ${deepest} levels; a config needs six`);
  if (isAlias(node)) return refuse('is an alias; write the value out, so that each line tells what it is');
  if (node.anchor !== undefined)
    return refuse('has an anchor (&), which a config has no use for; leave it out');
  if (node.tag !== undefined && !/^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(node.tag)) {
    return refuse(`has the tag ${shown(node.tag)}, which a config has no use for; leave it out`);
  }
  if (isScalar(node)) {
    const { value } = node;
    const source = node.source ?? '';
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      typeof value === 'number'
    ) {
      return { ...place, kind: 'scalar', value, source };
    }
    return refuse('is no text, number, true or false');
  }
  if (isSeq(node)) {
    const items = node.items.map((item, index) =>
      convert(item as ParsedNode | null, [...path, index], conversion, node.range?.[0]),
    );
    return { ...place, kind: 'list', items };
  }
  if (!isMap(node)) return refuse('is no value that a config can hold');
  const entries = new Map<string, ConfigEntry>();
  for (const { key, value } of node.items as readonly { key: ParsedNode; value: ParsedNode | null }[]) {
    const name = placeAt(key?.range?.[0] ?? node.range?.[0] ?? at);
    if (!isScalar(key) || key.anchor !== undefined || key.value === null) {
      tell(conversion, name, path, 'has a name that is no text; write a plain name');
      continue;
    }
    // A version number, or a truth value, as a name is a name.
    const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    const before = entries.get(text);
    const inside = [...path, text];
    if (before !== undefined) {
      const message = `is there twice, first on line ${before.name.line}; leave one of them out`;
      tell(conversion, name, inside, message);
      continue;
    }
    entries.set(text, { name, value: convert(value, inside, conversion, key.range?.[1]) });
  }
  return { ...place, kind: 'map', entries };
}

/** The parser's words are for people who know YAML; the frequent ones are told in ours. */
function syntaxMessage(code: string, message: string): string {
  const told = syntax[code];
  if (told !== undefined) return told;
  const first = message.split('\n')[0] ?? '';
  return `is no YAML: ${shown(first).replace(/^"|"$/g, '')}`;
}

const syntax: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented with a tab; YAML wants spaces',
  BAD_INDENT:
    'is indented other than what it belongs to, or a bracket before it is not closed; give all names of a group the same number of spaces',
  MULTIPLE_DOCS: 'begins a second document; a config is one, so leave out the line ---',
  MISSING_CHAR: 'is not complete: a bracket, a quote, a comma, a space or a colon is missing here',
  RESOURCE_EXHAUSTION: 'is nested too deep or repeats too much; a config needs neither',
  MULTILINE_IMPLICIT_KEY: 'is no name with a value; is a colon missing, or is it indented too far?',
  BLOCK_AS_IMPLICIT_KEY: 'has a second colon; put the value in quotes',
  BAD_DQ_ESCAPE: 'has a backslash that means nothing; use single quotes',
};
