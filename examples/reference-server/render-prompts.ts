/**
 * Renders every sentence of answer files with espeak-ng into the prompts folder, for machines without it:
 *
 *   npx tsx examples/reference-server/render-prompts.ts [answers.json ...]
 *
 * Without arguments: the answers of this server and of the demo. Files of sentences that are gone are removed.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWav, writeWav } from 'earshot';
import { answersFrom } from './answers.js';
import { defaultGreeting } from './handlers.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = join(here, 'prompts');
const voice = 'en';
const given = process.argv.slice(2);
const files =
  given.length > 0 ? given : [join(here, 'answers.json'), join(here, '..', 'demo', 'answers.json')];

const sentences = new Set<string>([defaultGreeting]);
for (const file of files) {
  const entries = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const answers = answersFrom(entries, file);
  for (const prompt of Object.keys(entries)) {
    for (const sentence of answers(prompt)?.sentences ?? []) sentences.add(sentence);
  }
}

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith('.wav')) rmSync(join(folder, name));
const prompts: Record<string, string> = {};
for (const sentence of [...sentences].sort()) {
  const spoken = execFileSync('espeak-ng', ['-v', voice, '--stdin', '--stdout'], {
    input: sentence,
    timeout: 10_000,
  });
  // Written again, because espeak-ng streams and leaves lengths in the header that are not true.
  const { format, samples } = readWav(spoken);
  const name = `${createHash('sha256').update(sentence).digest('hex').slice(0, 12)}.wav`;
  writeFileSync(join(folder, name), writeWav(format, samples));
  prompts[sentence] = name;
}
const engine = execFileSync('espeak-ng', ['--version'], { encoding: 'utf8' })
  .split('  ')[0]
  ?.replace(/^.*: /, '');
const index = { engine: `espeak-ng ${engine}`, voice, prompts };
writeFileSync(join(folder, 'prompts.json'), `${JSON.stringify(index, null, 2)}\n`);
console.log(`${sentences.size} sentences rendered into ${folder}`);
