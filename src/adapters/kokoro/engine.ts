import { serveEngine } from '../engine-host/index.js';
import { loadKokoroEngine } from './load-engine.js';

// The program that load-kokoro.ts starts.
serveEngine(loadKokoroEngine);
