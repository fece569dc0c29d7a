// Packs the package, installs the tarball into an empty project beside it and imports every subpath there,
// as a user would: what is missing from `files`, `exports` or `dependencies` shows here and nowhere else.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands, demoFiles, demoPrograms, programs, subpaths } from './entry-points.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'earshot-package-'));
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error('npm pack made no tarball');

  const unpacked = join(project, 'node_modules', 'earshot');
  mkdirSync(unpacked, { recursive: true });
  run('tar', ['-xzf', join(project, tarball), '-C', unpacked, '--strip-components', '1']);

  // Dependencies and peers come from our own node_modules, so that the check needs no network.
  const { dependencies, peerDependencies } = JSON.parse(run('cat', [join(unpacked, 'package.json')]));
  const linked = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  for (const name of linked) {
    const target = join(project, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), target);
  }

  const imports = subpaths.map((subpath) => (subpath === '' ? 'earshot' : `earshot/${subpath}`));
  const probe = [
    ...imports.map((name, index) => `import * as m${index} from '${name}';`),
    `const modules = { ${imports.map((name, index) => `'${name}': m${index}`).join(', ')} };`,
    'for (const [name, module] of Object.entries(modules)) {',
    "  if (Object.keys(module).length === 0) throw new Error(name + ' exports nothing');",
    '}',
    "const { isVoiceError, OptionError } = modules['earshot'];",
    "const { memoryMicrophone } = modules['earshot/devices/memory'];",
    'try { memoryMicrophone({ format: { sampleRateHz: -1, channels: 1 } }); throw new Error("accepted"); } catch (error) {',
    '  if (!isVoiceError(error) || !(error instanceof OptionError)) throw new Error("errors differ between subpaths: " + error);',
    '}',
    'console.log(Object.keys(modules).length);',
  ].join('\n');
  writeFileSync(join(project, 'package.json'), '{ "name": "probe", "type": "module", "private": true }');
  writeFileSync(join(project, 'probe.mjs'), probe);
  const count = Number(run(process.execPath, ['probe.mjs']).trim());

  for (const name of ['proto/streaming.proto', 'assets/fillers/en/fillers.json', 'LICENSE', 'README.md']) {
    if (!existsSync(join(unpacked, name))) throw new Error(`${name} is missing from the tarball`);
  }
  for (const [name, path] of commands) {
    // As npm links it: the file itself is run, so it has to say what with.
    const file = join(unpacked, 'dist', `${path}.js`);
    if (!readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')) throw new Error(`${path} has no #!`);
    const said = run(process.execPath, [file, '--version']).trim();
    const { version } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
    if (said !== version) throw new Error(`${name} --version says ${said}`);
  }
  for (const path of [...programs, ...Object.keys(demoPrograms)]) {
    if (!existsSync(join(unpacked, 'dist', `${path}.js`))) throw new Error(`the program ${path} is missing`);
  }
  for (const path of Object.keys(demoFiles)) {
    if (!existsSync(join(unpacked, 'dist', path))) throw new Error(`${path} of the demo is missing`);
  }
  // In virtual time, and with a recording against the server that it starts; neither has anything but the tarball.
  const earshot = join(unpacked, 'dist', `${commands[0][1]}.js`);
  const question = join(unpacked, 'dist/demo/assets/go-forward.wav');
  for (const args of [['--fast'], ['--microphone', question, '--time-to-first-byte', '300']]) {
    const summary = JSON.parse(run(process.execPath, [earshot, 'demo', '--json', ...args]));
    if (!summary.ok) throw new Error(`earshot demo ${args.join(' ')}: ${summary.problems.join('; ')}`);
    if (!existsSync(join(project, 'demo-out', 'timeline.html')))
      throw new Error('the demo left no page behind');
  }
  const types = imports
    .map((name, index) => `import * as m${index} from '${name}'; export { m${index} };`)
    .join('\n');
  writeFileSync(join(project, 'probe.ts'), types);
  run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2022'],
    ...['--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'probe.ts'],
  ]);
  console.log(`the packed tarball: ${count} subpaths import and type-check`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
