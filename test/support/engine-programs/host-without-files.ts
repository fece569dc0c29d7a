// A program that has used up its files and then wants an engine: tells how that ends.
import { openSync } from 'node:fs';
import { createEngineHost } from '../../../src/adapters/engine-host/index.js';
import { faultyProgram } from './faulty-program.js';

const host = createEngineHost({
  label: 'the engine',
  program: faultyProgram,
  settings: {},
  limits: { maxFailures: 2, backOffMs: 1 },
});
const failures: number[] = [];
host.state$.subscribe((state) => {
  if (state.type === 'failed') failures.push(state.retryInMs);
});
console.log('begins');
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  host.warmUp().subscribe({
    error: (error: Error) => console.log(JSON.stringify({ failures, message: error.message })),
  });
}
