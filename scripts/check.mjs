// Every check but the tests, in two lanes that need nothing of each other, since most of them keep one core busy. What a check
// says comes when it is over, whole; the first that fails ends the other lane as well.
import { spawn } from 'node:child_process';

const lanes = [
  ['check:lint', 'check:types', 'check:layers', 'check:generated', 'check:docs'],
  ['build', 'check:dead', 'check:package'],
];

const running = new Set();

/** Settles with what the check said; rejects with that when it failed. */
function check(name) {
  const startedMs = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
      const text = `${Buffer.concat(said)}${name}: ${code === 0 ? 'ok' : `failed (${signal ?? code})`}, ${seconds} s\n`;
      if (code === 0) resolve(text);
      else reject(Object.assign(new Error(name), { text }));
    });
  });
}

let hasFailed = false;

async function run(lane) {
  for (const name of lane) {
    if (hasFailed) return;
    try {
      process.stdout.write(await check(name));
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      process.stdout.write(error.text ?? `${name}: ${error.message}\n`);
      for (const child of running) child.kill();
    }
  }
}

await Promise.all(lanes.map(run));
process.exitCode = hasFailed ? 1 : 0;
