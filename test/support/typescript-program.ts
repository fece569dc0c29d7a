import { dirname, join } from 'node:path';
import ts from 'typescript';
import { projectFolder, readProjectFile } from './project.js';

/** A piece of TypeScript that stands in no file of its own. */
export interface Snippet {
  /** Where it stands, for messages. */
  readonly where: string;
  readonly code: string;
}

function compilerOptions(): ts.CompilerOptions {
  const { config, error } = ts.parseConfigFileTextToJson('tsconfig.json', readProjectFile('tsconfig.json'));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options, errors } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ['x.ts'] },
    ts.sys,
    projectFolder,
  );
  if (errors[0]) throw new Error(ts.flattenDiagnosticMessageText(errors[0].messageText, '\n'));
  return options;
}

/** A program over files of the project, to ask the type checker. */
export function programOf(paths: readonly string[]): ts.Program {
  return ts.createProgram(
    paths.map((path) => projectFolder + path),
    compilerOptions(),
  );
}

/** What a snippet calls itself in its first line, as `// name.ts`: so that another one beside it can import it. */
const ownName = (code: string): string | undefined =>
  /^\/\/ ([\w-]+)\.ts$/m.exec(code.split('\n', 1)[0] ?? '')?.[1];

/**
 * Type-check snippets with the settings and the paths of the project, as a user of `earshot` would.
 *
 * @returns what is wrong, one line each, with the place.
 */
export function typeErrorsIn(snippets: readonly Snippet[]): readonly string[] {
  const options = { ...compilerOptions(), noUnusedLocals: false, declaration: false };
  // Modules beside the page they stand in, so that its relative imports resolve; `.mts` allows `await` at the top level.
  const byFile = new Map(
    snippets.map((snippet, n) => {
      const name = ownName(snippet.code);
      const file = name === undefined ? `snippet-${n}.mts` : `${name}.ts`;
      return [join(projectFolder, dirname(snippet.where), file), snippet];
    }),
  );
  if (byFile.size < snippets.length) throw new Error('two snippets of one folder have the same name');
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => byFile.has(file) || fileExists(file);
  host.readFile = (file) => byFile.get(file)?.code ?? readFile(file);
  host.getSourceFile = (file, languageOptions, ...rest) => {
    const snippet = byFile.get(file);
    return snippet
      ? ts.createSourceFile(file, snippet.code, languageOptions)
      : getSourceFile(file, languageOptions, ...rest);
  };
  const program = ts.createProgram([...byFile.keys()], options, host);
  return [...byFile].flatMap(([file, { where }]) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText, start = 0 }) => {
      const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${where}, line ${line} of the block: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

/**
 * Run a snippet that imports packages and has no `await` at its top level.
 *
 * @param modules - every module that it may import, by the name that it uses.
 * @returns what it exports.
 */
export function runSnippet(
  { where, code }: Snippet,
  modules: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { outputText } = ts.transpileModule(code, {
    fileName: 'snippet.ts',
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const load = (name: string): unknown => {
    if (name in modules) return modules[name];
    throw new Error(`${where} imports ${name}, which its test does not give it`);
  };
  const exported: Record<string, unknown> = {};
  new Function('require', 'exports', outputText)(load, exported);
  return exported;
}
