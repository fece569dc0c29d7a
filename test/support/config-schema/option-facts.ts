import ts from 'typescript';
import type { ConfigSchema } from '../../../src/cli/config/config-schema.js';

/** What the source says of an option beside its type. */
export interface OptionFacts {
  readonly text?: string | undefined;
  readonly defaultValue?: unknown;
  readonly range?: readonly [min: number, max: number] | undefined;
  readonly isWhole?: boolean;
  readonly mayBeEmpty?: boolean;
  /** How many entries, for a list. */
  readonly entries?: readonly [min: number, max: number] | undefined;
  /** Range of each entry. */
  readonly ofEntries?: readonly [min: number, max: number] | undefined;
  /** It is one of several kinds, each of which says what it is. */
  readonly isUnion?: boolean;
}

/** The constants with defaults, by the name of their interface. */
export type Defaults = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Read the comment, the check and the default of an option where it is declared. */
export function factsOfOption(checker: ts.TypeChecker, property: ts.Symbol, defaults: Defaults): OptionFacts {
  const declaration = property.declarations?.find(ts.isPropertySignature);
  const text = plain(ts.displayPartsToString(property.getDocumentationComment(checker)));
  const tags = property.getJsDocTags(checker);
  const defaultText = plain(ts.displayPartsToString(tags.find(({ name }) => name === 'defaultValue')?.text));
  const remarks = plain(ts.displayPartsToString(tags.find(({ name }) => name === 'remarks')?.text));
  const check = declaration && checkOf(declaration);
  const said = rangeIn(`${text} ${remarks}`);
  if (check?.range && said?.range && check.range.join() !== said.range.join()) {
    throw new Error(
      `${property.name}: its comment says ${said.range.join('..')}, its check ${check.range.join('..')}`,
    );
  }
  const owner = declaration && ownerOf(declaration);
  const constant = owner === undefined ? undefined : defaults.get(owner)?.[property.name];
  return {
    text,
    defaultValue: constant ?? literalIn(defaultText),
    range: check?.range ?? (said?.ofEntries ? undefined : said?.range),
    entries: said?.ofEntries ? said.range : undefined,
    ofEntries: boundsIn(
      /entries|notes|texts/.test(text) ? (/ of (-?[\d_.]*\d\.\.-?[\d_.]*\d)/.exec(text)?.[1] ?? '') : '',
    ),
    isWhole: check?.isWhole ?? /Range: [^.]*\.\.[^.]*\bwhole\b/.test(text),
  };
}

/** The interface that an option belongs to; for options as they are given, the one they are given for. */
function ownerOf(declaration: ts.Node): string | undefined {
  for (let node = declaration.parent; node && !ts.isSourceFile(node); node = node.parent) {
    if (ts.isInterfaceDeclaration(node)) return node.name.text;
    if (ts.isTypeAliasDeclaration(node)) return node.name.text.replace(/^Given/, '');
  }
  return undefined;
}

/** A schema with what people want to know of it. */
export function documentedAs(schema: ConfigSchema, { text, defaultValue }: OptionFacts): ConfigSchema {
  const isPlain =
    ['string', 'number', 'boolean'].includes(typeof defaultValue) && Number.isFinite(defaultValue ?? 0);
  const canShow =
    isPlain ||
    typeof defaultValue === 'string' ||
    typeof defaultValue === 'boolean' ||
    isPlainList(defaultValue);
  return {
    ...schema,
    ...(text ? { description: text } : {}),
    ...(canShow && defaultValue !== '' ? { default: defaultValue } : {}),
  };
}

const isPlainList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number');

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

function rangeIn(
  text: string,
): { readonly range: readonly [number, number]; readonly ofEntries: boolean } | undefined {
  const [, said = '', , what] =
    /Range(?:[^:.]*): (-?[\d_.]*\d\.\.-?[\d_.]*\d)(,? (entries|notes|texts))?/.exec(text) ?? [];
  const range = boundsIn(said);
  return range && { range, ofEntries: what !== undefined };
}

function boundsIn(said: string): readonly [number, number] | undefined {
  const [, min, max] = /^(-?[\d_.]*\d)\.\.(-?[\d_.]*\d)$/.exec(said) ?? [];
  if (min === undefined || max === undefined) return undefined;
  return [Number(min.replace(/_/g, '')), Number(max.replace(/_/g, ''))];
}

/** A default that only the comment tells, where it is a literal and nothing else. */
function literalIn(text: string): unknown {
  const [, quoted] = /^'([^']+)'$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** The first `numberIn(a, b)` or `integerIn(a, b)` in what the file of an option checks it with. */
function checkOf(
  declaration: ts.PropertySignature,
): { readonly range: readonly [number, number]; readonly isWhole: boolean } | undefined {
  const wanted = declaration.name.getText();
  let found: ReturnType<typeof checkOf>;
  const visit = (node: ts.Node, isInside: boolean): void => {
    if (found) return;
    const enters = ts.isPropertyAssignment(node) && node.name.getText() === wanted;
    if (isInside && ts.isCallExpression(node) && /^(?:numberIn|integerIn)$/.test(node.expression.getText())) {
      const [min, max] = node.arguments.map(numberOf);
      if (min !== undefined && max !== undefined) {
        found = { range: [min, max], isWhole: node.expression.getText() === 'integerIn' };
        return;
      }
    }
    ts.forEachChild(node, (child) => visit(child, isInside || enters));
  };
  visit(declaration.getSourceFile(), false);
  return found;
}

function numberOf(node: ts.Expression): number | undefined {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = numberOf(node.operand);
    return value === undefined ? undefined : -value;
  }
  return ts.isNumericLiteral(node) ? Number(node.text) : undefined;
}
