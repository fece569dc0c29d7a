import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The subpaths of the package that are code, without the leading './'; '' is the package itself. */
export const subpaths = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath]) => subpath.replace(/^\.\/?/, ''));

/** The commands of the package, each with its built file, relative to `dist` and without its ending. */
export const commands = Object.entries(manifest.bin).map(([name, path]) => [
  name,
  path.replace(/^\.\/dist\/|\.js$/g, ''),
]);

/** Programs that the package runs itself in a child process: nobody imports them, and each has to be a file. */
export const programs = [
  'adapters/kokoro/engine',
  'adapters/moonshine/engine',
  'adapters/wasm-voices/voice-program',
  'devices/audify/host',
];

/** The demo: what `earshot demo` runs, and the server that it talks to, each with its source. */
export const demoPrograms = {
  'demo/main': 'examples/demo/earshot-demo.ts',
  'demo/reference-server': 'examples/reference-server/main.ts',
};

/** What the demo reads, each by its path in `dist` and in the checkout. Of a folder all is taken that is no code. */
export const demoFiles = {
  'demo/answers.json': 'examples/demo/answers.json',
  'demo/dialogue.json': 'examples/demo/dialogue.json',
  'demo/assets': 'examples/demo/assets',
  'demo/timeline': 'examples/demo/timeline',
  'demo/prompts': 'examples/reference-server/prompts',
};

/** What is built: one entry for each subpath of `exports`, each command of `bin` and each program, so that they cannot drift apart. */
export function entryPoints() {
  return Object.fromEntries([
    ...subpaths.map((subpath) =>
      subpath === '' ? ['index', 'src/index.ts'] : [`${subpath}/index`, `src/${subpath}/index.ts`],
    ),
    ...[...commands.map(([, path]) => path), ...programs].map((path) => [path, `src/${path}.ts`]),
    ...Object.entries(demoPrograms),
  ]);
}
