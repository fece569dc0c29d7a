import { describe, expect, it } from 'vitest';
import { subpaths } from '../scripts/entry-points.mjs';
import { blockProblems } from './support/docs-code/block-checks.js';
import { shellCommands } from './support/docs-code/shell-commands.js';
import { type CodeBlock, codeBlocks } from './support/markdown.js';
import { projectFiles, readProjectFile } from './support/project.js';
import { typeErrorsIn } from './support/typescript-program.js';

const pages = projectFiles('.md').filter((path) => !path.includes('/assets/'));
const blocks = pages.flatMap((path) =>
  codeBlocks(readProjectFile(path)).map((block) => ({ ...block, where: `${path}:${block.line}` })),
);

const block = (language: string, code: string): CodeBlock => ({ language, code: `${code}\n`, line: 1 });

describe('the TypeScript in the documentation', () => {
  it('compiles as it stands under the settings of the project, and would not with a mistake in it', () => {
    const snippets = blocks.filter(({ language }) => language === 'ts');
    // Each in a folder of its page's name, beside the others of the page, which it may import.
    const mistakes = snippets.map(({ where, code }) => ({
      where: `mistaken/${where.replace(/:\d+$/, '')}/block`,
      code: `${code}createVoicePipelin({});\n`,
    }));

    expect(snippets.length).toBeGreaterThanOrEqual(2);
    const wrong = typeErrorsIn([...snippets, ...mistakes]);
    expect(wrong.filter((line) => !line.startsWith('mistaken'))).toEqual([]);
    expect(wrong.filter((line) => line.includes('createVoicePipelin'))).toHaveLength(mistakes.length);
  });
});

describe('every other block of code in the documentation', () => {
  it('is of a language that is checked here, and holds', async () => {
    const wrong = await Promise.all(
      blocks.map(async (one) => (await blockProblems(one)).map((problem) => `${one.where}: ${problem}`)),
    );

    expect(wrong.flat()).toEqual([]);
    for (const language of ['sh', 'yaml', 'json', 'ini']) {
      expect(blocks.some((one) => one.language === language)).toBe(true);
    }
  });

  it.each([
    ['earshot aks "Hello" --target localhost:1', 'earshot has no command aks'],
    ['npx earshot ask "Hello" --bakend localhost:1', 'earshot ask has no --bakend'],
    ['earshot --versoin', 'earshot has no --versoin'],
    ['npm run demos', 'package.json has no script demos'],
    ['npm run demo -- --fats', 'examples/demo/main.ts has no --fats'],
    ['npm run demo --fast extra', 'npm run demo: arguments go behind --'],
    ['npm run earshot -- devices --tset default', 'earshot devices has no --tset'],
    ['npm ci && npm publsih', 'npm has no publsih that is used here'],
    ['npm install onnxruntime-node@1.0.0', 'onnxruntime-node is tested as 1.24.3, not 1.0.0'],
    ['npm install left-pad', 'package.json does not name left-pad'],
    ['npx tsx examples/kiosk/mian.ts', 'there is no examples/kiosk/mian.ts'],
    ['npx tsx examples/kiosk/main.ts --prot 1', 'examples/kiosk/main.ts has no --prot'],
    ['npx vitset run', 'npx has no vitset here'],
    ['cp path/to/earshot/examples/demo/no.wav here.wav', 'there is no examples/demo/no.wav'],
    ['true | sudo earshot aks', 'earshot has no command aks'],
  ])('would be found out: %s', async (code, problem) => {
    expect(await blockProblems(block('sh', code))).toContain(`line 1 of the block: ${problem}`);
  });

  it.each([
    ['sh', 'if true; then echo'],
    ['yaml', 'pipeline:\n  endpointing: { minSilenceMs: 50 }'],
    ['yaml', 'upstream: { targt: 127.0.0.1:50051 }'],
    ['yaml', 'devices: [1'],
    ['json', '{ "ok": true, }'],
    ['ini', 'Restart on failure'],
    ['yml', 'pipeline: {}'],
    ['', 'anything'],
  ])('would be found out, %s: %s', async (language, code) => {
    expect(await blockProblems(block(language, code))).not.toEqual([]);
  });

  it.each([
    ['sh', 'npm ci && npm run demo -- --fast --echo -10  # in seconds'],
    ['sh', "FOO=1 earshot ask 'what --is this' \\\n  --target localhost:1 | head -1"],
    ['sh', 'cat > x <<EOF\nearshot nonsense\nEOF\nearshot devices'],
    ['sh', 'earshot ask --target localhost:1 -- --looks-like-a-flag'],
    ['yaml', 'pipeline: { endpointing: { minSilenceMs: 600 } }'],
    ['yaml', "upstream: { target: 'voice.example.com:443', metadata: { a: { env: TOKEN } } }"],
    ['ini', '[Service]\n# why\nRestart=on-failure\n'],
  ])('is not found fault with where there is none, %s: %s', async (language, code) => {
    expect(await blockProblems(block(language, code))).toEqual([]);
  });
});

describe('the commands of a shell block', () => {
  it('are taken apart as a shell does, each with its line', () => {
    const code = 'A=1 one "two three" # four\nfive \\\n  six; seven $(eight nine) && ten | eleven\n';

    expect(shellCommands(code)).toEqual([
      { words: ['one', 'two three'], line: 1 },
      { words: ['five', 'six'], line: 2 },
      { words: ['seven', '$(eight nine)'], line: 3 },
      { words: ['ten'], line: 3 },
      { words: ['eleven'], line: 3 },
    ]);
  });
});

describe('the reference that typedoc makes', () => {
  it('has every subpath of the package', () => {
    const { entryPoints } = JSON.parse(readProjectFile('typedoc.json')) as {
      readonly entryPoints: readonly string[];
    };

    expect([...entryPoints].sort()).toEqual(
      subpaths.map((subpath) => (subpath === '' ? 'src/index.ts' : `src/${subpath}/index.ts`)).sort(),
    );
  });
});
