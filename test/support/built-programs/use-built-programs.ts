import { join } from 'node:path';
import { inject, vi } from 'vitest';

const builtProgram = (path: string) => ({
  file: join(inject('programsFolder'), `${path}.js`),
  nodeOptions: [],
});

vi.mock('../../../src/devices/audify/host-program.js', () => ({
  findHostProgram: () => builtProgram('devices/audify/host'),
}));

vi.mock('../../../src/adapters/engine-host/engine-program.js', () => ({
  findEngineProgram: (path: string) => builtProgram(path),
}));
