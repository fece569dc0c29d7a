export type { ContractExpectation, ContractTestFunctions } from './contracts/test-functions.js';
export { burst, framesOf, noise, ramp, type SignalOptions, silence, tone } from './signals.js';
export { createVirtualClock, type RunAsyncOptions, type VirtualClock } from './virtual-clock.js';
