import type { Check } from '../../core/options.js';

/** Names and values of an environment. */
export const environmentCheck: Check = (value) =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')
    ? undefined
    : 'must be an object of strings';

/** What is left of the time to open a device when a program is given up, so that what it said is told. Units: ms. */
const sooner = 0.8;

/** How long a program may take to open a device. Units: ms. */
export const driverTimeoutMs = (openTimeoutMs: number): number => sooner * openTimeoutMs;
