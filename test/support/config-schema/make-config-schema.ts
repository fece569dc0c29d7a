import ts from 'typescript';
import { referenceSchema } from '../../../src/cli/config/check-value.js';
import type { ConfigSchema } from '../../../src/cli/config/config-schema.js';
import { defaultsOf, optionInterfaces } from '../option-interfaces.js';
import { projectFolder } from '../project.js';
import { type Defaults, factsOfOption } from './option-facts.js';
import { schemaOfType } from './type-schema.js';

/** Where the type of the config stands. */
const path = `${projectFolder}src/cli/config/earshot-config.ts`;

/** The schema of the config, made from its type: what the compiler knows of each option, its comment, its check and its default. */
export async function makeConfigSchema(): Promise<ConfigSchema> {
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: ['node'],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const declaration = source?.statements.find(
    (node): node is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(node) && node.name.text === 'EarshotConfig',
  );
  if (!declaration) throw new Error(`there is no EarshotConfig in ${path}`);
  const defaults = await allDefaults();
  const type = checker.getTypeAtLocation(declaration);
  const factsOf = (property: ts.Symbol) => factsOfOption(checker, property, defaults);
  return schemaOfType({ checker, at: declaration, factsOf }, type, '', {});
}

async function allDefaults(): Promise<Defaults> {
  const found = new Map<string, Readonly<Record<string, unknown>>>();
  for (const of of optionInterfaces()) {
    const values = await defaultsOf(of);
    if (values) found.set(of.name, values);
  }
  return found;
}

/** The schema as it is published: for editors, so with every description. */
export function publishedSchema(schema: ConfigSchema): string {
  const published = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Config of earshot',
    description:
      'What `earshot run` reads. Made from the types of the options; see docs/guides/configure.md.',
    ...schema,
    definitions: {
      referencedText: {
        ...referenceSchema,
        description: 'A text that is not written here, because this file gets copied: where it is.',
        oneOf: ['env', 'file', 'public'].map((name) => ({ required: [name] })),
      },
    },
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** The same for the program, which needs no words. */
export function schemaModule(schema: ConfigSchema): string {
  const lean = JSON.stringify(schema, (name, value: unknown) =>
    (name === 'description' && typeof value === 'string') || name === 'default' ? undefined : value,
  );
  return [
    '// Made from the types of the options by test/config-schema.test.ts.',
    "import type { ConfigSchema } from '../config-schema.js';",
    '',
    `export const configSchema: ConfigSchema = ${lean};`,
    '',
  ].join('\n');
}
