import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EngineProgram } from '../../../src/adapters/engine-host/index.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A program of this folder, run from its source. */
export const engineProgram = (name: string): EngineProgram => ({
  file: fileURLToPath(new URL(`./${name}.ts`, import.meta.url)),
  nodeOptions: ['--import', tsx],
});

export const faultyProgram = engineProgram('faulty-engine');
