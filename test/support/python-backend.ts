import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The Python of the system first: packages of the system are for it, and not for one that was built beside it. */
const interpreters = ['/usr/bin/python3', 'python3'];
const needs = 'import grpc, google.protobuf';

function findInterpreter(): string | undefined {
  return interpreters.find((python) => spawnSync(python, ['-c', needs], { stdio: 'ignore' }).status === 0);
}

/** Why the backend cannot run here; undefined where it can. */
export function whyNoPythonBackend(): string | undefined {
  return findInterpreter() === undefined
    ? 'Python with gRPC is not installed here; apt-get install python3-grpcio python3-protobuf'
    : undefined;
}

/** A StreamingService in Python, in a process of its own. */
export async function startPythonBackend(): Promise<{ readonly target: string; close(): Promise<void> }> {
  const script = fileURLToPath(new URL('python-backend.py', import.meta.url));
  const child = spawn(findInterpreter() ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4000);
  });
  const port = await Promise.race([
    once(child.stdout, 'data').then(([bytes]) => Number(String(bytes).trim())),
    once(child, 'exit').then(() => Number.NaN),
  ]);
  if (!Number.isInteger(port)) throw new Error(`the Python backend does not start: ${said}`);
  return {
    target: `127.0.0.1:${port}`,
    async close() {
      const exited = once(child, 'exit');
      child.stdin.end();
      const late = setTimeout(() => child.kill('SIGKILL'), 3000);
      await exited;
      clearTimeout(late);
    },
  };
}
