/**
 * Interrupting on an open loudspeaker, a small part of it; `npm run bench:barge-in` runs all. See barge-in/main.ts.
 *
 * Run: npx tsx bench/barge-in.bench.ts
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./barge-in/main.ts', import.meta.url));
const { status } = spawnSync(process.execPath, ['--import', 'tsx', main, '--quick'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
