import { createRequire } from 'node:module';
import { loadAudify } from '../../src/devices/audify/load-audify.js';
import { kioskProblem } from '../virtual-kiosk/problem.js';

/** Why the native library cannot be tried on a virtual kiosk here; null where it can. */
export function audifyKioskProblem(): string | null {
  const problem = kioskProblem();
  if (problem !== null) return problem;
  try {
    // Not resolved by the test runner, which would bundle it.
    loadAudify(() => createRequire(import.meta.url)('audify') as unknown);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Put variables into the environment of this process, where its own sound libraries read them. @returns what puts it back. */
export function inEnvironment(env: Readonly<Record<string, string>>): () => void {
  const before = new Map(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
