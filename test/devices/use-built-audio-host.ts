import { inject, vi } from 'vitest';

vi.mock('../../src/devices/audify/host-program.js', () => ({
  findHostProgram: () => ({ file: inject('audioHostFile'), nodeOptions: [] }),
}));
