import ts from 'typescript';
import { projectFiles, projectFolder, readProjectFile } from './project.js';

/** One option as its source documents it. */
export interface DocumentedOption {
  readonly name: string;
  /** All of its comment but the tags. */
  readonly text: string;
  /** What follows `@defaultValue`, if the tag is there. */
  readonly defaultText: string | undefined;
  /** Bounds of the check in the same file, if a `numberIn` or `integerIn` checks an option of this name. */
  readonly checkedRange: readonly [number, number] | undefined;
}

/** An exported interface whose name ends in `Options` or `Limits`. */
export interface OptionInterface {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly options: readonly DocumentedOption[];
}

const isExported = (node: ts.InterfaceDeclaration): boolean =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

/** The documentation comment before a node: its text, and the text of its tags. */
function documentation(node: ts.Node, source: ts.SourceFile): ReadonlyMap<string, string> {
  const ranges = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  const last = ranges
    .map(({ pos, end }) => source.text.slice(pos, end))
    .filter((text) => text.startsWith('/**'))
    .at(-1);
  const plain = (last ?? '')
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .replace(/\\([{}])/g, '$1');
  const parts = plain.split(/@([a-zA-Z]+)/);
  const tags = new Map([['', (parts[0] ?? '').trim()]]);
  for (let i = 1; i < parts.length; i += 2) tags.set(parts[i] as string, (parts[i + 1] ?? '').trim());
  return tags;
}

function numberOf(node: ts.Expression | undefined): number | undefined {
  if (!node) return undefined;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = numberOf(node.operand);
    return value === undefined ? undefined : -value;
  }
  return ts.isNumericLiteral(node) ? Number(node.text) : undefined;
}

/** Bounds of every `name: numberIn(min, max, ...)` and `name: integerIn(min, max, ...)`. */
function checkedRanges(source: ts.SourceFile): ReadonlyMap<string, readonly [number, number]> {
  const ranges = new Map<string, readonly [number, number]>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer)) {
      const {
        expression,
        arguments: [min, max],
      } = node.initializer;
      const bounds = [numberOf(min), numberOf(max)] as const;
      if (
        /^(numberIn|integerIn)$/.test(expression.getText(source)) &&
        bounds[0] !== undefined &&
        bounds[1] !== undefined
      )
        ranges.set(node.name.getText(source), [bounds[0], bounds[1]]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return ranges;
}

function readSource(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readProjectFile(path), ts.ScriptTarget.ES2022, true);
}

/** Every exported options interface below `src`. */
export function optionInterfaces(): readonly OptionInterface[] {
  const paths = projectFiles('.ts', 'src').filter((path) => !/\.test\.ts$|\/generated\//.test(path));
  return paths.flatMap((path) => {
    const source = readSource(path);
    const ranges = checkedRanges(source);
    return source.statements
      .filter(
        (node) =>
          ts.isInterfaceDeclaration(node) && isExported(node) && /(Options|Limits)$/.test(node.name.text),
      )
      .map((node) => {
        const declaration = node as ts.InterfaceDeclaration;
        return {
          path,
          name: declaration.name.text,
          text: documentation(declaration, source).get('') ?? '',
          options: declaration.members.filter(ts.isPropertySignature).map((member) => {
            const tags = documentation(member, source);
            const name = member.name.getText(source);
            return {
              name,
              text: tags.get('') ?? '',
              defaultText: tags.get('defaultValue'),
              checkedRange: ranges.get(name),
            };
          }),
        };
      });
  });
}

/** What an option is when the caller does not give it, by running the module that says so; undefined without a constant. */
export async function defaultsOf({
  path,
  name,
}: OptionInterface): Promise<Readonly<Record<string, unknown>> | undefined> {
  const module: Record<string, unknown> = await import(/* @vite-ignore */ projectFolder + path);
  return module[`default${name}`] as Readonly<Record<string, unknown>> | undefined;
}

/** Names that each public entry point exports, by the name a user imports it with. */
export function publicNames(): ReadonlyMap<string, ReadonlySet<string>> {
  const { exports } = JSON.parse(readProjectFile('package.json')) as { readonly exports: object };
  const entries = Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath]) => `src${subpath.slice(1)}/index.ts`);
  return new Map(
    entries.map((path) => {
      const names = new Set<string>();
      for (const statement of readSource(path).statements) {
        if (!ts.isExportDeclaration(statement) || !statement.exportClause) continue;
        if (ts.isNamedExports(statement.exportClause))
          for (const { name } of statement.exportClause.elements) names.add(name.text);
      }
      const subpath = path.replace(/^src\/?/, '').replace(/\/?index\.ts$/, '');
      return [subpath === '' ? 'earshot' : `earshot/${subpath}`, names] as const;
    }),
  );
}
