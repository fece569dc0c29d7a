/**
 * Generates the TypeScript of proto/*.proto into src/adapters/streaming-service/generated.
 *
 *   node scripts/generate-proto.mjs            write the files
 *   node scripts/generate-proto.mjs --check    exit 1 when the committed files are not what the generator makes
 *
 * Works offline: buf and the plugin are development dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = 'src/adapters/streaming-service/generated';
/** Generating takes well under a second; a minute means that it hangs. */
const limitMs = 60_000;

/** A failure with one sentence for the user and an exit code. */
class Failure extends Error {
  /**
   * @param {string} sentence
   * @param {number} exitCode
   */
  constructor(sentence, exitCode) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

try {
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--check');
  if (unknown.length > 0) {
    throw new Failure(`${unknown.join(' ')} is not an option of generate-proto; the only one is --check`, 2);
  }
  if (process.argv.includes('--check')) check();
  else generate(root);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

/** @param {string} into folder that stands for the project's root */
function generate(into) {
  const bin = join(root, 'node_modules', '.bin');
  const run = spawnSync(
    join(bin, process.platform === 'win32' ? 'buf.cmd' : 'buf'),
    ['generate', '-o', into],
    {
      cwd: root,
      encoding: 'utf8',
      timeout: limitMs,
      shell: process.platform === 'win32',
      // The template names the plugin; it is found on the path, as buf does it everywhere.
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    },
  );
  if (run.error !== undefined) {
    throw new Failure(
      `buf cannot be run (${run.error.message}); install the development dependencies with: npm ci`,
      2,
    );
  }
  if (run.status !== 0) {
    throw new Failure(`buf generate failed: ${run.stderr.trim() || run.stdout.trim()}`, 1);
  }
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), 'earshot-proto-'));
  try {
    generate(fresh);
    const made = filesBelow(join(fresh, generated));
    const committed = filesBelow(join(root, generated));
    const different = [...new Set([...made.keys(), ...committed.keys()])].filter(
      (name) => made.get(name) !== committed.get(name),
    );
    if (different.length > 0) {
      throw new Failure(
        `${different.map((name) => `${generated}/${name}`).join(', ')} is not what proto/ generates; run: node scripts/generate-proto.mjs`,
        1,
      );
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @returns {Map<string, string>} path inside the folder to content
 */
function filesBelow(folder) {
  const found = new Map();
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, String(name));
    if (statSync(path).isFile()) found.set(relative(folder, path), readFileSync(path, 'utf8'));
  }
  return found;
}
