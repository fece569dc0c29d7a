export { createEngineHost, type EngineHost, type EngineHostSetup } from './engine-host.js';
export { defaultEngineLimits, type EngineLimits, engineLimitChecks } from './engine-limits.js';
export { assertInstalled, threadsFor } from './engine-needs.js';
export { type EngineProgram, findEngineProgram } from './engine-program.js';
export type { EngineState } from './engine-state.js';
export { startModelEngine } from './model-engine.js';
export { type Engine, type LoadEngine, serveEngine } from './serve-engine.js';
