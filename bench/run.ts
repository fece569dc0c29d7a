import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Every bench in a process of its own, one after the other, so that none disturbs another.
const folder = fileURLToPath(new URL('.', import.meta.url));
let failed = false;
for (const name of readdirSync(folder).filter((file) => file.endsWith('.bench.ts'))) {
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${folder}${name}`], {
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
