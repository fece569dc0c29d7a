import { serveEngine } from '../engine-host/index.js';
import { loadMoonshineEngine } from './load-engine.js';

// The program that load-moonshine.ts starts.
serveEngine(loadMoonshineEngine);
