// A program that has an engine: says its number, and goes on as its arguments tell.
import { createEngineHost } from '../../../src/adapters/engine-host/index.js';
import type { FaultyPiece, FaultyRequest, FaultySettings } from './faulty-engine.js';
import { faultyProgram } from './faulty-program.js';

const [then] = process.argv.slice(2);
const host = createEngineHost<FaultySettings, FaultyRequest, FaultyPiece>({
  label: 'the engine',
  program: faultyProgram,
  settings: {},
});
host.state$.subscribe((state) => {
  if (state.type === 'ready' || state.type === 'busy') console.log(`engine ${state.pid}`);
});
host.warmUp().subscribe({
  complete: () => {
    if (then === 'end') return;
    host
      .request({ do: then === 'block' ? 'block' : 'wait-for-ever' })
      .subscribe((piece) => console.log(`piece ${piece}`));
  },
});
