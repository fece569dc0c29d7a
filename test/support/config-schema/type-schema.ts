import ts from 'typescript';
import type { ConfigSchema, Literal } from '../../../src/cli/config/config-schema.js';
import { documentedAs, type OptionFacts } from './option-facts.js';

/** What a value of a type may be in a file. */
export interface TypeReader {
  readonly checker: ts.TypeChecker;
  /** Where the types are looked at from. */
  readonly at: ts.Node;
  factsOf(property: ts.Symbol): OptionFacts;
}

/** @throws Error that names what no file can hold. */
export function schemaOfType(
  reader: TypeReader,
  type: ts.Type,
  where: string,
  facts: OptionFacts,
): ConfigSchema {
  if (type.getSymbol()?.name === 'ReferencedText') return { $ref: '#/definitions/referencedText' };
  if (type.isUnion()) return schemaOfUnion(reader, type, where, facts);
  const { checker } = reader;
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    if (!item) throw new Error(`${where}: a list of what?`);
    const [minItems, maxItems] = facts.entries ?? [];
    return {
      type: 'array',
      items: schemaOfType(reader, item, `${where}[]`, {
        ...facts,
        entries: undefined,
        range: facts.ofEntries,
      }),
      ...(minItems !== undefined && { minItems }),
      ...(maxItems !== undefined && { maxItems }),
    };
  }
  if (type.isLiteral() || type.flags & ts.TypeFlags.BooleanLiteral)
    return { enum: [literalOf(checker, type)] };
  if (type.flags & ts.TypeFlags.Number) {
    const [minimum, maximum] = facts.range ?? [];
    return {
      type: facts.isWhole ? 'integer' : 'number',
      ...(minimum !== undefined && { minimum }),
      ...(maximum !== undefined && { maximum }),
    };
  }
  if (type.flags & ts.TypeFlags.String)
    return { type: 'string', ...(facts.mayBeEmpty ? {} : { minLength: 1 }) };
  if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
  return schemaOfObject(reader, type, where, facts);
}

function schemaOfUnion(
  reader: TypeReader,
  union: ts.UnionType,
  where: string,
  facts: OptionFacts,
): ConfigSchema {
  const { checker } = reader;
  const types = union.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
  const isLiteral = (type: ts.Type) => type.isLiteral() || Boolean(type.flags & ts.TypeFlags.BooleanLiteral);
  // The compiler orders them by when it met them, which changes with files that have nothing to do with it.
  const literals = types
    .filter(isLiteral)
    .map((type) => literalOf(checker, type))
    .sort(inOrder);
  const others = types.filter((type) => !isLiteral(type));
  const isBoolean = literals.includes(true) && literals.includes(false);
  const branches: ConfigSchema[] = [
    ...(isBoolean ? [{ type: 'boolean' } as const] : literals.length > 0 ? [{ enum: literals }] : []),
    ...others
      .sort((a, b) => placeOf(a.aliasSymbol ?? a.symbol).localeCompare(placeOf(b.aliasSymbol ?? b.symbol)))
      .map((type) => schemaOfType(reader, type, where, { ...facts, isUnion: others.length > 1 })),
  ];
  const [only] = branches;
  if (!only) throw new Error(`${where}: nothing can be written there`);
  return branches.length === 1 ? only : { anyOf: branches };
}

function schemaOfObject(reader: TypeReader, type: ts.Type, where: string, group: OptionFacts): ConfigSchema {
  const { checker, at } = reader;
  const text = group.isUnion ? textOfType(checker, type) : undefined;
  const ofNames = checker
    .getIndexInfosOfType(type)
    .find(({ keyType }) => keyType.flags & ts.TypeFlags.String);
  if (ofNames) {
    const facts: OptionFacts = { mayBeEmpty: true };
    return { type: 'object', additionalProperties: schemaOfType(reader, ofNames.type, `${where}.*`, facts) };
  }
  const isPlain = type.flags & ts.TypeFlags.Object || type.isIntersection();
  const symbols = checker.getPropertiesOfType(type);
  if (!isPlain || type.getCallSignatures().length > 0 || symbols.length === 0 || symbols.some(isMethod)) {
    throw new Error(
      `${where} is ${checker.typeToString(type)}, which no file can hold; leave it out of the config's type`,
    );
  }
  const properties: Record<string, ConfigSchema> = {};
  const required: string[] = [];
  const given = (group.defaultValue ?? {}) as Readonly<Record<string, unknown>>;
  for (const symbol of symbols.sort(asDeclared(at.getSourceFile().fileName))) {
    const { name } = symbol;
    const inside = where === '' ? name : `${where}.${name}`;
    const ofProperty = checker.getTypeOfSymbolAtLocation(symbol, at);
    const own = reader.factsOf(symbol);
    // What a group has by default goes before what its type has on its own.
    const defaultValue = given[name] ?? own.defaultValue;
    const kind = ['kind', 'engine'].includes(name) ? textOfType(checker, type) : undefined;
    const facts = { ...own, defaultValue, text: own.text || kind || textOfType(checker, ofProperty) };
    properties[name] = documentedAs(schemaOfType(reader, ofProperty, inside, facts), facts);
    if (!(symbol.flags & ts.SymbolFlags.Optional)) required.push(name);
  }
  return {
    type: 'object',
    ...(text && { description: text }),
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

const isMethod = ({ flags }: ts.Symbol): boolean => Boolean(flags & ts.SymbolFlags.Method);

function literalOf(checker: ts.TypeChecker, type: ts.Type): Literal {
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  return checker.typeToString(type) === 'true';
}

const inOrder = (a: Literal, b: Literal): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;

/** Where something is declared, so that what is declared first goes first. */
function placeOf(symbol: ts.Symbol | undefined): string {
  const [declaration] = symbol?.declarations ?? [];
  if (!declaration) return '';
  const { fileName } = declaration.getSourceFile();
  return `${fileName}:${String(declaration.getStart()).padStart(8, '0')}`;
}

/** What tells one kind of object from another, then what is declared with the config, then the rest as declared. */
function asDeclared(ownFile: string): (a: ts.Symbol, b: ts.Symbol) => number {
  const folder = ownFile.slice(0, ownFile.lastIndexOf('/'));
  const rank = (symbol: ts.Symbol): string => {
    const place = placeOf(symbol);
    const first = ['kind', 'engine'].includes(symbol.name) ? 0 : place.startsWith(folder) ? 1 : 2;
    return `${first}${place}`;
  };
  return (a, b) => (rank(a) < rank(b) ? -1 : 1);
}

/** What the comment before a type says; before the type inside, of a part of one. */
function textOfType(checker: ts.TypeChecker, type: ts.Type): string | undefined {
  const parts = type.isUnion() ? type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined)) : [type];
  const [only] = parts;
  if (!only || parts.length > 1) return undefined;
  const symbols = [only.aliasSymbol, only.aliasTypeArguments?.[0]?.symbol, only.getSymbol()];
  for (const symbol of symbols) {
    if (!symbol?.declarations?.some((node) => !node.getSourceFile().isDeclarationFile)) continue;
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim();
    if (text !== '') return text;
  }
  return undefined;
}
